"""Errors of requests: which are retryable, which are fatal to the run, and how long to wait.

429, insufficient_quota; 401; 402; 404     fatal: every request would fail, the run stops
400, 403, 413, 422                         fatal until a request succeeds; then the failure of this one
408, 409, 429, 5xx, connection, time-out   retryable
a body that is no chat completion          retryable
"""

import email.utils
import random
import time
from collections.abc import Mapping

import openai

from stages.core.exceptions import one_line
from stages.llm.completions import MalformedReplyError
from stages.llm.keys import redact

FAULTS = (openai.APIError, TimeoutError, MalformedReplyError)
_RETRYABLE = {408, 409, 429}
_ALWAYS_FATAL = {401, 402, 404}
_OWN_FAULT = {"context_length_exceeded", "content_filter", "content_policy_violation", "string_above_max_length"}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_MAX_BACKOFF = 60.0  # seconds
_MAX_WAIT = 600.0


def is_retryable(error: Exception) -> bool:
    """Return whether the same request may succeed later."""
    if isinstance(error, openai.APIStatusError):
        return is_retryable_status(error.status_code) and not _is_no_money(error)
    return True


def is_retryable_status(status: int) -> bool:
    """Return whether a request that was answered with this HTTP status may succeed later."""
    return status in _RETRYABLE or status >= 500


def is_fatal_code(code: str) -> bool:
    """Return whether a batch that was refused with this code would be refused again."""
    return code in _NO_MONEY | {"invalid_api_key", "model_not_found", "invalid_model"}


def is_fatal(error: Exception, proven: bool) -> bool:
    """Return whether every request would fail like this; `proven` says that one has succeeded."""
    if not isinstance(error, openai.APIStatusError):
        return False
    code = error.type if error.type in _NO_MONEY else error.code
    return is_fatal_status(error.status_code, code or "", proven)


def is_fatal_status(status: int, code: str, proven: bool) -> bool:
    """Return the same for an HTTP status and the error code in the body."""
    if status in _ALWAYS_FATAL or code in _NO_MONEY:
        return True
    return not is_retryable_status(status) and not proven and code not in _OWN_FAULT


def is_time_out(error: Exception) -> bool:
    """Return whether the complete answer did not come in time."""
    return isinstance(error, (TimeoutError, openai.APITimeoutError))


def is_unreachable(error: Exception) -> bool:
    """Return whether there was no connection or it broke."""
    return isinstance(error, openai.APIConnectionError) and not is_time_out(error)


def is_rate_limit(error: Exception) -> bool:
    """Return whether the server asks for a slower pace."""
    return isinstance(error, openai.APIStatusError) and error.status_code == 429


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
    """Return the seconds, at least 0, of `retry-after-ms` or of `Retry-After`, a number or an HTTP date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    try:
        moment = email.utils.parsedate_to_datetime(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())


def line(error: Exception, key: str) -> str:
    """Return the error in one line without the key, with a hint where one setting mends it."""
    hint = _hint(error) if isinstance(error, openai.APIStatusError) else ""
    return redact(describe(error, "instructor.limits.timeout_seconds") + hint, key)


def describe(error: Exception, timeout: str) -> str:
    """Return the error in one line; `timeout` is the param that limits an attempt."""
    if isinstance(error, openai.APIStatusError):
        return one_line(f"HTTP {error.status_code}: {_message(error)}")
    if is_time_out(error):
        return f"no reply within {timeout}"
    if isinstance(error, openai.APIConnectionError):
        return one_line(f"no connection: {error.__cause__ or error}")
    return one_line(error)


def _is_no_money(error: openai.APIStatusError) -> bool:
    return error.code in _NO_MONEY or error.type in _NO_MONEY


def _message(error: openai.APIStatusError) -> str:
    message = error.body.get("message") if isinstance(error.body, dict) else None
    return str(message or error.message)


def _hint(error: openai.APIStatusError) -> str:
    text = f"{error.param} {_message(error)}"
    if error.status_code not in {400, 422}:
        return ""
    if any(word in text for word in ("response_format", "json_schema", "response format")):
        return "; set instructor.openai.structured: text"
    if "max_completion_tokens" in text or "max_tokens" in text:
        return "; see instructor.openai.max_tokens_field and max_tokens"
    if "temperature" in text:
        return "; set instructor.openai.temperature: null"
    return "; set instructor.openai.send_seed: false" if "seed" in text.split() else ""
