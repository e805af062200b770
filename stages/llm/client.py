"""A client of an OpenAI-compatible server: many requests at once, through the request cache and within the budget."""

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from stages.core import progress
from stages.core.exceptions import SourceError
from stages.core.metrics import Usage
from stages.core.runtime import ESTIMATE_ONLY
from stages.llm import completions, keys
from stages.llm.batch_ledger import HELD, BatchLedger
from stages.llm.chat import REQUEST_FAILED, ChatRequest, Reply
from stages.llm.completions import ChatClientParams
from stages.llm.pending import PendingRequest
from stages.llm.request_cache import RequestCache
from stages.llm.service import Endpoint, Service
from stages.llm.settings import Settings
from stages.llm.spending import Budget

logger = logging.getLogger(__name__)

_MAX_FAILED = 0.5


Connect = Callable[[Callable[[], bool]], Endpoint | None]
"""Returns the server to ask, or None where what it is given, called after a wait, says that nothing is left to ask."""


class ChatClient:
    """A client for one model on one server."""

    def __init__(
        self, params: ChatClientParams, settings: Settings, cache: RequestCache, connect: Connect | None = None
    ) -> None:
        """Check that the budget, if there is one, can be kept; without `connect` the server is that of `params`.

        Raises:
            ParamsError: there is a budget and no price for the model.
        """
        self._params, self._settings, self._cache = params, settings, cache
        self._connect = connect or (lambda _: Endpoint(params.base_url, keys.api_key(), params.model))
        self._budget = Budget(params.model, settings.prices, settings.price_share, settings.budget_usd)

    def ask(self, requests: Sequence[ChatRequest]) -> list[Reply]:
        """Return the reply to each request, in the same order; equal requests are asked once.

        Raises:
            SourceError: no key, a wrong key, an unknown model, no quota, no budget or no server; or more than half of
                the requests failed in a way that may pass. All replies that came are kept for the next run.
        """
        if not requests:
            return []
        pending = [self._pending(request) for request in requests]
        distinct = {request.key: request for request in pending}
        missing = self._missing(distinct.values())
        self._announce(len(distinct), missing)
        failures = self._fetch(missing, len(distinct)) if missing else {}
        self._refuse_mass_failure(failures, len(distinct))
        for key in distinct:
            self._cache.use(key)
        return [self._reply(request, failures) for request in pending]

    def usage(self) -> Usage:
        """Return the usage of all replies so far, from the cache or asked for now alike."""
        return self._cache.usage()

    def _pending(self, request: ChatRequest) -> PendingRequest:
        identity = completions.identity(request, self._params)
        body = completions.body(request, self._params)
        return PendingRequest(
            key=completions.key_of(identity),
            identity=completions.canonical(identity),
            model=self._params.model,
            input_tokens=completions.input_tokens(body),
            max_tokens=self._params.max_tokens,
            body=body,
        )

    def _missing(self, requests: Iterable[PendingRequest]) -> list[PendingRequest]:
        return [request for request in requests if self._cache.get(request.key, request.max_tokens) is None]

    def _announce(self, distinct: int, missing: Sequence[PendingRequest]) -> None:
        """Log how many requests follow and their cost at most; exit where only this estimate is wanted."""
        input_tokens = sum(request.input_tokens for request in missing)
        output_tokens = sum(request.max_tokens for request in missing)
        cached = distinct - len(missing)
        line = self._budget.estimate(len(missing), cached, input_tokens, output_tokens, self._cache.spent())
        logger.info("instructor %s: %s", self._params.model, line)
        if missing and os.environ.get(ESTIMATE_ONLY):
            raise SystemExit(0)

    def _fetch(self, missing: Sequence[PendingRequest], distinct: int) -> dict[str, str]:
        """Fill the cache; return the reasons of those that failed, by key."""
        endpoint = self._connect(lambda: bool(self._missing(missing)))
        if endpoint is None:
            return {}
        if self._settings.mode == "batch":
            from stages.llm.batches import BatchRun  # imports openai, 1 s

            with self._service(endpoint, distinct, missing) as service:
                return BatchRun(service).run(missing)
        from stages.llm.request_pool import RequestPool  # imports openai, 1 s

        with self._cache.lock(self._params.base_url, self._params.model, self._budget.limit):
            left = self._missing(missing)  # another process may have asked them meanwhile
            if held := BatchLedger(self._cache, self._params.base_url).holding(request.key for request in left):
                raise SourceError(f"{len(held)} of these requests {HELD}")
            with self._service(endpoint, distinct, left) as service:
                return asyncio.run(RequestPool(service).run(left))

    @contextlib.contextmanager
    def _service(self, endpoint: Endpoint, distinct: int, missing: Sequence[PendingRequest]) -> Iterator[Service]:
        cached = distinct - len(missing)
        with progress.bar(distinct, "request", "instructor", cached) as bar:
            limits = self._settings.limits
            yield Service(self._params, endpoint, limits, self._budget, self._cache, bar, cached, len(missing))

    def _refuse_mass_failure(self, failures: dict[str, str], asked: int) -> None:
        """Stop where more than half of the requests failed: the next run may get their replies."""
        failed = [reason for reason in failures.values() if reason.startswith(REQUEST_FAILED)]
        if len(failed) > _MAX_FAILED * asked:
            raise SourceError(
                f"{self._params.base_url}, model {self._params.model}: {len(failed)} of {asked} requests failed, the "
                f"first: {failed[0].removeprefix(REQUEST_FAILED)}; all replies are kept; run again"
            )

    def _reply(self, request: PendingRequest, failures: dict[str, str]) -> Reply:
        answer = self._cache.get(request.key, request.max_tokens)
        return Reply("", failures[request.key], False) if answer is None else answer.reply()
