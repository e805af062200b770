"""Errors of requests: which are retryable, which are fatal to the run, how long to wait, and what to change.

no credit, also in a 200; 401; 402; 404; 405     fatal: every request would fail, the run stops
400, 403, 413, 422; a wrong key, model or path
in a 200 or a 5xx                                fatal until a request succeeds; then the failure of this one
408, 409, 429, 5xx, connection, time-out         retryable
a body that is no completion                     retryable
"""

import email.utils
import random
import re
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import openai

from stages.core.exceptions import one_line
from stages.llm import server_errors
from stages.llm.completions import MalformedReplyError
from stages.llm.keys import redact
from stages.llm.remedies import INSTRUCTOR, Remedies
from stages.llm.server_errors import ServerError

T = TypeVar("T")

FAULTS = (openai.APIError, TimeoutError, MalformedReplyError)
_MAX_BACKOFF = 60.0  # seconds
_MAX_WAIT = 600.0

_LEAVE_OUT = "leave out what it refuses: {0}.structured: text, send_seed: false, temperature: null"
_PARAMS = {
    re.compile(
        r"response.?(?:format|schema)|json.?schema|\bschema\b|grammar|guided|structured.?output|additionalProperties",
        re.IGNORECASE,
    ): "set {0}.structured: text",
    re.compile(r"\b(?:random_)?seed\b", re.IGNORECASE): "set {0}.send_seed: false",
    re.compile(r"\btemperature\b", re.IGNORECASE): "set {0}.temperature: null, or a value that it takes",
    re.compile(
        r"max_(?:completion_)?tokens|max_?(?:new|output)_?tokens|context.{0,20}(?:length|size|window)", re.IGNORECASE
    ): "lower {0}.max_tokens",
}
_ANY_PARAM = re.compile(r"requested param|unsupported param|unrecognized request arg|extra inputs", re.IGNORECASE)
_LIMIT = re.compile(r"max_(?:completion_)?tokens")
_TOO_LARGE = re.compile(
    r"too (?:large|long|many|high)|at most|maximum|range|exceed|less than|reduce|fewer", re.IGNORECASE
)
_INSTEAD = re.compile(r"\buse\W+(max_(?:completion_)?tokens)", re.IGNORECASE)


def told(error: Exception) -> ServerError | None:
    """Return what the server says, or None where it says nothing that can be read."""
    if isinstance(error, openai.APIStatusError):
        return server_errors.read(error.response.text, error.status_code)
    return error.told if isinstance(error, MalformedReplyError) else None


def is_retryable(error: Exception, proven: bool) -> bool:
    """Return whether the same request may succeed later; `proven` says that one has succeeded."""
    said = told(error)
    return said is None or said.is_retryable(proven)


def is_time_out(error: Exception) -> bool:
    """Return whether the complete answer did not come in time."""
    return isinstance(error, (TimeoutError, openai.APITimeoutError))


def is_unreachable(error: Exception) -> bool:
    """Return whether there was no connection or it broke."""
    return isinstance(error, openai.APIConnectionError) and not is_time_out(error)


def is_rate_limit(error: Exception) -> bool:
    """Return whether the server asks for a slower pace."""
    said = told(error)
    return said is not None and said.status == 429


def retry_after(error: Exception) -> float | None:
    """Return the seconds that the server asks to wait, or None."""
    return waiting_time(error.response.headers) if isinstance(error, openai.APIStatusError) else None


def too_long_wait(asked: float | None) -> str | None:
    """Return the error text for a wait of more than 10 minutes, or None for a shorter one."""
    too_long = asked is not None and asked > _MAX_WAIT
    return f"the server asks to wait {asked:.0f} seconds; run again later" if too_long else None


def delay(asked: float | None, attempt: int, backoff_seconds: float) -> float:
    """Return the seconds until the next attempt: the server's wish, and a random part that doubles each time.

    Args:
        asked: seconds that the server asks to wait, or None.
        attempt: number of the last attempt, from 0.
        backoff_seconds: upper bound of the random part after the first attempt, which never exceeds a minute.
    """
    backoff = random.uniform(0, min(_MAX_BACKOFF, backoff_seconds * 2**attempt))
    return backoff if asked is None else asked + min(backoff, asked)


def waiting_time(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of `retry-after-ms` or of `Retry-After`, a number or an HTTP date; None for none to wait."""
    seconds = _seconds(headers)
    return seconds if seconds is not None and seconds > 0 else None


def _seconds(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
    try:
        moment = email.utils.parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return moment.timestamp() - time.time()


def call_with_retries(
    call: Callable[[], T],
    attempts: int,
    backoff_seconds: float,
    is_proven: Callable[[], bool],
    failure: Callable[[Exception, str | None], Exception],
) -> T:
    """Call a server, again after a retryable error, up to `attempts` times.

    Args:
        call: raises one of `FAULTS`.
        attempts: the first included.
        backoff_seconds: upper bound of the first wait.
        is_proven: whether the server has taken a request before.
        failure: returns what to raise in the end, of the error and of the text for a wait that is too long.
    """
    for attempt in range(attempts):
        try:
            return call()
        except FAULTS as error:
            asked = retry_after(error)
            retryable = is_retryable(error, is_proven())
            too_long = too_long_wait(asked) if retryable else None
            if too_long or not retryable or attempt + 1 == attempts:
                raise failure(error, too_long) from error
            time.sleep(delay(asked, attempt, backoff_seconds))
    raise AssertionError("unreachable")


def line(error: Exception, key: str, remedies: Remedies = INSTRUCTOR) -> str:
    """Return the error in one line without the key, if there is one, with what to change where that is known."""
    text = _with_remedy(error, remedies)
    return redact(text, key) if key else text


def _with_remedy(error: Exception, remedies: Remedies) -> str:
    if is_time_out(error):
        return f"no reply within {remedies.timeout}"
    if isinstance(error, openai.APIConnectionError):
        cause = error.__cause__ or error
        return one_line(f"no connection: {str(cause) or type(cause).__name__}")
    said = told(error)
    if said is None:
        return one_line(error)
    text = f"HTTP {said.status}: {said.message}" if isinstance(error, openai.APIStatusError) else one_line(error)
    remedy = _remedy(said, remedies)
    return f"{text.rstrip('.')}; {remedy}" if remedy else text


def _remedy(said: ServerError, remedies: Remedies) -> str:
    param = _param(said) if remedies.has_params and said.status not in {401, 403, 429} else ""
    of_cause = {
        "credit": "add credit there, or ask another server",
        "key": f"see {remedies.key}",
        "model": f"see {remedies.section}.model",
        "path": f"is {remedies.section}.base_url right? Mostly it ends in /v1",
        "": "",
    }
    return param.format(remedies.section) or of_cause[said.cause]


def _param(said: ServerError) -> str:
    """Return what to change of the params of a request: of those that the server names, the first."""
    text = f"{said.param} {said.message}"
    named = {match.start(): hint for words, hint in _PARAMS.items() if (match := words.search(text))}
    if not named:
        return _LEAVE_OUT if _ANY_PARAM.search(text) else ""
    hint = named[min(named)]
    return _limit(text) if hint.endswith(".max_tokens") else hint


def _limit(text: str) -> str:
    """Return what to change of the limit of a reply: the other name, unless its value is too large."""
    refused = _LIMIT.search(text)
    if refused is None or _TOO_LARGE.search(text):
        return "lower {0}.max_tokens"
    other = "max_tokens" if refused[0] == "max_completion_tokens" else "max_completion_tokens"
    better = _INSTEAD.search(text)
    return f"set {{0}}.max_tokens_field: {better[1] if better else other}"
