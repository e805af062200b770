"""Records on disk: one JSON object a line, keys sorted, no timestamps, so that the same inputs give the same bytes.

Everything is written to a temporary file beside the target and renamed over it: a reader never sees half a file.
"""

import codecs
import dataclasses
import hashlib
import json
import os
import shutil
import typing
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TextIO, TypeVar

import pydantic
from pydantic import TypeAdapter

from stages.core.exceptions import RecordsError
from stages.core.storage import naming

R = TypeVar("R")


def content_id(*parts: str) -> str:
    """Return 16 hex digits, a hash of the list of parts."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def sample_id(*parts: str, sample: int) -> str:
    """Return the id of a try: the first one's is that of its content alone, others may have the same content."""
    return content_id(*parts, *([str(sample)] if sample else []))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_md5(path: Path) -> str:
    """Return the MD5 of a file as hex digits, as DVC computes it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def directory_hash(path: Path) -> str:
    """Return a hash over the names and contents of all files below `path`."""
    files = sorted(p for p in path.rglob("*") if p.is_file())
    return content_id(*(f"{p.relative_to(path)}:{file_hash(p)}" for p in files))


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """Open a temporary file for text and rename it over `path` when the block ends without an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with naming(path), temporary.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Make an empty folder and rename it to `path`, which must not exist, when the block ends without an error.

    What a killed process left is removed by the next one: two must not make the same folder at once.
    """
    unfinished = path.with_name(f"{path.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    yield unfinished
    unfinished.rename(path)


def write_json(path: Path, value: Any) -> None:
    """Write one JSON document or record, indented, with sorted keys."""
    value = dataclasses.asdict(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value
    with replacing(path) as file:
        file.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def write_records(path: Path, records: Iterable[Any]) -> int:
    """Write dataclass records as JSON lines and return how many there were."""
    count = 0
    with replacing(path) as file:
        for record in records:
            file.write(json.dumps(dataclasses.asdict(record), sort_keys=True, ensure_ascii=False) + "\n")
            count += 1
    return count


def read_json(path: Path) -> Any:
    """Read one JSON document.

    Raises:
        RecordsError: the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordsError(f"{path}: no such file") from None
    except ValueError as error:
        raise RecordsError(f"{path}: not valid JSON: {error}") from error


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield `FILE:LINE` and the object of each non-empty line of a JSON-lines file.

    Raises:
        RecordsError: a missing file, or a line that is not a JSON object, naming file and line.
    """
    for where, line in _lines(path):
        try:
            row = json.loads(line.decode("utf-8"), object_pairs_hook=without_repeated_keys)
        except UnicodeDecodeError as error:
            raise RecordsError(f"{where}: not UTF-8 text: {error}; convert the file") from error
        except (ValueError, RecursionError) as error:
            raise RecordsError(f"{where}: not valid JSON: {error}") from error
        if not isinstance(row, dict):
            raise RecordsError(f"{where}: a JSON object is needed, not {type(row).__name__}")
        yield where, row


def without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the dictionary of a JSON object, for `json.loads`.

    Raises:
        ValueError: it has a key twice.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        [(repeated, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"an object has the key `{repeated}` twice")
    return found


def read_records(path: Path, kind: type[R]) -> list[R]:
    """Read JSON lines as records of one kind.

    Raises:
        RecordsError: a missing file, or a line that is not such a record, naming file, line and field.
    """
    return [_record(line, kind, where) for where, line in _lines(path)]


def read_record(path: Path, kind: type[R]) -> R:
    """Read one JSON document as a record.

    Raises:
        RecordsError: a missing file, or one that does not hold such a record, naming the field.
    """
    if not path.is_file():
        raise RecordsError(f"{path}: no such file")
    return _record(path.read_bytes(), kind, str(path))


def _lines(path: Path) -> Iterator[tuple[str, bytes]]:
    if not path.is_file():
        raise RecordsError(f"{path}: no such file")
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            if line.strip():
                yield f"{path}:{number}", line


def _record(text: bytes, kind: type[R], where: str) -> R:
    try:
        return typing.cast(R, _adapter(typing.cast(Any, kind)).validate_json(text, strict=True))
    except pydantic.ValidationError as error:
        raise RecordsError(f"{where}: {_fault(kind, error.errors()[0])}") from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _fault(kind: type, error: Any) -> str:
    field = ".".join(map(str, error["loc"]))
    if error["type"] == "unexpected_keyword_argument":
        return f"unknown field `{field}` in a {kind.__name__}"
    if error["type"] == "missing":
        return f"missing field `{field}` in a {kind.__name__}"
    if error["type"] == "json_invalid":
        return f"not valid JSON: {error['ctx']['error']}"
    if not field:
        return f"a {kind.__name__} is needed, not {error['input']!r}"
    return f"field `{field}` of a {kind.__name__} has a wrong value: {error['input']!r}"
