"""Problems from a local file: JSON lines, CSV or Parquet, distinguished by the file's suffix."""

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.core.exceptions import RecordsError, one_line
from stages.core.files import read_lines


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of one file, each with its place.

    Raises:
        RecordsError: a missing or malformed file, naming file and line.
    """
    readers = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}
    if path.suffix not in readers:
        raise RecordsError(f"{path}: the file must end in {', '.join(readers)}")
    if not path.is_file():
        raise RecordsError(f"{path}: no such file")
    return readers[path.suffix](path)


def _jsonl(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for where, row in read_lines(path):
        yield where, {key: as_text(value) for key, value in row.items()}


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
        yield f"{path}: row {number}", {key: as_text(value) for key, value in row.items()}


def as_text(value: Any) -> Any:
    """Return text as it is, numbers as people write them (145 for 145.0), the item of a list of one; NaN is empty."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, list) and len(value) == 1:
        return as_text(value[0])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str).strip('"')
