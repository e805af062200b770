"""What a server says of an error, in whatever form it says it, and what that means.

    {"error": {"message": "No such model", "code": "model_not_found"}}                            OpenAI, most others
    [{"error": {"code": 400, "message": "API key not valid", "status": "INVALID_ARGUMENT"}}]       Gemini
    {"message": {"detail": [{"loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}}  Mistral, FastAPI
    {"error": "model 'x' not found"}                                                               Ollama, LM Studio
    {"error": {"message": "Provider returned error", "metadata": {"raw": "{...}"}}}                OpenRouter
    <html><head><title>502 Bad Gateway</title></head>...                                           proxies

Some servers send an error with the status 200, beside a part of a text or in place of it.
"""

import html
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from stages.core.exceptions import one_line

Cause = Literal["credit", "key", "model", "path", ""]

PAGE = "web page"
"""The code of a page that came where a completion was asked for."""

_RETRYABLE = {408, 409, 429}
_ALWAYS_FATAL = {401, 404, 405}
_OF_STATUS: dict[int | None, Cause] = {401: "key", 402: "credit", 405: "path"}
_OF_CODE: dict[str, Cause] = {
    "insufficient_quota": "credit",
    "billing_hard_limit_reached": "credit",
    "billing_not_active": "credit",
    "exceeded_current_quota_error": "credit",
    "invalid_api_key": "key",
    "model_not_found": "model",
    "invalid_model": "model",
    PAGE: "path",
}
_OF_WORDS: dict[Cause, re.Pattern[str]] = {
    "credit": re.compile(
        r"insufficient[ _](?:balance|credit|fund|quota)|credit (?:balance|limit)|spending limit|billing (?:hard )?limit"
        r"|(?:out of|used all|no)(?: \w+)? credits|please recharge|recharge your|arrearage",
        re.IGNORECASE,
    ),
    "key": re.compile(
        r"(?:invalid|incorrect|missing|wrong|expired|no)(?: \w+)? api[ _-]?key|unauthori[sz]ed|not authenticated"
        r"|api[ _-]?key (?:is )?(?:not valid|invalid|missing|expired)|authentication (?:failed|error|required)",
        re.IGNORECASE,
    ),
    "model": re.compile(
        r"\bmodels?\b.{0,80}(?:not found|(?:does not|doesn't) exist|not exist)|no such model|no available channel"
        r"|(?:invalid|unknown) model",
        re.IGNORECASE,
    ),
    "path": re.compile(
        r"unexpected endpoint|(?:^|404 |page |url |path |route |endpoint )not found|no route|cannot (?:get|post) /"
        r"|method not allowed|invalid url|unknown (?:url|path|endpoint)",
        re.IGNORECASE,
    ),
}
_OWN_FAULT = {
    "context_length_exceeded",
    "exceed_context_size_error",
    "content_filter",
    "content_policy_violation",
    "string_above_max_length",
}
_BY_CHANCE = {"json_validate_failed"}  # Groq: what the model wrote was no JSON
_REASONS = ("error", "errors", "message", "Message", "detail", "msg", "metadata", "raw")
_MAX_LENGTH = 500  # characters
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class ServerError:
    """An error that a server tells.

    Attributes:
        status: HTTP status, or the one in the body of an answer with 200; None where there is none.
        codes: the names that the server has for it.
        message: its reason in words, in one line.
        param: the part of the request that it names, or empty.
    """

    status: int | None
    codes: frozenset[str]
    message: str
    param: str = ""

    @cached_property
    def cause(self) -> Cause:
        """What must change before any request can pass; empty where nothing of the kind is known."""
        named = (_OF_CODE[code] for code in self.codes if code in _OF_CODE)
        worded = (cause for cause, words in _OF_WORDS.items() if words.search(self.message) and self._may_be(cause))
        return next(named, None) or next(worded, None) or _OF_STATUS.get(self.status, "")

    def _may_be(self, cause: Cause) -> bool:
        """Return whether words may stand for a cause: a server that breaks quotes what it was working on."""
        return cause != "credit" or self.status is None or self.status < 500

    def is_retryable(self, proven: bool) -> bool:
        """Return whether the same request may succeed later; `proven` says that one has succeeded."""
        if self.cause == "credit":
            return False
        if self.codes & _BY_CHANCE:
            return True
        if self.status is None or self.status >= 500:
            return proven or not self.cause
        return self.status in _RETRYABLE

    def is_fatal(self, proven: bool) -> bool:
        """Return whether every request would fail like this."""
        if self.cause == "credit" or self.status in _ALWAYS_FATAL:
            return True
        return not (proven or self.is_retryable(proven) or self.codes & _OWN_FAULT)


def read(text: str, status: int | None) -> ServerError:
    """Read the body of a response with this HTTP status."""
    return of_body(_decoded(text), status)


def of_body(body: Any, status: int | None) -> ServerError:
    """Read a decoded body, in which a status may stand where there is no other."""
    inner = _inner(body)
    named = {name: inner.get(name) for name in ("code", "type", "status", "param")} if isinstance(inner, dict) else {}
    codes = frozenset(str(named[name]) for name in ("code", "type", "status") if named.get(name))
    inside = next((int(code) for code in codes if re.fullmatch("[45][0-9]{2}", code)), None)
    message = one_line(reason(body)) or ", ".join(sorted(codes)) or "no reason given"
    if len(message) > _MAX_LENGTH:
        message = f"{message[:_MAX_LENGTH]}…"
    return ServerError(status or inside, codes, message, str(named.get("param") or ""))


def beside(part: Any) -> ServerError | None:
    """Return the error that a body or a choice holds; one whose fields are all empty is none."""
    error = part.get("error") if isinstance(part, dict) else None
    filled = any(error.values()) if isinstance(error, dict) else error
    return of_body(part, None) if filled else None


def is_page(text: str) -> bool:
    """Return whether a text is a web page."""
    return text.lstrip()[:1] == "<"


def reason(body: Any) -> str:
    """Return all that a body, or a part of it, says in words."""
    if isinstance(body, str):
        inner = _decoded(body)
        return _of_page(body) if is_page(body) else body if inner == body else reason(inner) or body
    if isinstance(body, list):
        return "; ".join(filter(None, map(reason, body)))
    if not isinstance(body, dict):
        return ""
    text = ": ".join(dict.fromkeys(filter(None, (reason(body.get(name)) for name in _REASONS))))
    place = body.get("loc")
    return f"{'.'.join(map(str, place))}: {text}" if isinstance(place, list) and text else text


def _of_page(text: str) -> str:
    title = _TITLE.search(text)
    return html.unescape(title[1] if title else re.sub("<[^>]*>", " ", text))


def _decoded(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip()[:1] in ("{", "[") else text
    except (ValueError, RecursionError):
        return text


def _inner(body: Any) -> Any:
    """Return the part of a body that describes the error."""
    if isinstance(body, list) and body:
        return _inner(body[0])
    inner = body.get("error") if isinstance(body, dict) else None
    return _inner(inner) if isinstance(inner, dict | list) else body
