"""Ask an OpenAI-compatible server many things at once, through the request cache and within the budget."""

import asyncio
import logging
import os
from collections.abc import Sequence

from stages.core import progress
from stages.core.exceptions import SourceError
from stages.core.runtime import ESTIMATE_ONLY
from stages.llm import completions, keys, settings
from stages.llm.batch_ledger import HELD, BatchLedger
from stages.llm.chat import REQUEST_FAILED, ChatRequest, Reply
from stages.llm.completions import ChatClientParams as ChatClientParams
from stages.llm.meter import Meter
from stages.llm.pending import Outgoing
from stages.llm.request_cache import RequestCache
from stages.llm.settings import Settings
from stages.llm.spending import Purse

logger = logging.getLogger(__name__)

_MOST_FAILED = 0.5


def ask_all(requests: Sequence[ChatRequest], params: ChatClientParams, cache: RequestCache) -> list[Reply]:
    """Return the reply to each request, in the same order, with the settings of params.yaml.

    Raises:
        SourceError: no key, a wrong key, an unknown model, no quota, no budget or no server: nothing more is asked.
        ParamsError: a setting is wrong.
    """
    return ChatClient(params, settings.load(), cache).ask(requests) if requests else []


class ChatClient:
    """A client for one model on one server."""

    def __init__(self, params: ChatClientParams, settings: Settings, cache: RequestCache) -> None:
        """Check that the budget, if there is one, can be kept.

        Raises:
            ParamsError: there is a budget and no price for the model.
        """
        self._params, self._settings, self._cache = params, settings, cache
        self._purse = Purse(params.model, settings.prices, settings.price_share, settings.budget_usd)

    def ask(self, requests: Sequence[ChatRequest]) -> list[Reply]:
        """Return the reply to each request, in the same order; equal requests are asked once.

        Raises:
            SourceError: nothing more can be asked, or more than half of the requests failed in a way that may pass; all
                replies that came are kept for the next run.
        """
        outgoing = [self._outgoing(request) for request in requests]
        distinct = {sent.key: sent for sent in outgoing}
        missing = [sent for sent in distinct.values() if self._cache.get(sent.key, sent.max_tokens) is None]
        self._announce(len(distinct), missing)
        try:
            failures = self._fetch(missing, len(distinct) - len(missing)) if missing else {}
        finally:
            self._cache.release_all()
        self._refuse_mass_failure(failures, len(distinct))
        for key in distinct:
            self._cache.use(key)
        return [self._reply(sent, failures) for sent in outgoing]

    def _refuse_mass_failure(self, failures: dict[str, str], asked: int) -> None:
        """Stop rather than go on with less than half of the replies, which the next run may get."""
        failed = [reason for reason in failures.values() if reason.startswith(REQUEST_FAILED)]
        if len(failed) > _MOST_FAILED * asked:
            raise SourceError(
                f"{self._params.base_url}, model {self._params.model}: {len(failed)} of {asked} requests failed, the "
                f"first: {failed[0].removeprefix(REQUEST_FAILED)}; all replies are kept; run again"
            )

    def _outgoing(self, request: ChatRequest) -> Outgoing:
        identity = completions.identity(request, self._params)
        body = completions.body(request, self._params)
        return Outgoing(
            key=completions.key_of(identity),
            identity=completions.canonical(identity),
            body=body,
            input_tokens=completions.input_tokens(body),
            max_tokens=self._params.max_tokens,
        )

    def _announce(self, distinct: int, missing: Sequence[Outgoing]) -> None:
        """Say what is to come and what it may cost; end here where that is all that was asked for."""
        input_tokens = sum(sent.input_tokens for sent in missing)
        output_tokens = sum(sent.max_tokens for sent in missing)
        cached = distinct - len(missing)
        line = self._purse.estimate(len(missing), cached, input_tokens, output_tokens, self._cache.spent())
        logger.info("instructor %s: %s", self._params.model, line)
        if missing and os.environ.get(ESTIMATE_ONLY):
            raise SystemExit(0)

    def _fetch(self, missing: Sequence[Outgoing], cached: int) -> dict[str, str]:
        """Fill the cache; return the reasons of those that failed, by key."""
        if self._settings.mode == "online":
            self._refuse_requests_in_batches(missing)
        key = keys.api_key()
        with progress.bar(len(missing) + cached, "request", "instructor", cached) as bar:
            meter = Meter(bar, cached)
            if self._settings.mode == "batch":
                from stages.llm.batches import BatchRun  # imports openai, 1 s

                return BatchRun(self._params, self._settings.limits, self._purse, self._cache, key, meter).run(missing)
            return asyncio.run(self._online(missing, key, meter))

    def _refuse_requests_in_batches(self, missing: Sequence[Outgoing]) -> None:
        held = BatchLedger(self._cache, self._params.base_url).holding(sent.key for sent in missing)
        if held:
            raise SourceError(f"{len(held)} of these requests {HELD}")

    async def _online(self, missing: Sequence[Outgoing], key: str, meter: Meter) -> dict[str, str]:
        from stages.llm.request_pool import RequestPool  # imports openai, 1 s

        pool = RequestPool(self._params, self._settings.limits, self._purse, self._cache, key, meter)
        await pool.run(missing)
        return pool.failures

    def _reply(self, sent: Outgoing, failures: dict[str, str]) -> Reply:
        answer = self._cache.get(sent.key, sent.max_tokens)
        if answer is not None:
            return answer.reply()
        return Reply("", failures[sent.key], False, self._params.model)
