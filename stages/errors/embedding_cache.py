"""Vectors of texts by model, in one SQLite file that all experiments and processes share."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from stages.core import sqlite
from stages.core.exceptions import RecordsError

_SCHEMA = sqlite.Schema(
    kind="a cache of embeddings",
    version=0,
    tables="CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);",
    upgrades={},
    remedy="delete it, and the embeddings are computed again",
)


def read(path: Path, model: str, texts: Sequence[str]) -> dict[str, Any]:
    """Return the vectors, float32, of those texts that the cache has under this model.

    Raises:
        RecordsError: the file cannot be used as a cache.
    """
    import numpy as np  # heavy

    vectors = {}
    with _connection(path) as connection:
        for text in texts:
            row = connection.execute("SELECT vector FROM vectors WHERE key = ?", (_key(model, text),)).fetchone()
            if row is not None:
                vectors[text] = np.frombuffer(row[0], dtype="<f4")
    return vectors


def write(path: Path, model: str, vectors: Mapping[str, Any]) -> None:
    """Store vectors by text; the first vector of a text stays.

    Raises:
        RecordsError: the file cannot be used as a cache.
    """
    rows = [(_key(model, text), vector.astype("<f4").tobytes()) for text, vector in vectors.items()]
    with _connection(path) as connection, sqlite.transaction(connection):
        connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)


@contextmanager
def _connection(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite.connect(path, _SCHEMA)) as connection:
            yield connection
    except sqlite3.DatabaseError as error:
        raise RecordsError(
            f"{path}: the cache of embeddings cannot be used: {error}; if it is damaged, {_SCHEMA.remedy}"
        ) from error


def _key(model: str, text: str) -> str:
    return hashlib.sha256(json.dumps([model, text]).encode()).hexdigest()
