"""A request and a reply in the chat completions protocol.

    {"model": "gpt-4o", "messages": [...], "temperature": 0.7, "max_completion_tokens": 4096, "seed": 0,
     "response_format": {"type": "json_schema", "json_schema": {"name": "...", "schema": {...}, "strict": true}}}

Source: https://platform.openai.com/docs/api-reference/chat
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field

from stages.core.params import Count, Number, Url, section
from stages.llm import server_errors
from stages.llm.chat import ChatRequest, Reply
from stages.llm.server_errors import ServerError
from stages.llm.spending import estimated_tokens

OVERHEAD = 16  # tokens that the chat format puts around the messages
_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_SEED_STRIDE = 1_000_003
_SEED_LIMIT = 2**31
_MAX_COUNT = 2**31  # tokens of one request; a larger number is an error of the server

# What servers call the end of a reply, in lower case; empty where they do not say. Any other reply was interrupted.
COMPLETE = {
    "",
    "stop",
    "eos",
    "eos_token",
    "end_id",
    "stop_sequence",
    "end_turn",
    "complete",
    "tool_calls",
    "function_call",
}
LENGTH = {"length", "max_tokens", "max_length", "max_new_tokens", "model_length"}
_FILTERED = {"content_filter", "safety", "sensitive", "recitation", "blocklist", "prohibited_content"}


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
    base_url: Url
    temperature: Annotated[Number, Field(ge=0)] | None
    max_tokens: Count
    max_tokens_field: Literal["auto", "max_tokens", "max_completion_tokens"]
    send_seed: bool
    structured: Literal["json_schema", "text"]


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


class MalformedReplyError(ValueError):
    """The body of a reply is not what the protocol says.

    Attributes:
        told: the error that the body tells, or None.
        billed: a reply without a text, with the tokens that the server counts; None where it counts none.
    """

    def __init__(self, text: str, told: ServerError | None = None, billed: Answer | None = None) -> None:
        """Take the fault in one line."""
        super().__init__(text)
        self.told, self.billed = told, billed


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
        MalformedReplyError: it is no JSON, an error, or lacks what the protocol asks for.
    """
    return parse(decode(text), estimated_input)


def decode(text: str) -> Any:
    """Decode the body of an HTTP response.

    Raises:
        MalformedReplyError: it is no JSON.
    """
    try:
        return json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        if not server_errors.is_page(text):
            raise MalformedReplyError("the server's reply is not JSON") from error
        page = replace(server_errors.read(text, None), codes=frozenset({server_errors.PAGE}))
        raise MalformedReplyError(f"the server's reply is a web page: {page.message}", page) from error


def parse(data: Any, estimated_input: int) -> Answer:
    """Read a decoded response.

    Raises:
        MalformedReplyError: it is an error, or lacks what the protocol asks for.
    """
    choice = first_choice(data)
    message, reason = choice.get("message"), finish_reason(choice)
    if not isinstance(message, dict):
        raise _malformed("is no completion", data)
    text, refusal = _text(message, reason, data), message.get("refusal")
    failure = _failure(text, refusal, reason)
    return Answer(
        text=text or _without_surrogates(str(refusal or "")),
        failure=failure,
        refused=failure is not None and (bool(refusal) or reason in _FILTERED),
        truncated=failure is None and reason in LENGTH,
        model=_without_surrogates(str(data.get("model") or "")),
        input_tokens=counted(data, "prompt_tokens", estimated_input),
        output_tokens=_written(data, estimated_tokens(text, *_beside(message))),
    )


def first_choice(data: Any) -> dict[str, Any]:
    """Return the first choice of a decoded response, whether of chat or of text completions.

    Raises:
        MalformedReplyError: it is an error, alone or beside a text, or has no choice, or one that was interrupted.
    """
    choices = data.get("choices") if isinstance(data, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    for part in (data, choice):
        if told := server_errors.beside(part):
            raise _malformed(f"is an error: {told.message}", data, told)
    if not isinstance(choice, dict):
        told = server_errors.of_body(data, None)
        said = server_errors.reason(data)
        raise _malformed(f"is no completion: {told.message}" if said else "is no completion", data, told)
    if finish_reason(choice) not in COMPLETE | LENGTH | _FILTERED:
        raise _malformed(f"ended for the reason {choice['finish_reason']!r}, not stop or length", data)
    return choice


def finish_reason(choice: dict[str, Any]) -> str:
    """Return why a choice ended, in lower case; empty where the server does not say."""
    return str(choice.get("finish_reason") or "").lower()


def _malformed(fault: str, data: Any, told: ServerError | None = None) -> MalformedReplyError:
    """Return the error of a reply, with the tokens that the server counts for it."""
    said = f"the server's reply {fault}"
    tokens = [counted(data, "prompt_tokens", 0), _written(data, 0)]
    return MalformedReplyError(said, told, Answer("", said, False, False, "", *tokens) if any(tokens) else None)


def _text(message: dict[str, Any], reason: str, data: Any) -> str:
    """Return the text of a message; of one without, its thought, if that is complete: some servers confuse the two."""
    content = message.get("content")
    parts = content if isinstance(content, list) else [content or ""]
    texts = [part.get("text") or "" if isinstance(part, dict) else part for part in parts if not _is_thought(part)]
    if not all(isinstance(text, str) for text in texts):
        raise _malformed("holds no text", data)
    text = "".join(texts)
    if not text.strip() and reason in COMPLETE:
        text = next(_fields(message, *_THOUGHTS), text)
    return _without_surrogates(text)


def _fields(message: dict[str, Any], *names: str) -> Iterator[str]:
    return (value for name in names if (value := message.get(name)) and isinstance(value, str))


def _beside(message: dict[str, Any]) -> list[str]:
    """Return what a message holds beside its text, and is billed like it."""
    content = message.get("content")
    parts = [json.dumps(part) for part in content if _is_thought(part)] if isinstance(content, list) else []
    return [*parts, *_fields(message, "refusal", *_THOUGHTS)]


def _is_thought(part: Any) -> bool:
    return isinstance(part, dict) and str(part.get("type")).startswith(("think", "reason"))


def _without_surrogates(text: str) -> str:
    """Replace half a surrogate pair, which JSON can hold, but which is no text."""
    return text.encode("utf-8", "replace").decode()


def counted(data: Any, name: str, estimate: int) -> int:
    """Return the number of tokens that the server reports, or else the estimate, which is on the high side."""
    usage = data.get("usage") if isinstance(data, dict) else None
    tokens = usage.get(name) if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and 0 < tokens < _MAX_COUNT else estimate


def _written(data: Any, estimate: int) -> int:
    """Return the tokens that are billed as written; some servers count a thought in their total alone."""
    written = counted(data, "completion_tokens", estimate)
    return max(written, counted(data, "total_tokens", 0) - counted(data, "prompt_tokens", _MAX_COUNT))


def _failure(text: str, refusal: Any, reason: str) -> str | None:
    if refusal:
        return "refused by the model"
    if reason in _FILTERED:
        return "cut by the server's content filter"
    if not text.strip() and reason in LENGTH:
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
