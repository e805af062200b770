"""The server's key, from the environment or a `.env` file, and its redaction in messages."""

import os
import re
from pathlib import Path

from stages.core.exceptions import SourceError

NAME = "OPENAI_API_KEY"
_HIDDEN = "[key]"
_MIN_TRACE = 6


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
        if key := (dotenv_values(folder / ".env", interpolate=False).get(NAME) or "").strip():
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
    """Remove the key from a message, and its traces that servers echo, such as `sk-ab***yz`."""
    text = text.replace(key, _HIDDEN)
    return re.sub(r"[^\s\"',;:()]+", lambda word: _HIDDEN if _is_trace(word[0].rstrip("."), key) else word[0], text)


def _is_trace(word: str, key: str) -> bool:
    shown = [part for part in re.split(r"\*{2,}|\.{3}|…", word) if part]
    if shown == [word]:
        return len(word) >= _MIN_TRACE and word in key
    return any(part in key for part in shown)
