"""Ask an OpenAI-compatible server many things at once, through the request cache."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.instructor.chat import ChatRequest, Reply
from stages.instructor.request_cache import RequestCache
from stages.pipeline import progress
from stages.pipeline.exceptions import SourceError

_KEY = "OPENAI_API_KEY"


@dataclass(frozen=True)
class ChatClientParams:
    """The `instructor.openai` section.

    Attributes:
        model: name of the model as the server knows it.
        base_url: where the server is, such as `https://api.openai.com/v1`.
        temperature: of sampling.
        max_tokens: limit of one reply, in tokens.
        concurrency: requests in flight at once.
        retries: of one request after an error that may pass (429, 5xx, connection, time-out), with back-off.
        timeout: of one request, in seconds.
    """

    model: str
    base_url: str
    temperature: float
    max_tokens: int
    concurrency: int
    retries: int
    timeout: float


def ask_all(requests: Sequence[ChatRequest], params: ChatClientParams, cache: RequestCache) -> list[Reply]:
    """Return the reply to each request, in the same order.

    Raises:
        SourceError: no key, a wrong key, an unknown model, an exhausted quota or no server: nothing more is asked.
    """
    return asyncio.run(_ask_all(requests, params, cache)) if requests else []


async def _ask_all(requests: Sequence[ChatRequest], params: ChatClientParams, cache: RequestCache) -> list[Reply]:
    import openai  # 1 s, and only this provider needs it

    key = os.environ.get(_KEY)
    if not key:
        raise SourceError(f"{_KEY} is not set; export your key, or any text for a local server that wants none")
    gate = asyncio.Semaphore(params.concurrency)
    client = openai.AsyncOpenAI(
        api_key=key, base_url=params.base_url, max_retries=params.retries, timeout=params.timeout
    )
    with progress.bar(len(requests), "request", "instructor") as bar:
        async with client:
            try:
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(_ask(client, gate, cache, params, request, bar)) for request in requests]
            except* openai.APIError as errors:
                raise SourceError(f"{params.base_url}, model {params.model}: {_reason(errors)}") from None
    return [task.result() for task in tasks]


async def _ask(
    client: Any,
    gate: asyncio.Semaphore,
    cache: RequestCache,
    params: ChatClientParams,
    asked: ChatRequest,
    bar: Any,
) -> Reply:
    request = {
        "model": params.model,
        "messages": [{"role": "system", "content": asked.system}, {"role": "user", "content": asked.prompt}],
        "temperature": params.temperature,
        "max_tokens": params.max_tokens,
        "seed": asked.seed,
    }
    addressed = {"base_url": params.base_url, "sample": asked.sample, **request}
    text = cache.get(addressed)
    if text is None:
        async with gate:
            completion = await client.chat.completions.create(**request)
        choice = completion.choices[0]
        if choice.message.refusal:
            return Reply(choice.message.refusal, "refused", False, completion.model)
        if not choice.message.content:
            return Reply("", "empty reply", False, completion.model)
        text = str(choice.message.content)
        if choice.finish_reason == "length":
            return Reply(text, None, True, completion.model)
        cache.put(addressed, text)
    bar.update(1)
    return Reply(text, None, False, params.model)


def _reason(errors: BaseExceptionGroup[Any]) -> str:
    first = errors.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return " ".join(f"{type(first).__name__}: {first}".split())
