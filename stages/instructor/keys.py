"""The key of the server, from the environment or a `.env` file, and what keeps it out of messages."""

import os
import re
from pathlib import Path

from stages.pipeline.exceptions import SourceError

NAME = "OPENAI_API_KEY"
_HIDDEN = "[key]"
_SHORTEST_TRACE = 6


def api_key() -> str:
    """Return the key: of the environment, else of `.env` here, else of `.env` beside the repository's `.dvc`.

    Queued experiments run in a copy of the workspace that lacks `.env`; DVC_ROOT names the repository.

    Raises:
        SourceError: there is none.
    """
    from dotenv import dotenv_values  # only this provider needs it

    if os.environ.get(NAME):
        return os.environ[NAME]
    for folder in (Path(), Path(os.environ.get("DVC_ROOT", "."))):
        found = dotenv_values(folder / ".env", interpolate=False).get(NAME)
        if found:
            return found
    raise SourceError(
        f"{NAME} is not set: export it or write `{NAME}=...` into .env; a local server that wants no key takes any text"
    )


def redact(text: str, key: str) -> str:
    """Take the key out of a message, and every trace of it that servers echo, such as `sk-ab***yz`."""
    text = text.replace(key, _HIDDEN)
    return re.sub(r"[^\s\"',;:()]+", lambda word: _HIDDEN if _is_trace(word[0].rstrip("."), key) else word[0], text)


def _is_trace(word: str, key: str) -> bool:
    shown = [part for part in re.split(r"\*{2,}|\.{3}|…", word) if part]
    if shown == [word]:
        return len(word) >= _SHORTEST_TRACE and word in key
    return any(part in key for part in shown)
