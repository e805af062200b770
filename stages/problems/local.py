"""Problems from a local file: JSON lines, CSV or Parquet, distinguished by the file's suffix."""

import csv
import json
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from stages.core.exceptions import RecordsError, one_line
from stages.core.files import read_lines
from stages.core.params import section
from stages.core.records import Problem
from stages.problems.reading import Columns, read_rows


@section
class LocalParams:
    """`path` is also a DVC dependency, so that a changed file reruns the pipeline."""

    path: str


def read(path: Path, columns: Columns, limit: int | None = None) -> list[Problem]:
    """Read the problems of one file, or its first `limit` ones.

    Raises:
        RecordsError: a missing or malformed file, or a row that is no problem, naming file, line and column.
    """
    return read_rows(islice(_rows(path), limit), columns)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers:
        raise RecordsError(f"{path}: the file must end in {', '.join(readers)}")
    if not path.is_file():
        raise RecordsError(f"{path}: no such file")
    return readers[path.suffix](path)


def _jsonl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, row in read_lines(path):
        yield where, {key: _text(value) for key, value in row.items()}


def _csv(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            for row in reader:
                if None in row or None in row.values():
                    raise RecordsError(f"{path}:{reader.line_num}: the row does not have as many cells as the header")
                yield f"{path}:{reader.line_num}", row
        except UnicodeDecodeError as error:
            raise RecordsError(f"{path}: not UTF-8 text: {error}; convert the file") from error
        except csv.Error as error:
            raise RecordsError(f"{path}:{reader.reader.line_num}: not valid CSV: {error}") from error


def _parquet(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow  # heavy, and only for this format
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise RecordsError(f"{path}: not a valid Parquet file: {one_line(error)}") from error
    for number, row in enumerate(table.to_pylist(), 1):
        yield f"{path}: row {number}", {key: _text(value) for key, value in row.items()}


def _text(value: Any) -> Any:
    """Return text as it is and numbers as people write them: 145 for 145.0; NaN is an empty cell."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
