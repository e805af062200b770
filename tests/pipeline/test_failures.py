"""What a user sees of a full disk, a lost remote and a locked repository, and that work goes on afterwards."""

import subprocess
import sys

import pytest

HOLD = """
import sys
from dvc.repo import Repo
with Repo(".").lock:
    print("locked", flush=True)
    sys.stdin.readline()
"""


def test_full_disk_stops_a_stage_with_one_line_and_its_work_goes_on_later(copy):
    # A full file system over the scratch folder, which only this command sees.
    command = 'mount -t tmpfs -o size=4k tmpfs .sei && head -c 4096 /dev/zero > .sei/filler && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", command, "sh"]
    copy.set({"generation.max_new_tokens": 5})
    done = copy.run(*alone, "dvc", "repro", "--single-item", "predict@iter1", check=False)
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert lines[0].startswith("error: predict@iter1: ")
    assert ".sei/journal/" in lines[0]
    assert "no space is left on that disk" in lines[0]
    assert copy.repro("--single-item", "predict@iter1") == ["predict@iter1"]


def test_lost_remote_is_named_and_stops_no_work(finished, tmp_path):
    clone = finished.clone(tmp_path / "clone")
    clone.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "unplugged"))
    done = clone.run("dvc", "pull", "models/iter2", check=False)
    assert done.returncode != 0
    assert "do not exist neither locally nor on remote" in done.stderr
    assert "Checkout failed for following targets" in done.stderr
    assert clone.repro("--allow-missing") == []


def test_locked_repository_says_that_another_dvc_runs(copy):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=copy.path, env=copy.env,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "locked\n"
        done = copy.run("dvc", "checkout", check=False)
        other.communicate("\n", timeout=60)
    assert done.returncode != 0
    assert "Unable to acquire lock. Most likely another DVC process is running" in done.stderr
    assert copy.run("dvc", "checkout").returncode == 0
