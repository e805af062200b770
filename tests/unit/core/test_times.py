"""The journal of stage times."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.core import times
from stages.core.params import read_yaml
from tests.unit.conftest import ROOT

MD5 = {"one": "f97c5d29941bfb1b2fdab0874906ab82", "two": "b8a9f715dbb64fd5c56e7783c6820a61"}
SCRIPT = """
from dataclasses import dataclass
from stages.core import stage

@dataclass(frozen=True)
class Paths:
    model: stage.Output
    metrics: stage.Output

def main(paths: Paths):
    paths.model.mkdir()
    for name, size in (("a", 3), ("b", 4)):
        (paths.model / name).write_bytes(bytes(size))
    paths.metrics.write_text("one")
    return {}

if __name__ == "__main__":
    stage.run(main, "A stage.")
"""
DVC_YAML = """
stages:
  train:
    foreach: [iter1]
    do:
      cmd: python a_stage.py --model model --metrics train.json
      deps: [a_stage.py]
      outs: [model, train.json: {cache: false}]
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to run in; the journal is in that of the repository, wherever a stage runs."""
    monkeypatch.setenv("SEI_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, text="one", weights=(3, 4)):
    """Write what `train` does: a file, and a folder of two files of so many bytes."""
    (folder / "model").mkdir(exist_ok=True)
    (folder / "train.json").write_text(text)
    for name, size in zip("ab", weights, strict=True):
        (folder / "model" / name).write_bytes(bytes(size))


def outputs(folder):
    return [path.relative_to(folder) for path in (folder / "train.json", folder / "model")]


def lock(text="one", size=7):
    """What DVC writes of it."""
    outs = [
        {"path": "model", "hash": "md5", "md5": "0" * 32 + ".dir", "size": size, "nfiles": 2},
        {"path": "train.json", "hash": "md5", "md5": MD5[text], "size": 3},
    ]
    return {"schema": "2.0", "stages": {"train@iter1": {"cmd": "python", "outs": outs}, "check": {"cmd": "python"}}}


def seconds(lock):
    return {stage: run["seconds"] for stage, run in times.find(times.locked_outputs(lock)).items()}


def test_time_is_that_of_the_run_that_wrote_what_the_lock_file_names(folder):
    write(folder)
    times.record("train@iter1", 9.04, outputs(folder))
    write(folder, "two")
    times.record("train@iter1", 4.0, outputs(folder))
    write(folder, "two", weights=(3, 5))
    times.record("train@iter1", 5.0, outputs(folder))
    assert seconds(lock()) == {"train@iter1": 9.0}
    assert seconds(lock("two")) == {"train@iter1": 4.0}
    assert seconds(lock("two", size=8)) == {"train@iter1": 5.0}
    assert seconds(lock(size=9)) == {}


def test_time_of_a_run_in_another_folder_counts_where_its_outputs_are_taken_over(folder, monkeypatch):
    experiment = folder / "experiment"
    experiment.mkdir()
    monkeypatch.chdir(experiment)
    write(experiment)
    times.record("train@iter1", 3.0, outputs(experiment))
    monkeypatch.chdir(folder)
    assert seconds(lock()) == {"train@iter1": 3.0}


def test_run_that_took_over_finished_work_does_not_hide_what_the_outputs_cost(folder):
    write(folder)
    for took in (90.0, 1.5, 30.0):
        times.record("train@iter1", took, outputs(folder))
    assert seconds(lock()) == {"train@iter1": 90.0}


def test_stage_is_not_taken_for_another_with_the_same_outputs(folder):
    write(folder)
    times.record("train@iter2", 3.0, outputs(folder))
    assert seconds(lock()) == {}


def test_time_says_when_the_run_finished(folder):
    write(folder)
    times.record("train@iter1", 3.0, outputs(folder))
    assert times.find(times.locked_outputs(lock()))["train@iter1"]["finished"].endswith("+00:00")


@pytest.mark.usefixtures("folder")
def test_nothing_recorded_is_no_time():
    assert seconds(lock()) == {}
    assert seconds({}) == {}


def test_run_of_a_stage_is_found_by_what_dvc_writes_of_it(folder):
    (folder / "a_stage.py").write_text(SCRIPT)
    (folder / "dvc.yaml").write_text(DVC_YAML)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1"}
    for command in (["init", "--no-scm", "--quiet"], ["repro", "--quiet"]):
        subprocess.run(["dvc", *command], env=env, check=True)
    assert list(seconds(read_yaml(folder / "dvc.lock"))) == ["train@iter1"]
