"""OpenAI's Batch API: half the price, up to a day; a run that was killed picks its batches up again.

Source: https://platform.openai.com/docs/guides/batch
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import openai

from stages.core.exceptions import SourceError
from stages.core.locks import exclusive
from stages.llm import batch_lines, completions, faults
from stages.llm.batch_ledger import FORGET, BatchLedger, Member, OpenBatch
from stages.llm.batch_lines import Line
from stages.llm.chat import REQUEST_FAILED, REQUEST_REFUSED
from stages.llm.completions import ChatClientParams, MalformedReplyError
from stages.llm.keys import redact
from stages.llm.meter import Meter
from stages.llm.pending import Outgoing
from stages.llm.request_cache import Paid, RequestCache
from stages.llm.settings import Limits
from stages.llm.spending import Purse

T = TypeVar("T")

MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
_TOKEN = "sei_token"
_FINISHED = {"completed", "failed", "expired", "cancelled"}
_LONGEST_POLL = 30  # times poll_seconds
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
        self._server = (params.base_url, params.model)
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
                self._final[sent.key] = f"{REQUEST_FAILED}{self._reasons.get(sent.key, 'no reply')}"
            else:
                left.append(sent)
        return left

    def _submit(self, requests: Sequence[Outgoing]) -> None:
        taken: list[Outgoing] = []
        for chunk in batch_lines.split(
            [(sent, batch_lines.request(sent)) for sent in requests], MOST_REQUESTS, MOST_BYTES
        ):
            priced = [(sent, self._worst(sent)) for sent, _ in chunk]
            token, members = self._ledger.take(self._params.model, priced, self._purse.budget)
            if members:
                keys = {sent.key for sent in members}
                self._create(token, b"".join(line for sent, line in chunk if sent.key in keys))
                self._submissions.update(keys)
                taken += members
        if requests and not taken and not self._ledger.holding(sent.key for sent in requests):
            self._explain(requests[0])

    def _worst(self, sent: Outgoing) -> float:
        return self._purse.cost(sent.input_tokens, sent.max_tokens) or 0.0

    def _explain(self, sent: Outgoing) -> None:
        """Stop where the budget allows nothing; where another process or an earlier batch holds it, wait for that."""
        worst, spent, budget = self._worst(sent), self._cache.spent(), self._purse.budget
        if budget is not None and spent + worst > budget:
            raise SourceError(self._purse.exhausted(spent, worst))
        held = self._ledger.held_elsewhere()
        if budget is not None and spent + held + worst > budget:
            raise SourceError(
                f"batches on another server hold ${held:.4f} of instructor.budget_usd, ${budget:.4f}: run with the "
                f"base_url that they were sent to, raise the budget, or forget them with {FORGET}"
            )
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
                input_file_id=file_id, endpoint=batch_lines.ENDPOINT, completion_window="24h", metadata={_TOKEN: token}
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
        batch_id = batch.id or ""
        state = self._known(batch_id, lambda: self._client.batches.retrieve(batch_id))
        if state.status not in _FINISHED:
            return False
        members = {member.key: member for member in self._ledger.members(batch.token)}
        self._reasons |= dict.fromkeys(members, redact(f"batch {state.id}: {state.status}{_errors(state)}", self._key))
        lines = [line for line in self._lines(state) if line.key in members]
        paid = [reply for line in lines if (reply := self._reply(members[line.key], line))]
        self._ledger.close(batch.token, paid)
        self._meter.advance(len(paid), len(self._final), self._cache.spent())
        if state.status == "failed" and faults.is_final_code(_code(state)):
            raise SourceError(self._told(f"batch {state.id}{_errors(state)}"))
        own = [line for line in lines if members[line.key].asked_model == self._params.model]
        if any(line.status == HTTPStatus.OK for line in own):
            self._cache.proven.add(self._server)
        self._stop_at(own)
        return True

    def _known(self, batch_id: str, call: Callable[[], T]) -> T:
        """Call the server about a batch; where it knows nothing of that, say what to do."""
        try:
            return self._patiently(call)
        except SourceError as error:
            if not isinstance(error.__cause__, openai.NotFoundError):
                raise
            raise SourceError(
                f"{error}; batch {batch_id} was submitted earlier and is gone, or belongs to another key: set the key "
                f"that it was submitted with, or forget all batches with {FORGET}"
            ) from error

    def _lines(self, state: Any) -> Iterator[Line]:
        for file_id in filter(None, (state.output_file_id, state.error_file_id)):
            text = self._known(state.id, lambda file_id=file_id: self._client.files.content(file_id).text)  # type: ignore[misc]
            yield from batch_lines.read(text)

    def _reply(self, member: Member, line: Line) -> Paid | None:
        """Return the reply of a line; where there is none, note why."""
        if line.status != HTTPStatus.OK:
            self._note(member, line)
            return None
        try:
            answer = completions.parse(line.body, member.input_tokens)
        except MalformedReplyError as malformed:
            self._reasons[member.key] = str(malformed)
            return None
        if not answer.keepable:
            self._final[member.key] = answer.failure or ""
        dollars = self._purse.cost(answer.input_tokens, answer.output_tokens, member.asked_model)
        return Paid(member.key, member.identity, member.asked_model, answer, member.max_tokens, dollars)

    def _note(self, member: Member, line: Line) -> None:
        reason = redact(line.reason, self._key)
        self._reasons[member.key] = reason
        if line.status is not None and not faults.may_pass_status(line.status):
            self._final[member.key] = f"{REQUEST_REFUSED}{reason}"

    def _stop_at(self, lines: Sequence[Line]) -> None:
        """Stop where a request was refused as all others would be."""
        proven = self._server in self._cache.proven
        for line in lines:
            if line.status not in {None, HTTPStatus.OK} and faults.status_hits_all(line.status, line.code, proven):
                raise SourceError(self._told(line.reason))

    def _patiently(self, call: Callable[[], T]) -> T:
        """Call the server, again after an error that may pass, up to `attempts` times."""
        for attempt in range(self._limits.attempts):
            try:
                return call()
            except faults.FAULTS as error:
                if not faults.may_pass(error) or attempt + 1 == self._limits.attempts:
                    raise SourceError(self._told(faults.line(error, self._key))) from error
                if too_long := faults.too_long_wait(error):
                    raise SourceError(self._told(too_long)) from error
                time.sleep(faults.delay(error, attempt, self._limits.backoff_seconds))
        raise AssertionError("unreachable")

    def _told(self, reason: str) -> str:
        return f"{self._params.base_url}, model {self._params.model}: {redact(reason, self._key)}"


def _errors(state: Any) -> str:
    said = [error.message for error in (state.errors.data or [])] if state.errors else []
    return f": {said[0]}" if said else ""


def _code(state: Any) -> str:
    return str(state.errors.data[0].code) if state.errors and state.errors.data else ""
