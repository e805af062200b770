"""How a stage starts, prints and fails: in real processes."""

import os
import subprocess
import sys

import pytest

from stages.core import stage
from stages.core.exceptions import BusyError
from tests.unit.conftest import ROOT

SCRIPT = """
import sys
from dataclasses import dataclass
from stages.core import stage
from stages.core.exceptions import ParamsError, RecordsError

@dataclass(frozen=True)
class Paths:
    in_file: stage.Input
    out: stage.Output
    name: str

def main(paths: Paths):
    if paths.name == "fails":
        raise RecordsError("x.jsonl:3: missing field `id`")
    if paths.name == "fails twice":
        raise ParamsError("one fault", "another")
    if paths.name == "bug":
        raise KeyError("a bug")
    if paths.name == "full":
        with open("/dev/full", "w") as file:
            file.write("x")
    if paths.name == "waits":
        sys.stdout.write("started\\n")
        sys.stdout.flush()
        sys.stdin.readline()
    return {"read": paths.in_file.read_text(), "dropped": 0}

if __name__ == "__main__":
    stage.run(main, "A stage.")
"""


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "a_stage.py").write_text(SCRIPT)
    (tmp_path / "in.txt").write_text("7")
    return tmp_path


def command(name, in_file="in.txt"):
    return [sys.executable, "a_stage.py", "--in-file", in_file, "--out", "o", "--name", name]


def environment(title="a_stage@iter1"):
    return os.environ | {"PYTHONPATH": str(ROOT), "DVC_STAGE": title}


def run(workspace, *arguments, **changes):
    return subprocess.run(
        command(*arguments), cwd=workspace, env=environment(**changes), capture_output=True, text=True, check=False
    )


def test_finished_stage_prints_one_line_of_counts(workspace):
    done = run(workspace, "works")
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("a_stage@iter1: read 7, dropped 0 (")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(("estimating", "recorded"), [({}, True), ({"SEI_ESTIMATE_ONLY": "1"}, False)])
def test_time_of_a_finished_stage_is_recorded_unless_it_only_estimates(workspace, estimating, recorded):
    environ = environment() | {"SEI_CACHE": str(workspace / "cache")} | estimating
    subprocess.run(command("ends"), cwd=workspace, env=environ, capture_output=True, check=True)
    assert (workspace / "cache" / "times.jsonl").exists() == recorded


def test_expected_error_is_one_line_on_stderr_and_exit_status_1(workspace):
    done = run(workspace, "fails")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "error: a_stage@iter1: x.jsonl:3: missing field `id`\n"


def test_each_of_several_faults_is_a_line_of_its_own(workspace):
    done = run(workspace, "fails twice")
    assert done.returncode == 1
    assert done.stderr == "error: a_stage@iter1: one fault\nerror: a_stage@iter1: another\n"


def test_bug_keeps_its_traceback(workspace):
    done = run(workspace, "bug")
    assert done.returncode == 1
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert done.stderr.endswith("KeyError: 'a bug'\n")


def test_full_disk_is_one_line_that_says_what_to_do(workspace):
    done = run(workspace, "full")
    assert done.returncode == 1
    assert done.stderr == (
        "error: a_stage@iter1: writing a file: no space is left on that disk; "
        "free some (docs/troubleshooting.md says what can go); then run the same command again: finished work is kept\n"
    )


def test_missing_input_is_one_line_that_names_option_and_path(workspace):
    done = run(workspace, "works", "gone.txt")
    assert done.returncode == 1
    assert done.stderr == "error: a_stage@iter1: --in-file gone.txt: no such file or directory\n"


def test_second_process_of_a_stage_is_refused_with_one_line_and_another_stage_is_not(workspace):
    first = subprocess.Popen(
        command("waits"), cwd=workspace, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout.readline() == "started\n"
        refused = run(workspace, "works")
        other = run(workspace, "works", title="a_stage@iter2")
        first.communicate("\n")
    assert refused.returncode == 1
    assert refused.stderr == (
        f"error: a_stage@iter1: another copy is running (process {first.pid}); wait for it or stop it\n"
    )
    assert other.returncode == 0
    assert first.returncode == 0
    assert run(workspace, "works").returncode == 0


def test_lock_of_a_killed_process_is_free(workspace):
    first = subprocess.Popen(
        command("waits"), cwd=workspace, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout.readline() == "started\n"
        first.kill()
    assert run(workspace, "works").returncode == 0


def test_lock_held_in_the_same_process_is_refused(tmp_path):
    with (
        stage.lock("s/x", tmp_path),
        pytest.raises(BusyError, match=rf"another copy is running \(process {os.getpid()}\)"),
        stage.lock("s/x", tmp_path),
    ):
        pass
