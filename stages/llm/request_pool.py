"""Many requests at once: a cap on those in flight, a pace, retries, and one request alone before the others.

The first request goes alone: a wrong key, an unknown model or a request that the server refuses as such costs one call
and not as many as there are workers.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import openai

from stages.core.exceptions import SourceError
from stages.llm import completions, faults
from stages.llm.batch_ledger import HELD
from stages.llm.chat import REQUEST_FAILED, REQUEST_REFUSED
from stages.llm.completions import Answer, ChatClientParams
from stages.llm.meter import Meter
from stages.llm.pending import Outgoing
from stages.llm.rate_limits import RateLimits
from stages.llm.request_cache import Claim, Paid, RequestCache
from stages.llm.settings import Limits
from stages.llm.spending import Purse

_POLL = 0.1  # seconds until a request that another process asks is looked for again
_SLICE = 0.05
_GATHER = 0.005  # seconds in which replies gather for one commit


class RequestPool:
    """Works on requests until each has a reply or a failure, or none can go on."""

    def __init__(
        self, params: ChatClientParams, limits: Limits, purse: Purse, cache: RequestCache, key: str, meter: Meter
    ) -> None:
        """Prepare for one run in a running event loop; nothing is asked yet."""
        self.failures: dict[str, str] = {}
        self._params, self._limits, self._purse, self._cache, self._key, self._meter = (
            params, limits, purse, cache, key, meter,
        )  # fmt: skip
        self._gate = RateLimits(limits.requests_per_minute, limits.tokens_per_minute)
        self._queue: deque[Outgoing] = deque()
        self._elsewhere: list[Outgoing] = []
        self._arrived: list[tuple[Paid, asyncio.Future[None]]] = []
        self._news = asyncio.Event()
        self._replies = 0
        self._timed_out = 0
        self._server = (params.base_url, params.model)
        self._stop: SourceError | None = None
        self._client: Any = None

    async def run(self, requests: Sequence[Outgoing]) -> None:
        """Ask all requests; replies are in the cache afterwards, failures by key in `failures`.

        Raises:
            SourceError: nothing more can be asked; all replies that came are kept.
        """
        self._queue.extend(requests)
        self._client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self._params.base_url,
            max_retries=0,
            timeout=self._limits.timeout_seconds,
        )
        async with self._client, asyncio.TaskGroup() as writing:
            writer = writing.create_task(self._write())
            while self._goes_on() and not (self._is_proven() or self.failures):
                await self._step()
            async with asyncio.TaskGroup() as workers:
                for _ in range(self._limits.concurrency):
                    workers.create_task(self._work())
            writer.cancel()
        if self._stop is not None:
            raise self._stop

    def _goes_on(self) -> bool:
        return self._stop is None and bool(self._queue or self._elsewhere)

    async def _work(self) -> None:
        while self._goes_on():
            await self._step()

    async def _step(self) -> None:
        if not self._queue:
            await asyncio.sleep(_POLL)
            self._queue.extend(self._elsewhere)
            self._elsewhere.clear()
            return
        request = self._queue.popleft()
        worst = self._purse.cost(request.input_tokens, request.max_tokens) or 0.0
        match self._cache.claim(request.key, request.max_tokens, worst, self._purse.budget):
            case Claim.TAKEN:
                await self._ask(request)
            case Claim.ANSWERED:
                self._show()
            case Claim.BUDGET_SPENT:
                self._stop = SourceError(self._purse.exhausted(self._cache.spent(), worst))
            case Claim.IN_BATCH:
                self._stop = SourceError(f"some of these requests {HELD}")
            case Claim.BUDGET_IN_BATCH:
                self._stop = SourceError(f"requests that may use up instructor.budget_usd {HELD}")
            case Claim.ELSEWHERE | Claim.BUDGET_BUSY:
                self._elsewhere.append(request)

    async def _ask(self, request: Outgoing) -> None:
        replies_before = self._replies
        try:
            for attempt in range(self._limits.attempts):
                if not await self._gate.take(request.tokens, self._is_stopped):
                    return
                try:
                    answer = await self._call(request)
                except faults.FAULTS as error:
                    last = error
                    self._listen(error)
                    if not await self._try_again(error, attempt):
                        break
                else:
                    await self._keep(request, answer)
                    return
            if self._stop is None:
                self._give_up(request, last, self._replies == replies_before)
        finally:
            self._cache.release(request.key)

    async def _call(self, request: Outgoing) -> Answer:
        async with asyncio.timeout(self._limits.timeout_seconds):
            # The typed method transforms the body and builds pydantic models: a sixth of the time of a request.
            text: str = await self._client.post("/chat/completions", body=request.body, cast_to=str)
        return completions.read(text, request.input_tokens)

    def _listen(self, error: Exception) -> None:
        """Stop at a silent server: all attempts of a request, and then one of each worker, have timed out in a row."""
        if not faults.is_time_out(error):
            self._timed_out *= faults.is_unreachable(error)  # any answer shows that the server lives
            return
        self._timed_out += 1
        if self._timed_out == self._limits.attempts + self._limits.concurrency:
            self._halt(
                f"{self._timed_out} attempts in a row got no reply within instructor.limits.timeout_seconds; all "
                "replies that came are kept; see whether the server works, raise timeout_seconds or lower concurrency, "
                "and run again"
            )

    async def _try_again(self, error: Exception, attempt: int) -> bool:
        """Wait before the next attempt; tell whether there is to be one."""
        if not faults.may_pass(error) or attempt + 1 == self._limits.attempts:
            return False
        if too_long := faults.too_long_wait(error):
            self._halt(too_long)
            return False
        delay = faults.delay(error, attempt, self._limits.backoff_seconds)
        asked = faults.retry_after(error)
        if asked is not None or _is_rate_limit(error):
            self._gate.pause(delay if asked is None else asked)
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0 and self._stop is None:
            await asyncio.sleep(min(left, _SLICE))
        return self._stop is None

    async def _keep(self, request: Outgoing, answer: Answer) -> None:
        used = answer.input_tokens + answer.output_tokens
        self._gate.correct(request.tokens, used)
        dollars = self._purse.cost(answer.input_tokens, answer.output_tokens)
        paid = Paid(request.key, request.identity, self._params.model, answer, request.max_tokens, dollars)
        committed = asyncio.get_running_loop().create_future()
        self._arrived.append((paid, committed))
        self._news.set()
        await committed
        self._replies += 1
        self._timed_out = 0
        self._cache.proven.add(self._server)
        if not answer.keepable:
            self.failures[request.key] = answer.failure or ""
        self._show()

    def _give_up(self, request: Outgoing, error: Exception, alone: bool) -> None:
        said = faults.line(error, self._key)
        if faults.hits_all(error, self._is_proven()) or (faults.is_unreachable(error) and alone):
            self._halt(said)
            return
        if faults.may_pass(error):
            self.failures[request.key] = f"{REQUEST_FAILED}{said}"
        else:
            self._cache.proven.add(self._server)  # it takes requests, and refuses this one alone
            self.failures[request.key] = f"{REQUEST_REFUSED}{said}"
        self._show()

    def _halt(self, reason: str) -> None:
        """Let nothing more start; what is in flight comes to its end, because it is paid for."""
        self._stop = SourceError(f"{self._params.base_url}, model {self._params.model}: {reason}")

    def _is_proven(self) -> bool:
        return self._server in self._cache.proven

    def _is_stopped(self) -> bool:
        return self._stop is not None

    async def _write(self) -> None:
        """Commit the replies that have come, a few at a time."""
        while True:
            await self._news.wait()
            await asyncio.sleep(_GATHER)
            self._news.clear()
            arrived, self._arrived = self._arrived, []
            self._cache.keep([paid for paid, _ in arrived])
            for _, committed in arrived:
                committed.set_result(None)

    def _show(self) -> None:
        self._meter.advance(1, len(self.failures), self._cache.spent())


def _is_rate_limit(error: Exception) -> bool:
    return isinstance(error, openai.APIStatusError) and error.status_code == 429
