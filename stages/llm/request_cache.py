"""Replies that were paid for, by the content of the request, in one SQLite file that all experiments share.

A reply is committed before it is used, so that `kill -9` loses only the requests in flight. Several processes on one
machine may share the file: one at a time sends requests to a model, the others wait and then find its replies.

Payments are kept apart from replies: `instructor.budget_usd` caps their sum, and neither a reply that is pruned nor an
empty one, which is never kept, takes anything off it.

    python -m tools.request_cache list
"""

import contextlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.core import locks, sqlite
from stages.core.files import content_id
from stages.core.metrics import Usage
from stages.llm.completions import Answer
from stages.llm.pending import KeyedRequest
from stages.llm.spending import total

_SCHEMA = sqlite.Schema(
    kind="a request cache",
    version=3,
    tables="""
        CREATE TABLE replies (
            key TEXT PRIMARY KEY, request TEXT NOT NULL, asked_model TEXT NOT NULL, text TEXT NOT NULL, failure TEXT,
            refused INTEGER NOT NULL, truncated INTEGER NOT NULL, max_tokens INTEGER NOT NULL, model TEXT NOT NULL,
            input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, dollars REAL, created REAL NOT NULL);
        CREATE TABLE payments (key TEXT NOT NULL, dollars REAL, created REAL NOT NULL);
        CREATE TABLE batches (token TEXT PRIMARY KEY, id TEXT, base_url TEXT NOT NULL, created REAL NOT NULL);
        CREATE TABLE batch_requests (
            token TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, asked_model TEXT NOT NULL,
            max_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, dollars REAL NOT NULL,
            PRIMARY KEY (token, key));""",
    upgrades={
        2: """
        ALTER TABLE batch_requests ADD COLUMN dollars REAL NOT NULL DEFAULT 0;
        UPDATE batch_requests SET dollars = COALESCE(
            (SELECT claims.dollars FROM claims WHERE claims.key = batch_requests.key AND owner = token), 0);
        DROP TABLE claims;"""
    },
    remedy="move it away",
)
_ANSWER = "text, failure, refused, truncated, model, input_tokens, output_tokens"


@dataclass(frozen=True)
class PaidReply:
    """A reply to keep; `dollars` is its price, or None for a model without one."""

    request: KeyedRequest
    answer: Answer
    dollars: float | None


class RequestCache:
    """A durable mapping from requests to replies, with the money that they cost."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it, or upgrading one of an earlier version with all that is in it.

        Raises:
            RecordsError: it is no request cache of a known version, or another process keeps it locked.
        """
        self.path = path
        self.proven: set[tuple[str, str]] = set()  # servers and models that have answered since this was opened
        self._used: dict[str, Usage] = {}
        self.connection = sqlite.connect(path, _SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def __enter__(self) -> "RequestCache":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def lock(self, base_url: str, model: str, budget: float | None) -> Iterator[None]:
        """Keep other processes from sending requests to the same model; wait while one does.

        With a budget, no other process that has one asks any model meanwhile: what is in flight counts against the
        budget, and only the process that asks knows it.
        """
        server = content_id(base_url.rstrip("/"), model)
        names = {f"{server}.lock": f"{model} at {base_url}"}
        if budget is not None:
            names = {"budget.lock": "instructor.budget_usd"} | names  # all take them in this order
        with contextlib.ExitStack() as held:
            for name, what in names.items():
                held.enter_context(locks.exclusive(self.path.with_name(f"{self.path.name}.{name}"), what))
            yield

    def get(self, key: str, max_tokens: int) -> Answer | None:
        """Return the reply kept under `key`, unless it was cut at a smaller limit than `max_tokens`."""
        query = f"SELECT {_ANSWER} FROM replies WHERE key = ? AND (NOT truncated OR max_tokens >= ?)"
        row = self.execute(query, key, max_tokens).fetchone()
        return None if row is None else Answer(row[0], row[1], bool(row[2]), bool(row[3]), *row[4:])

    def keep(self, replies: Sequence[PaidReply]) -> None:
        """Commit replies with their payments; a complete reply that is there stays.

        An empty reply is paid for and not kept. One transaction, on disk when this returns, holds all replies: a commit
        takes milliseconds.
        """
        with self.transaction():
            for reply in replies:
                self.record(reply)

    def record(self, reply: PaidReply) -> None:
        """Keep one reply inside a transaction of the caller."""
        request, answer, now = reply.request, reply.answer, time.time()
        self.execute("INSERT INTO payments VALUES (?, ?, ?)", request.key, reply.dollars, now)
        if not answer.keepable:
            self._used[request.key] = Usage(1, answer.input_tokens, answer.output_tokens, reply.dollars)
            return
        shorter = "DELETE FROM replies WHERE key = ? AND truncated AND max_tokens < ?"
        self.execute(shorter, request.key, request.max_tokens)
        values = (
            request.key, request.identity, request.model, answer.text, answer.failure, answer.refused,
            answer.truncated, request.max_tokens, answer.model, answer.input_tokens, answer.output_tokens,
            reply.dollars, now,
        )  # fmt: skip
        self.execute(f"INSERT OR IGNORE INTO replies VALUES ({', '.join('?' * len(values))})", *values)

    def spent(self) -> float:
        """Return the dollars of all payments ever made through this file."""
        return self.dollars("payments")

    def reserved(self) -> float:
        """Return the dollars that open batches may cost at worst."""
        return self.dollars("batch_requests")

    def dollars(self, rows: str, *values: object) -> float:
        """Return the sum over rows, given as what follows `FROM`."""
        return float(self.execute(f"SELECT COALESCE(SUM(dollars), 0) FROM {rows}", *values).fetchone()[0])

    def served(self, model: str) -> list[str]:
        """Return the model names in the servers' replies to requests for `model`."""
        query = "SELECT DISTINCT model FROM replies WHERE asked_model = ? ORDER BY model"
        return [name for (name,) in self.execute(query, model)]

    def use(self, key: str) -> None:
        """Count a kept reply in this process's usage, at most once."""
        query = "SELECT input_tokens, output_tokens, dollars FROM replies WHERE key = ?"
        row = self.execute(query, key).fetchone()
        if row is not None:
            self._used[key] = Usage(1, *row)

    def usage(self) -> Usage:
        """Return the usage of all replies used through this object, from the cache or paid for now alike."""
        return total(self._used.values())

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Commit all statements of the block, which are on disk then, or none."""
        return sqlite.transaction(self.connection)

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Run one SQL statement."""
        return self.connection.execute(statement, values)
