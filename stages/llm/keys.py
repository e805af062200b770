"""The server's key, from the environment or a `.env` file, and its redaction in messages."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from stages.core.exceptions import SourceError

NAME = "OPENAI_API_KEY"
_HIDDEN = "[key]"
_MIN_TRACE = 6  # characters of a part of the key that is no chance
_MIN_SHOWN = 3  # beside a mask
_MASK = r"\*+|•+|\.{3,}|…"
_MASKED = re.compile(rf"[\w-]*(?:(?:{_MASK})[\w-]*)+")
_REST = re.compile(rf"\[key\](?:(?:\[key\]|{_MASK})[\w-]*)*")


def api_key() -> str:
    """Return the key: of the environment, else of `.env` here, else of `.env` beside the repository's `.dvc`.

    Queued experiments run in a copy of the workspace that lacks `.env`; DVC_ROOT names the repository.

    Raises:
        SourceError: there is no key, or HTTP cannot carry it.
    """
    from dotenv import dotenv_values  # only this provider needs it

    if key := os.environ.get(NAME, "").strip():
        return _checked(key, "the environment")
    for folder in (Path(), Path(os.environ.get("DVC_ROOT", "."))):
        try:
            values = dotenv_values(folder / ".env", interpolate=False)
        except UnicodeDecodeError as error:
            raise SourceError(f"{folder / '.env'}: not UTF-8; save it as UTF-8, or export {NAME}") from error
        if key := (values.get(NAME) or "").strip():
            return _checked(key, str(folder / ".env"))
    raise SourceError(
        f"{NAME} is not set: export it or write `{NAME}=...` into .env; a local server that wants no key takes any text"
    )


def _checked(key: str, source: str) -> str:
    """Return the key, checked here because the HTTP library quotes a bad one in its error."""
    if re.fullmatch(r"[!-~]+", key):
        return key
    raise SourceError(
        f"{NAME} in {source} holds a space, a line break, or a character that is not ASCII, such as a curly quote; "
        "copy the key again (it is not shown here)"
    )


def redact(text: str, key: str) -> str:
    """Remove the key from a message, and its traces that servers echo: `sk-ab***yz`; a short one is no secret."""
    if len(key) < _MIN_TRACE:
        return text
    masked = _MASKED.sub(lambda word: _HIDDEN if _is_trace(word[0], key) else word[0], text)
    return _REST.sub(_HIDDEN, "".join(_without_parts(masked, key)))


def _is_trace(masked: str, key: str) -> bool:
    return any(len(part) >= _MIN_SHOWN and part in key for part in re.split(_MASK, masked))


def _without_parts(text: str, key: str) -> Iterator[str]:
    """Yield a text in pieces, with a mark in place of each part of the key."""
    start = 0
    while start < len(text):
        end = start + _MIN_TRACE
        if text[start:end] not in key or end > len(text):
            yield text[start]
            start += 1
            continue
        while end < len(text) and text[start : end + 1] in key:
            end += 1
        yield _HIDDEN
        start = end
