"""Problems from a local file: JSON lines, JSON, CSV, TSV or Parquet, distinguished by the file's suffix."""

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.core.exceptions import RecordsError, one_line
from stages.core.files import read_lines, without_repeated_keys

_DELIMITERS = ",;\t"
_MAX_CELL = 2**31 - 1  # characters; the largest limit that the csv module takes everywhere
_COPIES = str(Path(".dvc", "tmp", "exps"))


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of one file, each with its place.

    Raises:
        RecordsError: a missing or malformed file, naming file and line.
    """
    readers = {".jsonl": read_lines, ".json": _json, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}
    if path.suffix.lower() not in readers:
        raise RecordsError(f"{path}: the file must end in {', '.join(readers)}")
    if not os.path.isfile(path):  # which says so of a name that is too long, too
        raise RecordsError(f"{path}: no such file{_in_a_copy(path)}")
    return readers[path.suffix.lower()](path)


def _in_a_copy(path: Path) -> str:
    """Return what to do about a missing file in the copy of the workspace that an experiment runs in."""
    if _COPIES not in str(Path.cwd()):
        return ""
    return (
        " in this copy of the workspace, where `dvc exp run --temp` and `--queue` put only what git tracks: "
        f"`git add {path}` or `dvc exp run --copy-paths {path} ...`"
    )


def _json(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the objects of a JSON list; a file that begins otherwise is one of JSON lines."""
    text = _text(path)
    if not text.lstrip().startswith("["):
        yield from read_lines(path)
        return
    try:
        table = json.loads(text, object_pairs_hook=without_repeated_keys)
    except (ValueError, RecursionError) as error:
        raise RecordsError(f"{path}: not valid JSON: {error}") from error
    for number, row in enumerate(table, 1):
        if not isinstance(row, dict):
            raise RecordsError(f"{path}: row {number}: a JSON object is needed, not {type(row).__name__}")
        yield f"{path}: row {number}", row


def _text(path: Path) -> str:
    """Return the text of a file as it is, without a byte order mark."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RecordsError(f"{path}: not UTF-8 text: {error}; convert the file") from error
    if "\0" in text:
        raise RecordsError(f"{path}: not UTF-8 text: it has NUL characters, as UTF-16 does; convert the file")
    return text


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    csv.field_size_limit(_MAX_CELL)
    text = _text(path)
    # The sign that makes the most cells of the header.
    delimiter = max(_DELIMITERS, key=lambda sign: len(next(csv.reader(io.StringIO(text, ""), delimiter=sign), [])))
    reader = csv.DictReader(io.StringIO(text, ""), delimiter=delimiter, strict=True)
    try:
        _refuse_repeated(path, reader.fieldnames or ())
        for row in reader:
            if None in row or None in row.values():
                raise RecordsError(f"{path}:{reader.line_num}: the row does not have as many cells as the header")
            yield f"{path}:{reader.line_num}", row
    except csv.Error as error:
        raise RecordsError(f"{path}:{reader.reader.line_num}: not valid CSV: {error}") from error


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow  # heavy, and only for this format
    import pyarrow.parquet

    try:
        _refuse_repeated(path, pyarrow.parquet.read_schema(path).names)
        table = pyarrow.parquet.read_table(path).to_pylist()
    # Pages that are damaged, a time zone that there is not, a year above 9999
    except (pyarrow.ArrowException, OSError, LookupError, ValueError, OverflowError) as error:
        raise RecordsError(f"{path}: not a valid Parquet file: {one_line(error)}") from error
    for number, row in enumerate(table, 1):
        yield f"{path}: row {number}", row


def _refuse_repeated(path: Path, columns: Sequence[str]) -> None:
    """Refuse columns of one name; columns without any, as spreadsheets leave them at the end, are no matter."""
    if repeated := [name for name, count in Counter(columns).items() if name and count > 1]:
        raise RecordsError(f"{path}: several columns have the name {', '.join(repeated)}; rename all but one")
