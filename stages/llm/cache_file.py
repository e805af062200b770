"""The SQLite file of the request cache: its tables, its version, and how it is opened.

Write-ahead logging lets processes read while one writes. The file is switched to it once, when it is made, and SQLite
answers a process that is in another's way then with "database is locked" at once, whatever the busy timeout: opening is
tried again for as long as a statement may wait.

Source: https://www.sqlite.org/wal.html
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from stages.core.exceptions import SourceError

VERSION = 2
_TABLES = f"""
CREATE TABLE replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, asked_model TEXT NOT NULL, text TEXT NOT NULL, failure TEXT,
    refused INTEGER NOT NULL, truncated INTEGER NOT NULL, max_tokens INTEGER NOT NULL, model TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, dollars REAL, created REAL NOT NULL);
CREATE TABLE payments (key TEXT NOT NULL, dollars REAL, created REAL NOT NULL);
CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, dollars REAL NOT NULL);
CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT, base_url TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE batch_requests (
    token TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, asked_model TEXT NOT NULL,
    max_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, PRIMARY KEY (token, key));
PRAGMA user_version = {VERSION};
"""
_PATIENCE = 60.0  # seconds that a statement, or opening the file, waits for other processes
_PAUSE = 0.02
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NO_CACHE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_PRIMARY = 0xFF  # the bits of an error code that tell its kind


def connect(path: Path, patience: float = _PATIENCE) -> sqlite3.Connection:
    """Open the file, creating it; wait up to `patience` seconds where another process holds it.

    Raises:
        SourceError: it is no request cache of this version, or another process keeps it locked.
    """
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    deadline = time.monotonic() + patience
    try:
        while not _is_prepared(connection, path):
            if time.monotonic() > deadline:
                raise SourceError(f"{path}: locked by another program for {patience:.0f} seconds; end it and run again")
            time.sleep(_PAUSE)
    except BaseException:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all statements of the block or none; a power cut may undo the latest."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_prepared(connection: sqlite3.Connection, path: Path) -> bool:
    """Set the file up; return False where another process is in the way."""
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # claims need not outlive a power cut
        _create(connection, path)
    except sqlite3.DatabaseError as error:
        kind = error.sqlite_errorcode & _PRIMARY
        if kind in _NO_CACHE:
            raise SourceError(f"{path}: not a request cache ({error}); move it away") from error
        if kind not in _BUSY:
            raise
        return False
    return True


def _create(connection: sqlite3.Connection, path: Path) -> None:
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        if tables == 0:
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
        elif version != VERSION:
            raise SourceError(
                f"{path}: a request cache of version {version}, and this code reads {VERSION}; move it away"
            )
