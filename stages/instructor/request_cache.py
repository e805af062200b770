"""Replies that were paid for, by the content of the request, in one SQLite file that all experiments share.

A reply is committed before it is used, so that `kill -9` loses only the requests in flight.
"""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any


class RequestCache:
    """A durable mapping from requests to replies; several processes may use one file."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it."""
        self._connection = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, request TEXT, reply TEXT)")

    def get(self, request: dict[str, Any]) -> str | None:
        """Return the reply to an equal request, or None."""
        row = self._connection.execute("SELECT reply FROM replies WHERE key = ?", (_key(request),)).fetchone()
        return None if row is None else str(row[0])

    def put(self, request: dict[str, Any], reply: str) -> None:
        """Keep a reply; of two replies to one request the first stays."""
        values = (_key(request), _canonical(request), reply)
        self._connection.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?)", values)


def _canonical(request: dict[str, Any]) -> str:
    return json.dumps(request, sort_keys=True, ensure_ascii=False)


def _key(request: dict[str, Any]) -> str:
    return hashlib.sha256(_canonical(request).encode()).hexdigest()
