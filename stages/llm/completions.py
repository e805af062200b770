"""A request and a reply in the chat completions protocol.

    {"model": "gpt-4o", "messages": [...], "temperature": 0.7, "max_completion_tokens": 4096, "seed": 0,
     "response_format": {"type": "json_schema", "json_schema": {"name": "...", "schema": {...}, "strict": true}}}

Source: https://platform.openai.com/docs/api-reference/chat
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from stages.core.params import Count, Number, section
from stages.llm.chat import ChatRequest, Reply
from stages.llm.spending import estimated_tokens

OVERHEAD = 16  # tokens that the chat format puts around the messages
_SEED_STRIDE = 1_000_003
_SEED_LIMIT = 2**31
_MAX_COUNT = 2**31  # tokens of one request; a larger number is an error of the server


@section
class ChatClientParams:
    """The `instructor.openai` section: all that can change a reply.

    Attributes:
        model: name of the model as the server knows it.
        base_url: where the server is, such as `https://api.openai.com/v1`.
        temperature: of sampling; null sends none, for models that refuse it.
        max_tokens: limit of one reply, in tokens.
        max_tokens_field: the server's name of that limit; `auto` is `max_completion_tokens` for OpenAI and Azure,
            which refuse the other for their newer models, and `max_tokens` for all others, some of which know no other.
        send_seed: whether to send a seed, which some servers refuse.
        structured: `json_schema` sends the schema of the reply, `text` leaves it out for servers that know none.
    """

    model: str
    base_url: str
    temperature: Annotated[Number, Field(ge=0)] | None
    max_tokens: Count
    max_tokens_field: Literal["auto", "max_tokens", "max_completion_tokens"]
    send_seed: bool
    structured: Literal["json_schema", "text"]


class MalformedReplyError(ValueError):
    """The body of a reply is not what the protocol says."""


@dataclass(frozen=True)
class Answer:
    """A reply and its tokens, as kept in the request cache."""

    text: str
    failure: str | None
    refused: bool
    truncated: bool
    model: str
    input_tokens: int
    output_tokens: int

    @property
    def keepable(self) -> bool:
        """Whether to keep the reply: a text or a refusal, but no empty reply, which is worth another request."""
        return self.failure is None or self.refused

    def reply(self) -> Reply:
        """Return the reply without its account."""
        return Reply(self.text, self.failure, self.truncated)


def identity(request: ChatRequest, params: ChatClientParams) -> dict[str, Any]:
    """Return all that can change the reply, and nothing else; `max_tokens` can only cut it."""
    return {
        "model": params.model,
        "base_url": params.base_url.rstrip("/"),
        "messages": _messages(request),
        "temperature": params.temperature,
        "schema": _schema(request, params),
        "sample": request.sample,
        "seed": request.seed,
    }


def canonical(identity: dict[str, Any]) -> str:
    """Return JSON that does not depend on the order of keys."""
    return json.dumps(identity, sort_keys=True, ensure_ascii=False)


def key_of(identity: dict[str, Any]) -> str:
    """Return the hash under which the reply is kept."""
    return hashlib.sha256(canonical(identity).encode()).hexdigest()


def body(request: ChatRequest, params: ChatClientParams) -> dict[str, Any]:
    """Return the body of the HTTP request."""
    sent: dict[str, Any] = {"model": params.model, "messages": _messages(request)}
    sent[_limit_field(params)] = params.max_tokens
    if params.temperature is not None:
        sent["temperature"] = params.temperature
    if params.send_seed:
        # Samples of one request need seeds of their own, or a server that obeys the seed repeats itself.
        sent["seed"] = (request.seed + _SEED_STRIDE * request.sample) % _SEED_LIMIT
    schema = _schema(request, params)
    if schema:
        sent["response_format"] = {"type": "json_schema", "json_schema": {**schema, "strict": True}}
    return sent


def input_tokens(body: dict[str, Any]) -> int:
    """Return an upper estimate of the tokens that the server counts as input."""
    schema = json.dumps(body.get("response_format", ""))
    return OVERHEAD + estimated_tokens(*(message["content"] for message in body["messages"]), schema)


def read(text: str, estimated_input: int) -> Answer:
    """Read the body of an HTTP response; `estimated_input` counts for servers that report no tokens.

    Raises:
        MalformedReplyError: it is no JSON or lacks what the protocol asks for.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise MalformedReplyError("the server's reply is not JSON") from error
    return parse(data, estimated_input)


def parse(data: Any, estimated_input: int) -> Answer:
    """Read a decoded response.

    Raises:
        MalformedReplyError: it lacks what the protocol asks for.
    """
    try:
        choice = data["choices"][0]
        message, reason = choice["message"], choice.get("finish_reason")
        text = message.get("content") or ""
        refusal = message.get("refusal")
        model = data.get("model") or ""
        usage = data.get("usage")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise MalformedReplyError("the server's reply is not a chat completion") from error
    if not isinstance(text, str):
        raise MalformedReplyError("the server's reply holds no text")
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair, which JSON can hold, is no text
    failure = _failure(text, refusal, reason)
    return Answer(
        text=text or str(refusal or "").encode("utf-8", "replace").decode(),
        failure=failure,
        refused=failure is not None and (bool(refusal) or reason == "content_filter"),
        truncated=failure is None and reason == "length",
        model=str(model),
        input_tokens=_counted(usage, "prompt_tokens", estimated_input),
        output_tokens=_counted(usage, "completion_tokens", estimated_tokens(text)),
    )


def _counted(usage: Any, name: str, estimate: int) -> int:
    """Return the number of tokens that the server reports, or else the estimate, which is on the high side."""
    tokens = usage.get(name) if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and 0 < tokens < _MAX_COUNT else estimate


def _failure(text: str, refusal: Any, reason: Any) -> str | None:
    if refusal:
        return "refused by the model"
    if reason == "content_filter":
        return "cut by the server's content filter"
    if not text.strip() and reason == "length":
        return "empty reply: max_tokens were used up before the first word"
    return None if text.strip() else "empty reply"


def _messages(request: ChatRequest) -> list[dict[str, str]]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    return [*system, {"role": "user", "content": request.prompt}]


def _schema(request: ChatRequest, params: ChatClientParams) -> dict[str, Any] | None:
    if request.schema is None or params.structured == "text":
        return None
    return {"name": request.schema.name, "schema": json.loads(request.schema.body)}


def _limit_field(params: ChatClientParams) -> str:
    if params.max_tokens_field != "auto":
        return params.max_tokens_field
    host = urlsplit(params.base_url).hostname or ""
    newer = host.endswith(("openai.com", ".azure.com"))
    return "max_completion_tokens" if newer else "max_tokens"
