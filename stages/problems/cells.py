"""The text of a cell, or of a value inside it, by a path: `question`, `prompt[0].content`, `reward_model.ground_truth`.

A cell of CSV that holds a list or an object as JSON is opened like one of Parquet. A column or key whose whole name
fits comes before one that only begins the path.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stages.core.exceptions import RecordsError

_INDEX = re.compile(r"\[(-?\d+)\]")
_MISSING: Final = object()
_SHOWN = 4


def text_of(where: str, row: Mapping[str, Any], path: str, role: str) -> str:
    """Return the text at a path of a row, numbers as people write them; `role` is the field that it is for.

    Raises:
        RecordsError: there is none: nothing at the path, or a list, an object or bytes; it names the mapping to write.
            Or it is an infinite number.
    """
    value = row[path] if path in row else _find(row, f".{path}")
    if value is _MISSING:
        raise RecordsError(f"{where}: {_nothing_at(row, path, role)}")
    while _is_single(value):
        value = next(iter(_opened(value)), None)
    if isinstance(value, bytes):
        value = _decoded(value, where, path, role)
    if _is_nested(value):
        kind = "a list" if isinstance(_opened(value), list) else "an object"
        raise RecordsError(f"{where}: the column `{path}` holds {kind}, not a text; {_mapping(row, path, role)}")
    if isinstance(value, float) and math.isinf(value):
        raise RecordsError(f"{where}: the column `{path}` holds a number that is too large; write it as text")
    text = _written(value).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise RecordsError(f"{where}: the column `{path}` is empty")
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise RecordsError(f"{where}: the column `{path}` holds half a character (a lone surrogate); repair the file")
    return text


def _find(value: Any, path: str) -> Any:
    """Return what stands at a path such as `.prompt[0].content`."""
    if not path:
        return value
    value = _opened(value)
    if isinstance(value, list) and (index := _INDEX.match(path)) and -len(value) <= int(index[1]) < len(value):
        return _find(value[int(index[1])], path[index.end() :])
    if isinstance(value, Mapping):
        for key in _beginning(value, path):
            if (found := _find(value[key], path[len(key) + 1 :])) is not _MISSING:
                return found
    return _MISSING


def _beginning(value: Mapping[str, Any], path: str) -> list[str]:
    """Return the keys that a path begins with, the longest first."""
    keys = [key for key in value if path.startswith(f".{key}") and path[len(key) + 1 :][:1] in ("", ".", "[")]
    return sorted(keys, key=len, reverse=True)


def _opened(value: Any) -> Any:
    """Return the list or object that a text holds as JSON, else the value."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _is_single(value: Any) -> bool:
    """Return whether a value is a list of at most one item; a text is one of a text alone: `[2]` may be an answer."""
    items = _opened(value)
    return isinstance(items, list) and ([*map(type, items)] == [str] if isinstance(value, str) else len(items) <= 1)


def _is_nested(value: Any) -> bool:
    """Return whether a value is no text; a text such as `[1, 2]` or `[[1, 2], [3, 4]]` is one, though JSON too."""
    parts = _opened(value)
    return isinstance(parts, list | dict) and (not isinstance(value, str) or _has_texts(parts))


def _has_texts(parts: Any) -> bool:
    return any(map(_has_texts, parts)) if isinstance(parts, list) else isinstance(parts, str | dict)


def _decoded(value: bytes, where: str, path: str, role: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise RecordsError(
            f"{where}: the column `{path}` holds bytes that are no text; name another one in `columns.{role}`"
        ) from error


def _written(value: Any) -> str:
    """Return text as it is, 145 for 145.0, and nothing for NaN."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')


def _nothing_at(row: Mapping[str, Any], path: str, role: str) -> str:
    nested = [key for key in _beginning(row, f".{path}") if isinstance(_opened(row[key]), list | dict)]
    if nested:
        return f"no `{path}` for the {role}; {_mapping(row, nested[0], role)}"
    columns = ", ".join(map(str, row))
    return f"no column `{path}` for the {role} (there are {columns}); set `columns.{role}` of this set in params.yaml"


def _mapping(row: Mapping[str, Any], path: str, role: str) -> str:
    """Return what to write for a list or an object: the paths of texts inside it."""
    first, *others = [*_texts(_find(row, f".{path}"), path)][:_SHOWN] or [f"{path}[0]"]
    more = f" (or {', '.join(others)})" if others else ""
    return f"write `{role}: {first}`{more} in `columns` of this set in params.yaml"


def _texts(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of the texts inside a value; of chat messages their contents, the user's first."""
    value = _opened(value)
    if isinstance(value, list):
        for index in sorted(range(len(value)), key=lambda index: not _is_of_user(value[index])):
            yield from _texts(value[index], f"{path}[{index}]")
    elif isinstance(value, dict):
        for key in ["content"] if {"role", "content"} <= value.keys() else value:
            yield from _texts(value[key], f"{path}.{key}")
    elif value is not None:
        yield path


def _is_of_user(value: Any) -> bool:
    return isinstance(value, dict) and value.get("role") == "user"
