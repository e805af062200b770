"""The journal survives kills."""

import json
import os
import signal
import subprocess
import sys

import pytest

from stages.core.journal import Journal
from tests.unit.conftest import ROOT


def test_reopened_journal_holds_what_was_added(tmp_path):
    path = tmp_path / "j.jsonl"
    with Journal(path) as journal:
        journal.add({"a": {"text": "é\n", "n": 1}, "b": 2.5})
        journal.add({"c": None})
    with Journal(path) as journal:
        assert len(journal) == 3
        assert journal["a"] == {"text": "é\n", "n": 1}
        assert journal["b"] == 2.5
        assert journal["c"] is None
        assert "c" in journal
        assert "d" not in journal


def test_missing_keys_come_in_the_given_order(tmp_path):
    with Journal(tmp_path / "j.jsonl") as journal:
        journal.add({"b": 1})
        assert journal.missing(["c", "b", "a"]) == ["c", "a"]


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param(b'{"key": "b", "val', id="in-the-middle-of-a-line"),
        pytest.param(b'{"key": "b", "value": 2}', id="just-before-the-line-break"),
        pytest.param(b'{"key": "b", "value": "\xc3', id="in-the-middle-of-a-character"),
    ],
)
def test_line_cut_by_a_kill_is_dropped_and_the_rest_is_kept(tmp_path, cut):
    path = tmp_path / "j.jsonl"
    path.write_bytes(b'{"key": "a", "value": 1}\n' + cut)
    with Journal(path) as journal:
        assert journal.missing(["a", "b"]) == ["b"]
        journal.add({"b": 3})
    with Journal(path) as journal:
        assert (journal["a"], journal["b"]) == (1, 3)
    assert [json.loads(line)["key"] for line in path.read_text().splitlines()] == ["a", "b"]


def test_value_added_before_kill_9_is_on_disk(tmp_path):
    path = tmp_path / "j.jsonl"
    code = (
        "import os, pathlib, signal, sys\n"
        "from stages.core.journal import Journal\n"
        "journal = Journal(pathlib.Path(sys.argv[1]))\n"
        "journal.add({'a': 1})\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    with Journal(path) as journal:
        assert journal["a"] == 1
