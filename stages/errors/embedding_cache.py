"""Vectors of texts by model, in one SQLite file that all experiments share; several processes may use it at once."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from stages.core.exceptions import RecordsError

_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL)"


def read(path: Path, model: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return the vectors, float32, of those texts that the cache has under this model.

    Raises:
        RecordsError: the file cannot be used as a cache.
    """
    import numpy as np  # heavy

    found = {}
    with _connection(path) as connection:
        for text in texts:
            row = connection.execute("SELECT vector FROM vectors WHERE key = ?", (_key(model, text),)).fetchone()
            if row is not None:
                found[text] = np.frombuffer(row[0], dtype="<f4")
    return found


def write(path: Path, model: str, vectors: Mapping[str, Any]) -> None:
    """Keep vectors by text; of two vectors of one text the first stays.

    Raises:
        RecordsError: the file cannot be used as a cache.
    """
    rows = [(_key(model, text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
    with _connection(path) as connection, connection:
        connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=60)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_TABLE)
            yield connection
    except sqlite3.DatabaseError as error:
        raise RecordsError(
            f"{path}: the cache of embeddings cannot be used: {error}; if it is damaged, delete it, "
            "and the embeddings are computed again"
        ) from error


def _key(model: str, text: str) -> str:
    return hashlib.sha256(json.dumps([model, text]).encode()).hexdigest()
