"""SQLite files between processes and versions."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from stages.core.exceptions import RecordsError
from stages.core.sqlite import Schema, connect, transaction

TABLES = "CREATE TABLE words (word TEXT PRIMARY KEY); CREATE TABLE notes (note TEXT);"
SCHEMA = Schema("a dictionary", 3, TABLES, {2: "CREATE TABLE notes (note TEXT);"}, "move it away")
OPENINGS = {
    "request cache": "from stages.llm.request_cache import RequestCache as open",
    "embeddings": "import numpy\nfrom stages.errors.embedding_cache import write\n"
    "def open(path): write(path, 'm', {str(process): numpy.ones(1)})",
}
OPENER = """
import os, sys
from pathlib import Path
process = os.getpid()
{opening}
print("ready", flush=True)
for line in sys.stdin:
    open(Path(line.strip()))
    print("open", flush=True)
"""


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS.keys())
def test_new_file_can_be_opened_by_many_processes_at_once(tmp_path, opening):
    command = [sys.executable, "-c", OPENER.format(opening=opening)]
    openers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    assert [opener.stdout.readline() for opener in openers] == ["ready\n"] * 4
    for i in range(20):
        for opener in openers:
            opener.stdin.write(f"{tmp_path}/{i}.sqlite\n")
            opener.stdin.flush()
        assert [opener.stdout.readline() for opener in openers] == ["open\n"] * 4
    assert [opener.communicate()[1] for opener in openers] == [""] * 4


def test_new_file_is_waited_for_while_another_process_makes_it(tmp_path):
    other = sqlite3.connect(tmp_path / "w.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")  # SQLite lets nobody wait who changes the journal mode meanwhile
    release = threading.Timer(0.3, other.execute, ["COMMIT"])
    release.start()
    connect(tmp_path / "w.sqlite", SCHEMA).close()
    release.join()
    other.close()


def test_file_that_another_program_keeps_locked_is_not_taken_for_a_damaged_one(tmp_path):
    path = tmp_path / "w.sqlite"
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        RecordsError, match=r"w\.sqlite: locked by another program for 0 seconds; end it and run again$"
    ):
        connect(path, SCHEMA, timeout=0.1)
    other.close()
    connect(path, SCHEMA).close()


def make(path, script):
    connection = sqlite3.connect(path)
    connection.executescript(script)
    connection.close()
    return path


def test_older_file_is_upgraded_with_what_is_in_it(tmp_path):
    old = "CREATE TABLE words (word TEXT PRIMARY KEY); INSERT INTO words VALUES ('kept'); PRAGMA user_version = 2"
    path = make(tmp_path / "w.sqlite", old)
    for _ in range(2):
        connection = connect(path, SCHEMA)
        assert connection.execute("SELECT word, (SELECT COUNT(*) FROM notes) FROM words").fetchall() == [("kept", 0)]
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        connection.close()


@pytest.mark.parametrize("version", [1, 4])
def test_file_of_an_unknown_version_is_refused_and_left_alone(tmp_path, version):
    path = make(tmp_path / "w.sqlite", f"CREATE TABLE words (word); PRAGMA user_version = {version}")
    told = rf"w\.sqlite: a dictionary of version {version}, and this code reads 3; move it away$"
    with pytest.raises(RecordsError, match=told):
        connect(path, SCHEMA)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (version,)
    connection.close()


def test_file_that_cannot_be_opened_is_one_line(tmp_path):
    (tmp_path / "damaged").write_bytes(b"no database, but long enough to be looked at" * 50)
    with pytest.raises(RecordsError, match=r"damaged: not a dictionary: file is not a database; move it away$"):
        connect(tmp_path / "damaged", SCHEMA)
    with pytest.raises(RecordsError, match=r"nowhere/w\.sqlite: unable to open database file; `ls -l` shows"):
        connect(tmp_path / "nowhere" / "w.sqlite", SCHEMA)


def test_transaction_that_fails_leaves_nothing(tmp_path):
    connection = connect(tmp_path / "w.sqlite", SCHEMA)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), transaction(connection):
        connection.executemany("INSERT INTO words VALUES (?)", [("a",), ("a",)])
    assert connection.execute("SELECT COUNT(*) FROM words").fetchone() == (0,)
    connection.close()
