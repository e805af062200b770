"""Damaged objects in a cache that real `dvc` has filled."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import dvc_cache

PIPELINE = """
stages:
  write:
    cmd: mkdir folder && echo one > folder/a.txt && echo two > folder/b.txt && echo three > c.txt
    outs: [folder, c.txt]
"""
# md5sum of "two\\n" and "three\\n"
TWO, THREE = "c193497a1a06b2c72230e6146ff47080", "febe6995bad457991331348f7b9c85fa"


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A repository with a folder of two files and a third file in its cache."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "dvc.yaml").write_text(PIPELINE)
    for command in ("git init -q", "dvc init -q", "dvc repro -q"):
        dvc(folder, command)
    return folder


@pytest.fixture
def repository(filled, tmp_path, monkeypatch):
    """A copy of it, which is the current directory."""
    folder = tmp_path / "repository"
    shutil.copytree(filled, folder)
    monkeypatch.chdir(folder)
    return folder


def dvc(folder, command):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "DVC_NO_ANALYTICS": "1"}
    subprocess.run(command.split(), cwd=folder, env=environment, check=True, capture_output=True)


def stored(repository, digest):
    return repository / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]


def damage(path):
    """Change a byte as a bad disk does: the mode stays read-only, which DVC takes for a sign of health."""
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(b"X" + data[1:])
    path.chmod(0o444)


def test_whole_cache_is_told_in_one_line(repository, capsys):
    assert dvc_cache.main() == 0
    told = capsys.readouterr()
    assert told.out == f"{repository / '.dvc' / 'cache' / 'files' / 'md5'}: no object is damaged\n"
    assert told.err == ""


@pytest.mark.parametrize(("digest", "name"), [(THREE, "c.txt"), (TWO, "folder/b.txt")], ids=["file", "file-in-folder"])
def test_damaged_object_is_named_with_its_file(repository, capsys, digest, name):
    path = stored(repository, digest)
    damage(path)
    assert dvc_cache.main() == 1
    assert capsys.readouterr().err == (
        f"error: {path}: damaged; `rm -rf {path} {name}`, then `dvc pull`, or `dvc repro` without a remote\n"
    )


def test_advice_brings_the_right_content_back(repository):
    path = stored(repository, TWO)
    damage(path)
    path.unlink()
    (repository / "folder" / "b.txt").unlink()
    dvc(repository, "dvc repro -q")
    assert path.read_text() == (repository / "folder" / "b.txt").read_text() == "two\n"
    assert dvc_cache.main() == 0


def test_damaged_list_of_a_folder_is_named_with_the_folder(repository, capsys):
    listing = next((repository / ".dvc" / "cache" / "files" / "md5").glob("??/*.dir"))
    damage(listing)
    assert dvc_cache.main() == 1
    assert f"`rm -rf {listing} folder`" in capsys.readouterr().err


def test_damaged_object_of_no_stage_may_go(repository, capsys):
    other = stored(repository, "0" * 32)
    other.parent.mkdir()
    other.write_text("of an older commit")
    assert dvc_cache.main() == 1
    assert f"no stage of this commit uses it: `rm -f {other}`" in capsys.readouterr().err
