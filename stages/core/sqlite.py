"""Opening, creating and upgrading the SQLite files that experiments share.

Write-ahead logging lets processes read while one writes. A file is switched to it once, when it is made, and SQLite
answers a process that is in another's way then with "database is locked" at once, whatever the busy timeout: opening is
tried again for as long as a statement may wait.

Source: https://www.sqlite.org/wal.html
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from stages.core.exceptions import RecordsError

_TIMEOUT = 60.0  # seconds that a statement, or opening the file, waits for other processes
_PAUSE = 0.02
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_REFUSED = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}
_PRIMARY = 0xFF  # the bits of an error code that tell its kind


@dataclass(frozen=True)
class Schema:
    """The tables of one kind of file.

    Attributes:
        kind: name of such a file in messages, with its article.
        version: of the tables, kept as `user_version`.
        tables: statements that make them in an empty file, each with a `;` at its end.
        upgrades: by an older version, the statements that make the next one of it.
        remedy: what to do with an unusable file.
    """

    kind: str
    version: int
    tables: str
    upgrades: Mapping[int, str]
    remedy: str


def connect(path: Path, schema: Schema, timeout: float = _TIMEOUT) -> sqlite3.Connection:
    """Open the file, creating or upgrading it; wait up to `timeout` seconds where another process holds it.

    Statements commit by themselves outside of `transaction`, and are on disk when they return.

    Raises:
        RecordsError: it is no such file or of an unknown version, it may not be opened, or it stays locked.
    """
    try:
        connection = sqlite3.connect(path, timeout=timeout, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise RecordsError(f"{path}: {error}; `ls -l` shows whose it is") from error
    deadline = time.monotonic() + timeout
    try:
        while not _is_prepared(connection, path, schema):
            if time.monotonic() > deadline:
                raise RecordsError(f"{path}: locked by another program for {timeout:.0f} seconds; end it and run again")
            time.sleep(_PAUSE)
    except BaseException:
        connection.close()
        raise
    return connection


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether another process held the file for as long as a statement waits."""
    return error.sqlite_errorcode & _PRIMARY in _BUSY


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit all statements of the block to disk, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_prepared(connection: sqlite3.Connection, path: Path, schema: Schema) -> bool:
    """Set the file up; return False where another process is in the way."""
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        with transaction(connection):
            _make_tables(connection, path, schema)
    except sqlite3.DatabaseError as error:
        kind = error.sqlite_errorcode & _PRIMARY
        if kind in _DAMAGED:
            raise RecordsError(f"{path}: not {schema.kind}: {error}; {schema.remedy}") from error
        if kind in _REFUSED:
            raise RecordsError(f"{path}: {error}; `ls -l` shows whose it is") from error
        if not is_busy(error):
            raise
        return False
    return True


def _make_tables(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    if tables and version == schema.version:
        return
    if tables and version not in schema.upgrades:
        raise RecordsError(
            f"{path}: {schema.kind} of version {version}, and this code reads {schema.version}; {schema.remedy}"
        )
    scripts = [schema.upgrades[old] for old in range(version, schema.version)] if tables else [schema.tables]
    for statement in "".join(scripts).split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {schema.version}")
