"""Batches that were submitted and not yet collected, in the request cache's file, so that a kill forgets none.

A batch is written down before it is created, under a token that also goes into the batch's metadata, and gets its id
afterwards: one that a kill has left without an id is found again on the server by its token.
"""

import sqlite3
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.instructor.outgoing import Outgoing
from stages.instructor.request_cache import Paid, RequestCache


@dataclass(frozen=True)
class OpenBatch:
    """A batch whose replies are not in the cache yet; `id` is None until the server has given it one."""

    token: str
    id: str | None
    created: float


@dataclass(frozen=True)
class Member:
    """A request of a batch, with what is needed to keep its reply even when nobody asks for it any more."""

    key: str
    identity: str
    asked_model: str
    max_tokens: int
    input_tokens: int


class BatchLedger:
    """The open batches of one server."""

    def __init__(self, cache: RequestCache, base_url: str) -> None:
        """Read and write the tables of `cache`."""
        self._cache = cache
        self._base_url = base_url.rstrip("/")

    @property
    def lock(self) -> Path:
        """The file to lock while batches are submitted."""
        return self._cache.path.with_name(f"{self._cache.path.name}.batches-lock")

    def open(self) -> list[OpenBatch]:
        """Return the open batches, the oldest first."""
        query = "SELECT token, id, created FROM batches WHERE base_url = ? ORDER BY created, token"
        return [OpenBatch(*row) for row in self._execute(query, self._base_url)]

    def members(self, token: str) -> list[Member]:
        """Return the requests of a batch."""
        query = "SELECT key, request, asked_model, max_tokens, input_tokens FROM batch_requests WHERE token = ?"
        return [Member(*row) for row in self._execute(query, token)]

    def holding(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the token of the open batch of each request that is in one."""
        rows = dict(self._execute("SELECT key, token FROM batch_requests JOIN batches USING (token)").fetchall())
        return {key: rows[key] for key in keys if key in rows}

    def begin(self) -> str:
        """Write down a batch that is to be created; return its token."""
        token = uuid.uuid4().hex
        self._execute("INSERT INTO batches VALUES (?, NULL, ?, ?)", token, self._base_url, time.time())
        return token

    def add(self, token: str, asked_model: str, requests: Sequence[Outgoing]) -> None:
        """Write down the requests of a batch, so that they are on disk before it is created."""
        with self._cache.durable_transaction():
            for sent in requests:
                values = (token, sent.key, sent.identity, asked_model, sent.max_tokens, sent.input_tokens)
                self._execute("INSERT INTO batch_requests VALUES (?, ?, ?, ?, ?, ?)", *values)

    def created(self, token: str, batch_id: str) -> None:
        """Write down the id that the server gave."""
        with self._cache.durable_transaction():
            self._execute("UPDATE batches SET id = ? WHERE token = ?", batch_id, token)

    def close(self, token: str, paid: Iterable[Paid]) -> None:
        """Keep the replies of a batch and forget it, both or neither; does nothing if another process has done it."""
        with self._cache.durable_transaction():
            if not self._execute("DELETE FROM batches WHERE token = ?", token).rowcount:
                return
            self._execute("DELETE FROM batch_requests WHERE token = ?", token)
            self._execute("DELETE FROM claims WHERE owner = ?", token)
            for reply in paid:
                self._cache.record(reply)

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._cache.connection.execute(statement, values)
