"""Batches that are submitted and not yet collected, in the request cache's file, so that a kill forgets none.

A batch is entered before it is created, under a token that its metadata holds too, and gets its id afterwards: after a
kill between the two, the token finds the batch on the server.
"""

import math
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from stages.llm.pending import KeyedRequest, PendingRequest
from stages.llm.request_cache import PaidReply, RequestCache
from stages.llm.spending import Budget

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
    model: str
    created: float


class BatchLedger:
    """The open batches of one server."""

    def __init__(self, cache: RequestCache, base_url: str) -> None:
        """Read and write the tables of `cache`."""
        self._cache = cache
        self._base_url = base_url.rstrip("/")

    def open(self) -> list[OpenBatch]:
        """Return the open batches, the oldest first."""
        query = """
            SELECT token, id, MIN(asked_model), created FROM batches JOIN batch_requests USING (token)
            WHERE base_url = ? GROUP BY token ORDER BY created, token"""
        return [OpenBatch(*row) for row in self._cache.execute(query, self._base_url)]

    def requests(self, token: str) -> list[KeyedRequest]:
        """Return the requests of a batch."""
        query = "SELECT key, request, asked_model, input_tokens, max_tokens FROM batch_requests WHERE token = ?"
        return [KeyedRequest(*row) for row in self._cache.execute(query, token)]

    def holding(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the token of the open batch of each request that is in one."""
        tokens = dict(self._cache.execute("SELECT key, token FROM batch_requests").fetchall())
        return {key: tokens[key] for key in keys if key in tokens}

    def add(self, requests: Sequence[PendingRequest], budget: Budget) -> tuple[str, list[PendingRequest]]:
        """Enter a batch before its creation, all or nothing.

        Returns:
            The token of the batch, and those of its requests that the budget allows; without any, there is no batch.
        """
        token, added = uuid.uuid4().hex, []
        with self._cache.transaction():
            spent = self._cache.spent() + self._cache.reserved()
            room = math.inf if budget.limit is None else budget.limit - spent
            for request in requests:
                if (worst := budget.worst(request)) <= room:
                    room -= worst
                    added.append(request)
                    values = (token, request.key, request.identity, request.model, request.max_tokens)
                    statement = "INSERT INTO batch_requests VALUES (?, ?, ?, ?, ?, ?, ?)"
                    self._cache.execute(statement, *values, request.input_tokens, worst)
            if added:
                self._cache.execute("INSERT INTO batches VALUES (?, NULL, ?, ?)", token, self._base_url, time.time())
        return token, added

    def reserved_elsewhere(self) -> float:
        """Return the largest cost in dollars of the batches that no run on this server can collect now."""
        rows = "batch_requests JOIN batches USING (token) WHERE base_url != ? OR id IS NULL"
        return self._cache.dollars(rows, self._base_url)

    def name(self, token: str, batch_id: str) -> None:
        """Enter the id that the server gave."""
        self._cache.execute("UPDATE batches SET id = ? WHERE token = ?", batch_id, token)

    def close(self, token: str, replies: Iterable[PaidReply]) -> None:
        """Keep the replies of a batch and forget it, both or neither; does nothing if another process has done it."""
        with self._cache.transaction():
            if self._cache.execute("DELETE FROM batches WHERE token = ?", token).rowcount:
                self._cache.execute("DELETE FROM batch_requests WHERE token = ?", token)
                for reply in replies:
                    self._cache.record(reply)
