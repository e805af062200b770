"""OpenAI's Batch API: half the price, up to a day; a run that was killed picks its batches up again.

    {"custom_id": KEY, "method": "POST", "url": "/v1/chat/completions", "body": {...}}                      a request
    {"custom_id": KEY, "response": {"status_code": 200, "body": {...}}, "error": null}                        a reply

Source: https://platform.openai.com/docs/guides/batch
"""

import itertools
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

import openai

from stages.instructor import completions, faults
from stages.instructor.batch_ledger import BatchLedger, Member, OpenBatch
from stages.instructor.completions import ChatClientParams, MalformedReplyError
from stages.instructor.keys import redact
from stages.instructor.meter import Meter
from stages.instructor.outgoing import Outgoing
from stages.instructor.request_cache import Claim, Paid, RequestCache
from stages.instructor.settings import Limits
from stages.instructor.spending import Purse
from stages.pipeline.exceptions import SourceError
from stages.pipeline.locks import exclusive

T = TypeVar("T")

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
_ENDPOINT: Final = "/v1/chat/completions"
_TOKEN = "sei_token"
_FINISHED = {"completed", "failed", "expired", "cancelled"}
_LONGEST_POLL = 30  # times poll_seconds
_LONGEST_BACKOFF = 60.0
_CLOCKS_DIFFER = 86_400.0  # seconds


class BatchRun:
    """Works on requests in batches until each has a reply or a failure."""

    def __init__(
        self, params: ChatClientParams, limits: Limits, purse: Purse, cache: RequestCache, key: str, meter: Meter
    ) -> None:
        """Prepare; nothing is sent yet."""
        self._params, self._limits, self._purse, self._cache, self._key, self._meter = (
            params, limits, purse, cache, key, meter,
        )  # fmt: skip
        self._ledger = BatchLedger(cache, params.base_url)
        self._submissions: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._final: dict[str, str] = {}
        self._client = openai.OpenAI(
            api_key=key, base_url=params.base_url, max_retries=0, timeout=limits.timeout_seconds
        )

    def run(self, requests: Sequence[Outgoing]) -> dict[str, str]:
        """Fill the cache; return the reasons of those that failed, by key.

        Raises:
            SourceError: nothing more can be asked; all replies that came are kept, and open batches are remembered.
        """
        with self._client:
            while left := self._left(requests):
                with exclusive(self._ledger.lock, "the submission of batches"):
                    self._find_lost()
                    held = self._ledger.holding(sent.key for sent in left)
                    self._submit([sent for sent in left if sent.key not in held])
                self._collect({sent.key for sent in left})
        return self._final

    def _left(self, requests: Sequence[Outgoing]) -> list[Outgoing]:
        left = []
        for sent in requests:
            if sent.key in self._final or self._cache.get(sent.key, sent.max_tokens) is not None:
                continue
            if self._submissions[sent.key] >= self._limits.attempts:
                self._final[sent.key] = f"request failed: {self._reasons.get(sent.key, 'no reply')}"
            else:
                left.append(sent)
        return left

    def _submit(self, requests: Sequence[Outgoing]) -> None:
        taken: list[Outgoing] = []
        for chunk in split([(sent, _line(sent)) for sent in requests], MOST_REQUESTS, MOST_BYTES):
            token = self._ledger.begin()
            claimed = [pair for pair in chunk if self._claim(pair[0], token)]
            if not claimed:
                self._ledger.close(token, [])
                continue
            members = [sent for sent, _ in claimed]
            self._ledger.add(token, self._params.model, members)
            self._create(token, b"".join(line for _, line in claimed))
            self._submissions.update(sent.key for sent in members)
            taken += members
        if requests and not taken and not self._ledger.holding(sent.key for sent in requests):
            self._explain(requests[0])

    def _claim(self, sent: Outgoing, token: str) -> bool:
        worst = self._purse.cost(sent.input_tokens, sent.max_tokens) or 0.0
        return self._cache.claim(sent.key, sent.max_tokens, worst, self._purse.budget, token) is Claim.TAKEN

    def _explain(self, sent: Outgoing) -> None:
        """Stop where the budget allows nothing; where another process asks, wait for it."""
        worst = self._purse.cost(sent.input_tokens, sent.max_tokens) or 0.0
        spent = self._cache.spent()
        if self._purse.budget is not None and spent + worst > self._purse.budget:
            raise SourceError(self._purse.exhausted(spent, worst))
        time.sleep(self._limits.poll_seconds)

    def _create(self, token: str, data: bytes) -> None:
        """Upload and create a batch; one whose creation broke off is looked for before it is created again."""
        try:
            file = self._patiently(lambda: self._client.files.create(file=("requests.jsonl", data), purpose="batch"))
            batch_id = self._create_or_find(token, file.id)
        except SourceError as error:
            if isinstance(error.__cause__, openai.APIStatusError) and not faults.may_pass(error.__cause__):
                self._ledger.close(token, [])
            raise
        self._ledger.created(token, batch_id)

    def _create_or_find(self, token: str, file_id: str) -> str:
        started, attempts = time.time(), itertools.count()

        def call() -> str:
            if next(attempts) and (found := self._find(token, started)):
                return found
            return self._client.batches.create(
                input_file_id=file_id, endpoint=_ENDPOINT, completion_window="24h", metadata={_TOKEN: token}
            ).id

        return self._patiently(call)

    def _find_lost(self) -> None:
        """Give batches whose creation a kill interrupted their id, or forget them where they were never created."""
        for batch in self._ledger.open():
            if batch.id is None:
                found = self._patiently(lambda batch=batch: self._find(batch.token, batch.created))  # type: ignore[misc]
                if found:
                    self._ledger.created(batch.token, found)
                else:
                    self._ledger.close(batch.token, [])

    def _find(self, token: str, created: float) -> str | None:
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TOKEN) == token:
                return batch.id
            if batch.created_at < created - _CLOCKS_DIFFER:
                break
        return None

    def _collect(self, keys: set[str]) -> None:
        """Wait for the batches that hold any of `keys`; take the replies of others that have finished, too."""
        delay, first = self._limits.poll_seconds, True
        while True:
            wanted = set(self._ledger.holding(keys).values())
            waiting = [batch for batch in self._ledger.open() if batch.id and (first or batch.token in wanted)]
            finished = [self._look(batch) for batch in waiting]
            first = False
            if not self._ledger.holding(keys):
                return
            if not any(finished):
                time.sleep(delay)
                delay = min(delay * 1.5, self._limits.poll_seconds * _LONGEST_POLL)

    def _look(self, batch: OpenBatch) -> bool:
        """Collect a batch if it has finished; tell whether it has."""
        state = self._patiently(lambda: self._client.batches.retrieve(batch.id or ""))
        if state.status not in _FINISHED:
            return False
        members = {member.key: member for member in self._ledger.members(batch.token)}
        self._reasons |= dict.fromkeys(members, f"batch {state.id}: {state.status}{_errors(state)}")
        paid = list(self._paid(state, members))
        self._ledger.close(batch.token, paid)
        self._meter.advance(len(paid), len(self._final), self._cache.spent())
        if state.status == "failed" and faults.is_final_code(_code(state)):
            raise SourceError(self._told(f"batch {state.id}{_errors(state)}"))
        return True

    def _paid(self, state: Any, members: dict[str, Member]) -> Iterator[Paid]:
        for file_id in filter(None, (state.output_file_id, state.error_file_id)):
            text = self._patiently(lambda file_id=file_id: self._client.files.content(file_id).text)  # type: ignore[misc]
            for line in text.splitlines():
                reply = json.loads(line) if line.strip() else {}
                member = members.get(reply.get("custom_id", ""))
                if member is not None:
                    yield from self._read(member, reply)

    def _read(self, member: Member, reply: dict[str, Any]) -> Iterator[Paid]:
        response = reply.get("response") or {}
        status, body = response.get("status_code"), response.get("body") or {}
        if status == 200:
            try:
                answer = completions.parse(body, member.input_tokens)
            except MalformedReplyError as malformed:
                self._reasons[member.key] = str(malformed)
                return
            if not answer.keepable:
                self._final[member.key] = answer.failure or ""
            dollars = self._purse.cost(answer.input_tokens, answer.output_tokens)
            yield Paid(member.key, member.identity, member.asked_model, answer, member.max_tokens, dollars)
            return
        error = reply.get("error") or body.get("error") or {}
        reason = redact(f"HTTP {status}: {error.get('message') or error.get('code')}", self._key)
        self._reasons[member.key] = reason
        if status is not None and not faults.may_pass_status(status):
            self._final[member.key] = f"request failed: {reason}"

    def _patiently(self, call: Callable[[], T]) -> T:
        """Call the server, again after an error that may pass, up to `attempts` times."""
        for attempt in range(self._limits.attempts):
            try:
                return call()
            except faults.FAULTS as error:
                if not faults.may_pass(error) or attempt + 1 == self._limits.attempts:
                    raise SourceError(self._told(faults.line(error, self._key))) from error
                backoff = random.uniform(0, min(_LONGEST_BACKOFF, self._limits.backoff_seconds * 2**attempt))
                time.sleep(max(backoff, faults.retry_after(error) or 0.0))
        raise AssertionError("unreachable")

    def _told(self, reason: str) -> str:
        return f"{self._params.base_url}, model {self._params.model}: {redact(reason, self._key)}"


def split(lines: Sequence[tuple[T, bytes]], most: int, most_bytes: int) -> Iterator[list[tuple[T, bytes]]]:
    """Cut into parts of at most `most` lines and `most_bytes` bytes, in order; a longer line is a part of its own."""
    part: list[tuple[T, bytes]] = []
    size = 0
    for item, line in lines:
        if part and (len(part) == most or size + len(line) > most_bytes):
            yield part
            part, size = [], 0
        part.append((item, line))
        size += len(line)
    if part:
        yield part


def _line(sent: Outgoing) -> bytes:
    line = {"custom_id": sent.key, "method": "POST", "url": _ENDPOINT, "body": sent.body}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _errors(state: Any) -> str:
    said = [error.message for error in (state.errors.data or [])] if state.errors else []
    return f": {said[0]}" if said else ""


def _code(state: Any) -> str:
    return str(state.errors.data[0].code) if state.errors and state.errors.data else ""
