"""OpenAI's Batch API, at half the price and in up to a day; a run after a kill finds its batches again.

Source: https://platform.openai.com/docs/guides/batch
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import openai
from openai.types import Batch

from stages.core.exceptions import SourceError
from stages.llm import batch_lines, completions, faults
from stages.llm.batch_ledger import FORGET, BatchLedger, OpenBatch
from stages.llm.batch_lines import Line
from stages.llm.chat import REQUEST_FAILED, REQUEST_REFUSED
from stages.llm.completions import MalformedReplyError
from stages.llm.keys import redact
from stages.llm.pending import KeyedRequest, PendingRequest
from stages.llm.request_cache import PaidReply
from stages.llm.server_errors import ServerError
from stages.llm.service import Service

T = TypeVar("T")

MAX_REQUESTS = 50_000
MAX_BYTES = 200_000_000
_TOKEN = "sei_token"
_FINISHED = {"completed", "failed", "expired", "cancelled"}
_MAX_POLL = 30  # times poll_seconds
_CLOCKS_DIFFER = 86_400.0  # seconds


class BatchRun:
    """Works on requests in batches until each has a reply or a failure."""

    def __init__(self, service: Service) -> None:
        """Prepare; nothing is sent yet."""
        self._service = service
        self._limits, self._budget, self._cache = service.limits, service.budget, service.cache
        self._ledger = BatchLedger(service.cache, service.params.base_url)
        self._submissions: Counter[str] = Counter()
        self._reasons: dict[str, str] = {}
        self._final: dict[str, str] = {}
        self._client = openai.OpenAI(
            api_key=service.endpoint.key,
            base_url=service.endpoint.url,
            max_retries=0,
            timeout=self._limits.timeout_seconds,
        )

    def run(self, requests: Sequence[PendingRequest]) -> dict[str, str]:
        """Fill the cache; return the reasons of those that failed, by key.

        Other processes may ask the same model while this one waits for its batches.

        Raises:
            SourceError: nothing more can be asked; all replies that came are kept, and open batches are remembered.
        """
        with self._client:
            while self._open_requests(requests):
                with self._service.lock():
                    left = self._open_requests(requests)  # others may have asked meanwhile
                    self._find_lost()
                    self._submit(left)
                if left:
                    self._collect({request.key for request in left})
        return self._final

    def _open_requests(self, requests: Sequence[PendingRequest]) -> list[PendingRequest]:
        left = []
        for request in requests:
            if request.key in self._final or self._cache.get(request.key, request.max_tokens) is not None:
                continue
            if self._submissions[request.key] >= self._limits.attempts:
                self._final[request.key] = f"{REQUEST_FAILED}{self._reasons.get(request.key, 'no reply')}"
            else:
                left.append(request)
        return left

    def _submit(self, requests: Sequence[PendingRequest]) -> None:
        """Create batches of the requests that are in none, as far as the budget allows."""
        held = self._ledger.holding(request.key for request in requests)
        free = [request for request in requests if request.key not in held]
        lines = [(request, batch_lines.request(request)) for request in free]
        for chunk in batch_lines.split(lines, MAX_REQUESTS, MAX_BYTES):
            token, added = self._ledger.add([request for request, _ in chunk], self._budget)
            if added:
                keys = {request.key for request in added}
                self._create(token, b"".join(line for request, line in chunk if request.key in keys))
                self._submissions.update(keys)
                held |= dict.fromkeys(keys, token)
        if free and not held:
            self._refuse_without_room(free[0])

    def _refuse_without_room(self, request: PendingRequest) -> None:
        """Stop where the budget has no room for a request, unless batches hold it that this run can collect."""
        worst, spent, limit = self._budget.worst(request), self._cache.spent(), self._budget.limit
        if limit is not None and worst > limit - spent:
            raise SourceError(self._budget.exhausted(spent, worst))
        reserved = self._ledger.reserved_elsewhere()
        if limit is not None and worst > limit - (spent + reserved):
            raise SourceError(
                f"batches of another server or model hold ${reserved:.4f} of instructor.budget_usd, ${limit:.4f}: run "
                f"with the base_url and model that they were sent to, raise the budget, or forget them with {FORGET}"
            )

    def _create(self, token: str, data: bytes) -> None:
        """Upload and create a batch; a batch whose creation broke off is searched before it is created again."""
        try:
            upload = partial(self._client.files.create, file=("requests.jsonl", data), purpose="batch")
            batch_id = self._create_or_find(token, self._call_with_retries(lambda: _named(upload()).id))
        except SourceError as error:
            if isinstance(error.__cause__, openai.APIStatusError) and not faults.is_retryable(
                error.__cause__, self._service.is_proven
            ):
                self._ledger.close(token, [])
            raise
        self._ledger.name(token, batch_id)

    def _create_or_find(self, token: str, file_id: str) -> str:
        started, attempts = time.time(), itertools.count()

        def call() -> str:
            if next(attempts) and (batch_id := self._find(token, started)):
                return batch_id
            created = self._client.batches.create(
                input_file_id=file_id, endpoint=batch_lines.ENDPOINT, completion_window="24h", metadata={_TOKEN: token}
            )
            return _named(created).id

        return self._call_with_retries(call)

    def _find_lost(self) -> None:
        """Give batches whose creation a kill interrupted their id, or forget them where they were never created.

        One of another model may be about to be created by another process, so that it is never forgotten here.
        """
        for batch in self._ledger.open():
            if batch.id is None:
                batch_id = self._call_with_retries(partial(self._find, batch.token, batch.created))
                if batch_id:
                    self._ledger.name(batch.token, batch_id)
                elif batch.model == self._service.params.model:
                    self._ledger.close(batch.token, [])

    def _find(self, token: str, created: float) -> str | None:
        for batch in self._client.batches.list(limit=100):
            if (batch.metadata or {}).get(_TOKEN) == token:
                return batch.id
            if batch.created_at < created - _CLOCKS_DIFFER:
                break
        return None

    def _collect(self, keys: set[str]) -> None:
        """Wait for the batches that hold any of `keys`, or else for room in the budget.

        The replies of other batches that have finished are taken, too.
        """
        delay = self._limits.poll_seconds
        for is_first in itertools.chain([True], itertools.repeat(False)):
            wanted = set(self._ledger.holding(keys).values())
            if not wanted and not is_first:
                return
            open_batches = self._ledger.open()
            if any(batch.id is None and batch.token in wanted for batch in open_batches):
                return  # a killed process may have left it so; under the lock it is looked for on the server
            waiting = [batch for batch in open_batches if batch.id and (is_first or batch.token in wanted)]
            finished = [self._collect_finished(batch) for batch in waiting]
            if (wanted or waiting) and not any(finished):
                time.sleep(delay)
                delay = min(delay * 1.5, self._limits.poll_seconds * _MAX_POLL)

    def _collect_finished(self, batch: OpenBatch) -> bool:
        """Collect the replies of a batch; return False where it has not finished."""
        batch_id = batch.id or ""
        state = self._call_about(batch_id, lambda: _named(self._client.batches.retrieve(batch_id)))
        if state.status not in _FINISHED:
            return False
        requests = {request.key: request for request in self._ledger.requests(batch.token)}
        lines = [line for line in self._call_about(batch_id, partial(self._lines, state)) if line.key in requests]
        told, message = _first_error(state)
        reason = redact(f"batch {state.id}: {state.status}{message}", self._service.endpoint.key)
        self._reasons |= dict.fromkeys(requests, reason)
        replies = [reply for line in lines if (reply := self._reply(requests[line.key], line))]
        self._ledger.close(batch.token, replies)
        self._service.show(len(replies), len(self._final))
        if state.status == "failed" and told.cause:
            raise self._service.error(f"batch {state.id}{message}")
        if batch.model == self._service.params.model:
            self._stop_at_fatal(lines)
        return True

    def _call_about(self, batch_id: str, call: Callable[[], T]) -> T:
        """Call the server about a batch, with a remedy in the error where the server does not know it."""
        try:
            return self._call_with_retries(call)
        except SourceError as error:
            if not isinstance(error.__cause__, openai.NotFoundError):
                raise
            raise SourceError(
                f"{error}; batch {batch_id} was submitted earlier and is gone, or belongs to another key: set the key "
                f"that it was submitted with, or forget all batches with {FORGET}"
            ) from error

    def _lines(self, state: Batch) -> list[Line]:
        """Return the lines of the files of a batch.

        Raises:
            MalformedReplyError: they hold fewer than the server counts replies, which are paid for.
        """
        names = filter(None, (state.output_file_id, state.error_file_id))
        lines = [line for name in names for line in batch_lines.read(self._client.files.content(name).text)]
        completed = state.request_counts.completed if state.request_counts else 0
        if len(lines) < completed:
            raise MalformedReplyError(f"batch {state.id}: {len(lines)} of {completed} replies can be read in its files")
        return lines

    def _reply(self, request: KeyedRequest, line: Line) -> PaidReply | None:
        """Return the reply of a line; where there is none, note why."""
        reason = redact(line.reason, self._service.endpoint.key)
        if line.status == HTTPStatus.OK:
            try:
                answer = completions.parse(line.body, request.input_tokens)
            except MalformedReplyError as malformed:
                self._reasons[request.key] = redact(str(malformed), self._service.endpoint.key)
                return self._service.paid(request, malformed.billed) if malformed.billed else None
            else:
                if not answer.keepable:
                    self._final[request.key] = answer.failure or ""
                return self._service.paid(request, answer)
        elif line.status is not None and not line.error.is_retryable(self._service.is_proven):
            self._final[request.key] = f"{REQUEST_REFUSED}{reason}"
        self._reasons[request.key] = reason
        return None

    def _stop_at_fatal(self, lines: Sequence[Line]) -> None:
        """Stop at a refusal that all other requests would get too."""
        if any(line.status == HTTPStatus.OK for line in lines):
            self._service.prove()
        for line in lines:
            if line.status != HTTPStatus.OK and self._service.is_fatal(line.error):
                raise self._service.error(line.reason)

    def _call_with_retries(self, call: Callable[[], T]) -> T:
        limits, service = self._limits, self._service

        def checked() -> T:
            try:
                return call()
            except MalformedReplyError:
                raise
            except (
                AttributeError,
                ValueError,
            ) as error:  # openai gives a page as a text, and JSON that is cut as it is
                raise MalformedReplyError("the server's reply is not what OpenAI's Batch API says") from error

        return faults.call_with_retries(
            checked,
            limits.attempts,
            limits.backoff_seconds,
            lambda: service.is_proven,
            lambda error, too_long: service.error(too_long or faults.line(error, service.endpoint.key)),
        )


def _named(answer: T) -> T:
    """Return the file or the batch that a server answers with; openai makes one of any body."""
    if not getattr(answer, "id", None):
        raise MalformedReplyError("the server's reply is no file or batch: it has no id")
    return answer


def _first_error(state: Batch) -> tuple[ServerError, str]:
    """Return a batch's first error, and its message after a colon; an empty one without any."""
    errors = state.errors.data if state.errors else None
    if not errors:
        return ServerError(None, frozenset(), ""), ""
    return ServerError(None, frozenset({str(errors[0].code)}), str(errors[0].message)), f": {errors[0].message}"
