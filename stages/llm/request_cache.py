"""Replies that were paid for, by the content of the request, in one SQLite file that all experiments share.

A reply is committed before it is used, so that `kill -9` loses only the requests in flight. Several processes on one
machine may use the file at once: a process *claims* a request before it asks, the others wait for its reply. A claim
ends with its process, however that dies, because it counts only while its owner holds a lock file.

Payments are kept apart from replies: `instructor.budget_usd` caps their sum, and neither a reply that is pruned nor an
empty one, which is never kept, takes anything off it.

    python -m tools.request_cache list
"""

import contextlib
import fcntl
import math
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from stages.core import sqlite
from stages.core.metrics import Usage
from stages.llm.completions import Answer
from stages.llm.spending import total

_SCHEMA = sqlite.Schema(
    kind="a request cache",
    version=2,
    tables="""
        CREATE TABLE replies (
            key TEXT PRIMARY KEY, request TEXT NOT NULL, asked_model TEXT NOT NULL, text TEXT NOT NULL, failure TEXT,
            refused INTEGER NOT NULL, truncated INTEGER NOT NULL, max_tokens INTEGER NOT NULL, model TEXT NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, dollars REAL, created REAL NOT NULL);
        CREATE TABLE payments (key TEXT NOT NULL, dollars REAL, created REAL NOT NULL);
        CREATE TABLE claims (key TEXT PRIMARY KEY, owner TEXT NOT NULL, dollars REAL NOT NULL);
        CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT, base_url TEXT NOT NULL, created REAL NOT NULL);
        CREATE TABLE batch_requests (
            token TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, asked_model TEXT NOT NULL,
            max_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, PRIMARY KEY (token, key));""",
    upgrades={},
    remedy="move it away",
)
_ANSWER = "text, failure, refused, truncated, model, input_tokens, output_tokens"


class Claim(Enum):
    """What came of trying to claim a request."""

    TAKEN = "ask, then keep or release"
    ANSWERED = "the reply is there"
    ELSEWHERE = "another process asks it"
    IN_BATCH = "it is in a batch that nobody has collected yet"
    BUDGET_BUSY = "the requests in flight may use up the budget"
    BUDGET_IN_BATCH = "the batches that nobody has collected yet may use up the budget"
    BUDGET_SPENT = "the budget does not allow it"


@dataclass(frozen=True)
class Paid:
    """A reply to keep.

    Attributes:
        key: of the request.
        request: all that the key covers, as JSON.
        asked_model: the model that was asked.
        answer: the reply.
        max_tokens: the limit under which it was given.
        dollars: its price, or None where the model has none.
    """

    key: str
    request: str
    asked_model: str
    answer: Answer
    max_tokens: int
    dollars: float | None


class RequestCache:
    """A durable mapping from requests to replies, with the money that they cost."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it.

        Raises:
            RecordsError: it is no request cache of this version, or another process keeps it locked.
        """
        self.path = path
        self.proven: set[tuple[str, str]] = set()  # servers and models that have answered since this was opened
        self._used: dict[str, Usage] = {}
        self._owner = uuid.uuid4().hex
        self._owner_lock: Any = None
        self.connection = sqlite.connect(path, _SCHEMA)

    def close(self) -> None:
        """Give up all claims and close the file."""
        self.release_all()
        self.connection.close()

    def __enter__(self) -> "RequestCache":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, key: str, max_tokens: int) -> Answer | None:
        """Return the reply kept under `key`, unless it was cut at a smaller limit than `max_tokens`."""
        query = f"SELECT {_ANSWER} FROM replies WHERE key = ? AND (NOT truncated OR max_tokens >= ?)"
        row = self.connection.execute(query, (key, max_tokens)).fetchone()
        return None if row is None else Answer(row[0], row[1], bool(row[2]), bool(row[3]), *row[4:])

    def claim(self, key: str, max_tokens: int, worst: float, budget: float | None) -> Claim:
        """Try to reserve a request for this process, and the dollars that it may cost at worst."""
        if self.get(key, max_tokens) is not None:
            return Claim.ANSWERED
        with self.transaction():
            found = self._claim(key, max_tokens, worst, budget)
            if found in {Claim.ELSEWHERE, Claim.BUDGET_BUSY} and self._bury_the_dead():
                found = self._claim(key, max_tokens, worst, budget)
        return found

    def _claim(self, key: str, max_tokens: int, worst: float, budget: float | None) -> Claim:
        if self.get(key, max_tokens) is not None:
            return Claim.ANSWERED
        if owner := self.connection.execute("SELECT owner FROM claims WHERE key = ?", (key,)).fetchone():
            return Claim.IN_BATCH if self._is_batch(*owner) else Claim.ELSEWHERE
        if budget is not None and (full := self._budget_fault(budget - self.spent() - worst)):
            return full
        self._hold_owner_lock()
        self.connection.execute("INSERT INTO claims VALUES (?, ?, ?)", (key, self._owner, worst))
        return Claim.TAKEN

    def _is_batch(self, owner: str) -> bool:
        return self.connection.execute("SELECT 1 FROM batches WHERE token = ?", (owner,)).fetchone() is not None

    def _budget_fault(self, left: float) -> Claim | None:
        """Return what stands against spending all but `left` dollars of the budget, or None."""
        if left < 0:
            return Claim.BUDGET_SPENT
        if left < self._dollars("claims JOIN batches ON owner = token"):
            return Claim.BUDGET_IN_BATCH
        return Claim.BUDGET_BUSY if left < self._dollars("claims") else None

    def is_free(self, key: str, max_tokens: int) -> bool:
        """Tell whether a request has neither a reply nor a claim."""
        claimed = self.connection.execute("SELECT 1 FROM claims WHERE key = ?", (key,)).fetchone()
        return claimed is None and self.get(key, max_tokens) is None

    def room(self, budget: float | None) -> float:
        """Return the dollars that are neither spent nor reserved, once the claims of dead processes are deleted."""
        self._bury_the_dead()
        return math.inf if budget is None else budget - self.spent() - self._dollars("claims")

    def keep(self, paid: Sequence[Paid]) -> None:
        """Commit replies with their payments, and end their claims; a complete reply that is there stays.

        An empty reply is paid for and not kept. All go into one transaction that is on disk when this returns: a
        commit of its own for each would cost milliseconds each.
        """
        with self.transaction():
            for reply in paid:
                self.record(reply)

    def record(self, paid: Paid) -> None:
        """Keep one reply inside a transaction of the caller."""
        key, answer, now = paid.key, paid.answer, time.time()
        self.connection.execute("INSERT INTO payments VALUES (?, ?, ?)", (key, paid.dollars, now))
        self.connection.execute("DELETE FROM claims WHERE key = ?", (key,))
        if not answer.keepable:
            self._used[key] = Usage(1, answer.input_tokens, answer.output_tokens, paid.dollars)
            return
        shorter = "DELETE FROM replies WHERE key = ? AND truncated AND max_tokens < ?"
        self.connection.execute(shorter, (key, paid.max_tokens))
        values = (
            key, paid.request, paid.asked_model, answer.text, answer.failure, answer.refused, answer.truncated,
            paid.max_tokens, answer.model, answer.input_tokens, answer.output_tokens, paid.dollars, now,
        )  # fmt: skip
        self.connection.execute(f"INSERT OR IGNORE INTO replies VALUES ({', '.join('?' * len(values))})", values)

    def release(self, key: str) -> None:
        """End this process's claim of a request that got no reply."""
        self.connection.execute("DELETE FROM claims WHERE key = ? AND owner = ?", (key, self._owner))

    def release_all(self) -> None:
        """End all claims of this process, and the lock by which others see that it lives."""
        if self._owner_lock is not None:
            self.connection.execute("DELETE FROM claims WHERE owner = ?", (self._owner,))
            self._lock_path(self._owner).unlink(missing_ok=True)
            self._owner_lock.close()
            self._owner_lock = None

    def spent(self) -> float:
        """Return the dollars of all payments ever made through this file."""
        return self._dollars("payments")

    def served(self, model: str) -> list[str]:
        """Return the names under which the servers answered that were asked for `model`."""
        query = "SELECT DISTINCT model FROM replies WHERE asked_model = ? ORDER BY model"
        return [name for (name,) in self.connection.execute(query, (model,))]

    def _dollars(self, tables: str) -> float:
        return float(self.connection.execute(f"SELECT COALESCE(SUM(dollars), 0) FROM {tables}").fetchone()[0])

    def use(self, key: str) -> None:
        """Count a kept reply into this process's usage, once however often it is used."""
        query = "SELECT input_tokens, output_tokens, dollars FROM replies WHERE key = ?"
        row = self.connection.execute(query, (key,)).fetchone()
        if row is not None:
            self._used[key] = Usage(1, *row)

    def usage(self) -> Usage:
        """Return what the replies cost that were used through this object, from the cache or paid for now alike."""
        return total(self._used.values())

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all statements of the block, which are on disk then, or none."""
        with sqlite.transaction(self.connection):
            yield

    def _lock_path(self, owner: str) -> Path:
        return self.path.with_name(f"{self.path.name}.owner-{owner}")

    def _hold_owner_lock(self) -> None:
        if self._owner_lock is None:
            self._owner_lock = self._lock_path(self._owner).open("w")
            fcntl.flock(self._owner_lock, fcntl.LOCK_EX)

    def _bury_the_dead(self) -> bool:
        """Delete the claims of processes that are gone; tell whether there were any."""
        owners = [
            row[0]
            for row in self.connection.execute(
                "SELECT DISTINCT owner FROM claims WHERE owner NOT IN (SELECT token FROM batches)"
            )
        ]
        dead = [owner for owner in owners if owner != self._owner and self._is_dead(owner)]
        for owner in dead:
            self.connection.execute("DELETE FROM claims WHERE owner = ?", (owner,))
            self._lock_path(owner).unlink(missing_ok=True)
        return bool(dead)

    def _is_dead(self, owner: str) -> bool:
        try:
            descriptor = os.open(self._lock_path(owner), os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            return True
        finally:
            os.close(descriptor)
