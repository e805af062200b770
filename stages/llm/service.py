"""The model on a server, as the request pool and the batches share it."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from stages.core.exceptions import SourceError
from stages.llm.completions import Answer, ChatClientParams
from stages.llm.keys import redact
from stages.llm.pending import KeyedRequest
from stages.llm.remedies import INSTRUCTOR, Remedies
from stages.llm.request_cache import PaidReply, RequestCache
from stages.llm.server_errors import ServerError
from stages.llm.settings import Limits
from stages.llm.spending import Budget


@dataclass(frozen=True)
class Endpoint:
    """A server.

    Attributes:
        url: where it listens, up to `/v1`.
        key: that it asks for.
        model: its name of the model.
        remedies: the params to change where it refuses a request.
    """

    url: str
    key: str
    model: str
    remedies: Remedies = INSTRUCTOR


@dataclass(frozen=True)
class Service:
    """A model on a server, and what a request to it needs.

    Attributes:
        params: of the requests; their `model` and `base_url` are the names under which replies are kept.
        endpoint: where the requests go.
        limits: of rate, retries and time.
        budget: the cap on spending.
        cache: where replies are kept.
        bar: the progress bar of the run.
        cached: number of requests answered from the cache.
        left: number of requests that are not.
    """

    params: ChatClientParams
    endpoint: Endpoint
    limits: Limits
    budget: Budget
    cache: RequestCache
    bar: Any
    cached: int
    left: int

    @property
    def is_proven(self) -> bool:
        """Whether the server has taken a request for this model since the cache was opened."""
        return (self.params.base_url, self.params.model) in self.cache.proven

    def prove(self) -> None:
        """Note that the server takes requests for this model."""
        self.cache.proven.add((self.params.base_url, self.params.model))

    def is_fatal(self, said: ServerError) -> bool:
        """Return whether every request would fail with this error.

        A refusal that names no cause is that of one request also where the cache has the replies to most of those that
        go with it: what was refused for good in an earlier run is all that is left for this one.
        """
        return said.is_fatal(self.is_proven or (not said.cause and self.cached >= self.left))

    def lock(self) -> AbstractContextManager[None]:
        """Keep other processes from the same model; see `RequestCache.lock`."""
        return self.cache.lock(self.params.base_url, self.params.model, self.budget.limit)

    def paid(self, request: KeyedRequest, answer: Answer) -> PaidReply:
        """Return a reply with its price."""
        dollars = self.budget.cost(answer.input_tokens, answer.output_tokens, request.model)
        return PaidReply(request, answer, dollars)

    def show(self, done: int, failed: int) -> None:
        """Advance the progress bar by `done` requests; `failed` is the number of all failures so far."""
        dollars = f"{self.cache.spent():.4f}"
        self.bar.set_postfix(failed=failed, cached=self.cached, dollars=dollars, refresh=False)
        self.bar.update(done)

    def error(self, reason: str) -> SourceError:
        """Return the error that ends a run, without the key."""
        return SourceError(f"{self.params.base_url}, model {self.params.model}: {redact(reason, self.endpoint.key)}")
