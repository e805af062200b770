"""What a disk refuses, as the system and the libraries really say it, on a disk of 64 KiB that is soon full."""

import os
import sqlite3
import subprocess
import sys

import pytest

from stages.core import storage
from stages.core.files import replacing
from stages.core.journal import Journal
from tests.unit.conftest import ROOT

NO_SPACE = "no space is left on that disk"

WRITERS = """
import asyncio, sqlite3, sys
from pathlib import Path
from stages.core import storage
from stages.core.files import replacing
from stages.core.journal import Journal

def records():
    with replacing(Path("out.jsonl")) as file:
        file.write("x" * 100_000)

def journal():
    with Journal(Path("journal.jsonl")) as journal:
        journal.add({"a": "x" * 100_000})

def small_journal():
    Path("filler").write_bytes(bytes(60_000))
    with Journal(Path("journal.jsonl")) as journal:
        journal.add({"a": "x" * 6_000})

def sqlite():
    connection = sqlite3.connect("requests.sqlite", isolation_level=None)
    connection.execute("CREATE TABLE replies (reply TEXT)")
    connection.execute("INSERT INTO replies VALUES (?)", ("x" * 100_000,))

def safetensors():
    import torch
    from safetensors.torch import save_file
    save_file({"weight": torch.zeros(100_000)}, "adapter.safetensors")

def torch():
    import torch
    torch.save(torch.zeros(100_000), "optimizer.pt")

def wrapped():
    try:
        records()
    except OSError as error:
        raise RuntimeError("the model could not be saved") from error

async def tasks():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(asyncio.sleep(10))
        tasks.create_task(asyncio.to_thread(sqlite))

def gathered():
    asyncio.run(tasks())

try:
    globals()[sys.argv[1]]()
except Exception as error:
    print(storage.fault(error))
"""


def on_small_disk(folder, writer):
    """Run a writer in `folder`, where a file system of 64 KiB is mounted for it alone."""
    mount = 'mount -t tmpfs -o size=64k tmpfs . && cd "$PWD" && exec "$@"'
    alone = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [*alone, sys.executable, "-c", WRITERS, writer]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode and ("unshare" in done.stderr or "mount" in done.stderr):
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("writer", "place"),
    [
        pytest.param("records", "out.jsonl", id="records"),
        pytest.param("journal", "journal.jsonl", id="journal"),
        pytest.param("small_journal", "journal.jsonl", id="closing-fails-too"),
        pytest.param("wrapped", "out.jsonl", id="wrapped-in-another-error"),
        pytest.param("sqlite", "writing a file", id="sqlite"),
        pytest.param("gathered", "writing a file", id="in-a-group-of-tasks"),
        pytest.param("safetensors", "writing a file", id="safetensors"),
        pytest.param("torch", "writing a file", id="torch"),
    ],
)
def test_full_disk_is_one_line_whoever_finds_it(tmp_path, writer, place):
    assert on_small_disk(tmp_path, writer) == [
        f"{place}: {NO_SPACE}; free some (docs/troubleshooting.md says what can go); "
        "then run the same command again: finished work is kept"
    ]


LIMITED = """
import resource, sys
from pathlib import Path
from stages.core import storage
from stages.core.files import replacing
from stages.core.journal import Journal
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    if sys.argv[1] == "records":
        with replacing(Path("out.jsonl")) as file:
            file.write("x" * 5000)
    else:
        with Journal(Path("journal.jsonl")) as journal:
            journal.add({"a": "x" * 500})
            journal.add({"b": "x" * 5000})
except OSError as error:
    print(storage.fault(error))
"""


def limited(folder, what):
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", LIMITED, what]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout


def test_file_over_the_limit_is_named_and_the_old_one_stays(tmp_path):
    with replacing(tmp_path / "out.jsonl") as file:
        file.write("old")
    assert limited(tmp_path, "records").startswith("out.jsonl: the file is larger than is allowed; see `ulimit -f`")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "old"


def test_journal_that_ran_into_the_limit_keeps_what_was_whole(tmp_path):
    assert limited(tmp_path, "journal").startswith("journal.jsonl: the file is larger than is allowed")
    with Journal(tmp_path / "journal.jsonl") as journal:
        assert "a" in journal
        assert "b" not in journal


@pytest.mark.parametrize(
    ("error", "message"),
    [
        pytest.param(
            PermissionError(13, "no", "x"), "x: permission denied; `ls -l` shows whose it is", id="permission"
        ),
        pytest.param(
            OSError(30, "no", "x"), "x: that file system is read-only; work where you can write", id="read-only"
        ),
        pytest.param(OSError(28, "no", "a", None, "b"), f"b: {NO_SPACE}", id="copied-to"),
    ],
)
def test_refused_file_is_named(error, message):
    assert storage.fault(error).startswith(message)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(KeyError("a bug"), id="bug"),
        pytest.param(FileNotFoundError(2, "no", "data/x"), id="missing-file"),
        pytest.param(PermissionError(13, "no"), id="refused-connection"),
        pytest.param(sqlite3.OperationalError("no such table: replies"), id="sqlite"),
    ],
)
def test_other_errors_are_no_fault_of_the_disk(error):
    assert storage.fault(error) is None


def test_bug_after_a_refused_file_stays_a_bug():
    error = KeyError("a bug")
    error.__context__ = PermissionError(13, "no", "data/x")
    assert storage.fault(error) is None
