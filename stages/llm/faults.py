"""What went wrong with a request: whether it may pass, whether it would hit every other request too, how long to wait.

429, insufficient_quota; 401; 402; 404     would hit all: the run stops
400, 403, 413, 422                         would hit all, as long as no request has passed; later this one alone
408, 409, 429, 5xx, connection, time-out   may pass: tried again
a body that is no chat completion          may pass: tried again
"""

import email.utils
import random
import time
from collections.abc import Mapping

import openai

from stages.llm.completions import MalformedReplyError
from stages.llm.keys import redact

FAULTS = (openai.APIError, TimeoutError, MalformedReplyError)
_MAY_PASS = {408, 409, 429}
_ALWAYS_ALL = {401, 402, 404}
_OWN_FAULT = {"context_length_exceeded", "content_filter", "content_policy_violation", "string_above_max_length"}
_NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_LONGEST_BACKOFF = 60.0  # seconds
_LONGEST_WAIT = 600.0


def may_pass(error: Exception) -> bool:
    """Tell whether the same request may succeed later."""
    if isinstance(error, openai.APIStatusError):
        return may_pass_status(error.status_code) and not _is_no_money(error)
    return True


def may_pass_status(status: int) -> bool:
    """Tell whether a request that was answered with this HTTP status may succeed later."""
    return status in _MAY_PASS or status >= 500


def is_final_code(code: str) -> bool:
    """Tell whether a batch that was refused with this code would be refused again."""
    return code in _NO_MONEY | {"invalid_api_key", "model_not_found", "invalid_model"}


def hits_all(error: Exception, proven: bool) -> bool:
    """Tell whether every request would fail like this; `proven`: one has passed already."""
    if not isinstance(error, openai.APIStatusError):
        return False
    code = error.type if error.type in _NO_MONEY else error.code
    return status_hits_all(error.status_code, code or "", proven)


def status_hits_all(status: int, code: str, proven: bool) -> bool:
    """Tell the same of an HTTP status and the code that the server names in the body."""
    if status in _ALWAYS_ALL or code in _NO_MONEY:
        return True
    return not may_pass_status(status) and not proven and code not in _OWN_FAULT


def is_time_out(error: Exception) -> bool:
    """Tell whether no answer, or only a part of one, came in time."""
    return isinstance(error, (TimeoutError, openai.APITimeoutError))


def is_unreachable(error: Exception) -> bool:
    """Tell whether no connection came about or it broke, as opposed to an answer or a time-out."""
    return isinstance(error, openai.APIConnectionError) and not is_time_out(error)


def retry_after(error: Exception) -> float | None:
    """Return the seconds that the server asks to wait, or None where it asks for none."""
    return waiting_time(error.response.headers) if isinstance(error, openai.APIStatusError) else None


def too_long_wait(error: Exception) -> str | None:
    """Return what to say where the server asks to wait for more than 10 minutes, or None."""
    asked = retry_after(error) or 0.0
    return f"the server asks to wait {asked:.0f} seconds; run again later" if asked > _LONGEST_WAIT else None


def delay(error: Exception, attempt: int, backoff_seconds: float) -> float:
    """Return the seconds until the next attempt: what the server asks for, and a random part that doubles each time.

    Args:
        error: that of the last attempt.
        attempt: number of the last attempt, from 0.
        backoff_seconds: upper bound of the random part after the first attempt, which never exceeds a minute.
    """
    backoff = random.uniform(0, min(_LONGEST_BACKOFF, backoff_seconds * 2**attempt))
    asked = retry_after(error)
    return backoff if asked is None else asked + min(backoff, asked)


def waiting_time(headers: Mapping[str, str]) -> float | None:
    """Read `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date, as seconds of at least 0."""
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
    if isinstance(error, openai.APIStatusError):
        text = f"HTTP {error.status_code}: {_message(error)}{_hint(error)}"
    elif is_time_out(error):
        text = "no reply within instructor.limits.timeout_seconds"
    elif isinstance(error, openai.APIConnectionError):
        text = f"no connection: {error.__cause__ or error}"
    else:
        text = str(error)
    return redact(" ".join(text.split()), key)


def _is_no_money(error: openai.APIStatusError) -> bool:
    return error.code in _NO_MONEY or error.type in _NO_MONEY


def _message(error: openai.APIStatusError) -> str:
    said = error.body.get("message") if isinstance(error.body, dict) else None
    return str(said or error.message)


def _hint(error: openai.APIStatusError) -> str:
    said = f"{error.param} {_message(error)}"
    if error.status_code not in {400, 422}:
        return ""
    if any(word in said for word in ("response_format", "json_schema", "response format")):
        return "; set instructor.openai.structured: text"
    if "max_completion_tokens" in said or "max_tokens" in said:
        return "; see instructor.openai.max_tokens_field and max_tokens"
    if "temperature" in said:
        return "; set instructor.openai.temperature: null"
    return "; set instructor.openai.send_seed: false" if "seed" in said.split() else ""
