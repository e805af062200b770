"""Many requests at once: limits on concurrency and rate, retries, and one request before all others.

The first request goes alone: a wrong key, an unknown model or a request that the server refuses as such costs one call
and not as many as there are workers.
"""

import asyncio
import logging
import math
import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import openai

from stages.core import sqlite
from stages.core.exceptions import SourceError
from stages.llm import completions, faults
from stages.llm.batch_ledger import HELD
from stages.llm.chat import REQUEST_FAILED, REQUEST_REFUSED
from stages.llm.completions import Answer, MalformedReplyError
from stages.llm.pending import PendingRequest
from stages.llm.rate_limits import RateLimits
from stages.llm.request_cache import PaidReply
from stages.llm.service import Service

logger = logging.getLogger(__name__)

_POLL = 0.05  # seconds between two checks of what a wait is for
_COMMIT_DELAY = 0.005  # seconds in which replies gather for one commit


class RequestPool:
    """Works on requests until each has a reply or a failure, or the run must stop.

    The caller holds the lock of the service.
    """

    def __init__(self, service: Service) -> None:
        """Prepare for one run in one event loop; nothing is sent yet."""
        self._service = service
        self._limits, self._budget, self._cache = service.limits, service.budget, service.cache
        self._gate = RateLimits(self._limits.requests_per_minute, self._limits.tokens_per_minute)
        self._queue: deque[PendingRequest] = deque()
        self._reserved: dict[str, float] = {}  # dollars that each request in flight may cost at worst
        self._arrived: list[tuple[PaidReply, asyncio.Future[None]]] = []
        self._arrival = asyncio.Event()
        self._failures: dict[str, str] = {}
        self._replies = 0
        self._timed_out = 0
        self._stop: SourceError | None = None
        self._client: Any = None

    async def run(self, requests: Sequence[PendingRequest]) -> dict[str, str]:
        """Send all requests and fill the cache with replies; return the reasons of failures, by key.

        Raises:
            SourceError: nothing more can be asked; all replies that came are kept.
        """
        self._queue.extend(requests)
        self._client = openai.AsyncOpenAI(
            api_key=self._service.endpoint.key,
            base_url=self._service.endpoint.url,
            max_retries=0,
            timeout=self._limits.timeout_seconds,
        )
        async with self._client, asyncio.TaskGroup() as writing:
            writer = writing.create_task(self._write())
            while self._has_work() and not (self._service.is_proven or self._failures):
                await self._step()
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._limits.concurrency):
                    workers.create_task(self._work())
            writer.cancel()
        if self._stop is not None:
            raise self._stop
        return self._failures

    def _has_work(self) -> bool:
        return self._stop is None and bool(self._queue)

    async def _work(self) -> None:
        while self._has_work():
            await self._step()

    async def _step(self) -> None:
        request = self._queue.popleft()
        try:
            await self._ask(request)
        finally:
            self._reserved.pop(request.key, None)

    async def _wait_for_room(self, request: PendingRequest) -> None:
        """Reserve the cost of the next attempt; one that was billed has used up what it had reserved."""
        self._reserved.pop(request.key, None)
        while self._stop is None and not self._reserve(request):
            await asyncio.sleep(_POLL)

    def _reserve(self, request: PendingRequest) -> bool:
        """Reserve the cost of a request; return False where the budget has no room yet, and stop where it has none."""
        worst = self._budget.worst(request)
        if self._budget.limit is not None:
            with self._cache.transaction():  # another process may turn what a batch reserves into a payment
                spent, in_batches = self._cache.spent(), self._cache.reserved()
            left = self._budget.limit - spent - worst
            if left < 0:
                self._stop = SourceError(self._budget.exhausted(spent, worst))
            elif left < in_batches:
                self._stop = SourceError(f"requests that may use up instructor.budget_usd {HELD}")
            if left < in_batches + math.fsum(self._reserved.values()):
                return False
        self._reserved[request.key] = worst
        return True

    async def _ask(self, request: PendingRequest) -> None:
        replies_before, was_reached = self._replies, False
        for attempt in range(self._limits.attempts):
            await self._wait_for_room(request)
            if not await self._gate.take(request.input_tokens + request.max_tokens, self._is_stopped):
                return
            try:
                answer = await self._call(request)
            except faults.FAULTS as error:
                last = error
                was_reached |= not faults.is_unreachable(error)
                self._pay_for(request, error)
                self._count_time_outs(error)
                if not await self._wait_for_retry(error, attempt):
                    break
            else:
                await self._keep(request, answer)
                return
        if self._stop is None:
            self._give_up(request, last, not was_reached and self._replies == replies_before)

    async def _call(self, request: PendingRequest) -> Answer:
        body = request.body | {"model": self._service.endpoint.model}
        async with asyncio.timeout(self._limits.timeout_seconds):
            # The typed method transforms the body and builds pydantic models: a sixth of the time of a request.
            try:
                text: str = await self._client.post("/chat/completions", body=body, cast_to=str)
            except UnicodeError as error:
                raise MalformedReplyError("the server's reply is no text in the charset that it names") from error
        return completions.read(text, request.input_tokens)

    def _pay_for(self, request: PendingRequest, error: Exception) -> None:
        """Count what the server billed for a reply that cannot be read."""
        if isinstance(error, MalformedReplyError) and error.billed:
            self._cache.keep([self._service.paid(request, error.billed)])

    def _count_time_outs(self, error: Exception) -> None:
        """Stop at a silent server: all attempts of one request, and one of each worker, timed out in a row."""
        if not faults.is_time_out(error):
            self._timed_out *= faults.is_unreachable(error)  # any answer shows a live server
            return
        self._timed_out += 1
        if self._timed_out == self._limits.attempts + self._limits.concurrency:
            self._stop_at(
                f"{self._timed_out} attempts in a row got no reply within instructor.limits.timeout_seconds; all "
                "replies that came are kept; see whether the server works, raise timeout_seconds or lower concurrency, "
                "and run again"
            )

    async def _wait_for_retry(self, error: Exception, attempt: int) -> bool:
        """Wait before the next attempt; return False where there is none."""
        if not faults.is_retryable(error, self._service.is_proven):
            return False
        asked = faults.retry_after(error)
        if too_long := faults.too_long_wait(asked):
            self._stop_at(too_long)
            return False
        delay = faults.delay(asked, attempt, self._limits.backoff_seconds)
        if asked is not None or faults.is_rate_limit(error):
            self._gate.pause(delay if asked is None else asked)
        if attempt + 1 == self._limits.attempts:
            return False
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0 and self._stop is None:
            await asyncio.sleep(min(left, _POLL))
        return self._stop is None

    async def _keep(self, request: PendingRequest, answer: Answer) -> None:
        used = answer.input_tokens + answer.output_tokens
        self._gate.correct(request.input_tokens + request.max_tokens, used)
        committed = asyncio.get_running_loop().create_future()
        self._arrived.append((self._service.paid(request, answer), committed))
        self._arrival.set()
        await committed
        self._replies += 1
        self._timed_out = 0
        self._service.prove()
        if not answer.keepable:
            self._failures[request.key] = answer.failure or ""
        self._service.show(1, len(self._failures))

    def _give_up(self, request: PendingRequest, error: Exception, unreached: bool) -> None:
        reason = faults.line(error, self._service.endpoint.key, self._service.endpoint.remedies)
        said = faults.told(error)
        if unreached or (said is not None and self._service.is_fatal(said)):
            self._stop_at(reason)
            return
        if faults.is_retryable(error, self._service.is_proven):
            self._failures[request.key] = f"{REQUEST_FAILED}{reason}"
        else:
            self._service.prove()  # the server works, and refuses this request alone
            self._failures[request.key] = f"{REQUEST_REFUSED}{reason}"
        self._service.show(1, len(self._failures))

    def _stop_at(self, reason: str) -> None:
        """Start nothing more; requests in flight end by themselves, because they are paid for."""
        self._stop = self._service.error(reason)

    def _is_stopped(self) -> bool:
        return self._stop is not None

    async def _write(self) -> None:
        """Commit the replies as they arrive, several in one transaction."""
        while True:
            await self._arrival.wait()
            await asyncio.sleep(_COMMIT_DELAY)
            self._arrival.clear()
            arrived, self._arrived = self._arrived, []
            await self._commit([reply for reply, _ in arrived])
            for _, committed in arrived:
                committed.set_result(None)

    async def _commit(self, replies: Sequence[PaidReply]) -> None:
        """Keep replies, for as long as it takes: they are paid for."""
        while True:
            try:
                return self._cache.keep(replies)
            except sqlite3.OperationalError as error:
                if not sqlite.is_busy(error):
                    raise
                logger.warning(
                    "%s: another program keeps it locked; waiting with %d replies to write",
                    self._cache.path,
                    len(replies),
                )
                await asyncio.sleep(_POLL)
