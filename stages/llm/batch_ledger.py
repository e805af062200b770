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

from stages.llm.pending import Outgoing
from stages.llm.request_cache import Paid, RequestCache

FORGET = "`python -m tools.request_cache prune --batches`"
HELD = (
    "are in batches that were submitted and paid for: set instructor.mode: batch to wait for them, or forget them with "
    f"{FORGET}"
)


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

    def take(
        self, asked_model: str, requests: Sequence[tuple[Outgoing, float]], budget: float | None
    ) -> tuple[str, list[Outgoing]]:
        """Claim requests for a batch that is to be created, and write it down, all or nothing.

        Args:
            asked_model: that of the requests.
            requests: with the dollars that each may cost at worst.
            budget: dollars, or None for no cap.

        Returns:
            The token of the batch, and those of its requests that nobody asks yet and the budget allows; without any,
            there is no batch.
        """
        token, taken = uuid.uuid4().hex, []
        with self._cache.transaction():
            room = self._cache.room(budget)
            for sent, worst in requests:
                if worst <= room and self._cache.is_free(sent.key, sent.max_tokens):
                    room -= worst
                    taken.append(sent)
                    self._add(token, asked_model, sent, worst)
            if taken:
                self._execute("INSERT INTO batches VALUES (?, NULL, ?, ?)", token, self._base_url, time.time())
        return token, taken

    def _add(self, token: str, asked_model: str, sent: Outgoing, worst: float) -> None:
        self._execute("INSERT INTO claims VALUES (?, ?, ?)", sent.key, token, worst)
        values = (token, sent.key, sent.identity, asked_model, sent.max_tokens, sent.input_tokens)
        self._execute("INSERT INTO batch_requests VALUES (?, ?, ?, ?, ?, ?)", *values)

    def held_elsewhere(self) -> float:
        """Return the dollars that batches on other servers hold against the budget."""
        query = """
            SELECT COALESCE(SUM(dollars), 0) FROM claims JOIN batches ON owner = token WHERE base_url != ?"""
        return float(self._execute(query, self._base_url).fetchone()[0])

    def created(self, token: str, batch_id: str) -> None:
        """Write down the id that the server gave."""
        with self._cache.transaction():
            self._execute("UPDATE batches SET id = ? WHERE token = ?", batch_id, token)

    def close(self, token: str, paid: Iterable[Paid]) -> None:
        """Keep the replies of a batch and forget it, both or neither; does nothing if another process has done it."""
        with self._cache.transaction():
            if not self._execute("DELETE FROM batches WHERE token = ?", token).rowcount:
                return
            self._execute("DELETE FROM batch_requests WHERE token = ?", token)
            self._execute("DELETE FROM claims WHERE owner = ?", token)
            for reply in paid:
                self._cache.record(reply)

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._cache.connection.execute(statement, values)
