"""The instructor that is a language model on this machine, behind a server that the stage starts itself.

The server starts with the first reply that the request cache lacks, and ends with the block. Replies are kept under a
hash of the weights and the engine's version in the place of a model's name and a URL.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from stages.core.exceptions import ParamsError, SourceError
from stages.core.params import Count, Number, section
from stages.core.runtime import load as load_runtime
from stages.core.runtime import scratch
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.instructor.local import engine as engines
from stages.instructor.local import weights
from stages.instructor.local.server import TeacherServer
from stages.llm import settings
from stages.llm.client import ChatClient
from stages.llm.completions import ChatClientParams
from stages.llm.request_cache import RequestCache
from stages.llm.service import Endpoint
from stages.llm.settings import Price, Settings
from stages.model import devices
from stages.model.sources import ModelSource

NO_BATCHES = "mode is `batch`, which is for OpenAI's servers; the provider `local` needs `online`"
_AT_ONCE = 128  # replies; a CPU writes that many hardly slower than one
_REPLY_TIMEOUT = 3600.0  # seconds; a CPU writes many replies at once, each of them slowly


@section
class LocalTeacherParams(ModelSource):
    """The `instructor.local` section: the model, and what else can change a reply.

    Attributes:
        temperature: of sampling; 0 is greedy.
        max_tokens: limit of one reply, in tokens.
        structured: `json_schema` holds replies to their schema where the engine is vLLM, `text` never does.
    """

    temperature: Annotated[Number, Field(ge=0)]
    max_tokens: Count
    structured: Literal["json_schema", "text"]


@contextmanager
def open_instructor(params: LocalTeacherParams) -> Iterator[LanguageModelInstructor]:
    """Open the request cache for the block, and end the teacher's server, if there is one then, with it.

    Raises:
        SourceError: the model cannot be had, or its server does not start or does not last.
        ParamsError: a setting is wrong.
    """
    runtime = load_runtime()
    engine = engines.find(runtime)
    folder = weights.fetch(params)
    client = ChatClientParams(
        model=f"local-{weights.digest(folder)}",
        base_url=engine.identity,
        temperature=params.temperature,
        max_tokens=params.max_tokens,
        max_tokens_field="max_tokens",
        send_seed=False,  # vLLM on a CPU refuses it
        structured=params.structured,
    )
    server: TeacherServer | None = None

    def connect(is_needed: Callable[[], bool]) -> Endpoint | None:
        nonlocal server
        if server:
            server.check()
            return server.endpoint
        devices.reserve(runtime.device)  # before the lock of the requests, whose owner needs it too
        if not is_needed():
            return None
        server = TeacherServer(engine, folder, client.model, runtime)
        cache.proven.add((client.base_url, client.model))  # started for this model: no first request need go alone
        return server.endpoint

    try:
        with RequestCache(scratch("requests.sqlite")) as cache:
            yield LanguageModelInstructor(ChatClient(client, _settings(client.model), cache, connect))
    except SourceError:
        if server:
            server.check()  # its end says more than the requests that it left
        raise
    else:
        if server:
            server.check()  # what it left may have failed one by one
    finally:
        if server:
            server.close()


def _settings(model: str) -> Settings:
    """Return the settings of params.yaml, as far as they concern a model that costs nothing.

    Raises:
        ParamsError: a setting is wrong.
    """
    loaded = settings.load()
    if loaded.mode == "batch":
        raise ParamsError(f"params.yaml: `instructor`: {NO_BATCHES}")
    limits = replace(
        loaded.limits,
        concurrency=max(loaded.limits.concurrency, _AT_ONCE),
        timeout_seconds=max(loaded.limits.timeout_seconds, _REPLY_TIMEOUT),
    )
    return replace(loaded, limits=limits, prices={model: Price(0.0, 0.0)}, budget_usd=None)
