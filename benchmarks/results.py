"""The home of measured figures: `benchmarks/results/NAME.json`, and the tables that README and docs make of them.

    {"command": "python -m benchmarks.grading", "cores": 2, "date": "2026-11-28", "processor": "Intel(R) Xeon(R) ...",
     "rows": [{"answers": "plain", "gradings_per_second": 24300}]}

A table in a page stands between two comments; `python -m benchmarks.results` writes all of them anew:

    <!-- benchmarks/results/grading.json: answers, gradings_per_second = gradings a second -->
    | answers | gradings a second |
    |---|---|
    | plain | 24300 |
    <!-- end -->
"""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stages.core.files import read_json, replacing, write_json
from stages.reporting.provenance import processor

FOLDER = Path("benchmarks/results")
PAGES = ("README.md", "docs/*.md")
_TABLE = re.compile(r"(<!-- (benchmarks/results/\w+\.json): (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def write(name: str, rows: Sequence[Mapping[str, Any]], folder: Path = FOLDER, **other: Any) -> None:
    """Write and print the figures of the benchmark that runs now, with its command, the processor and today's date.

    `other` replaces what is not of this process, such as the processor of a run that is only read here.
    """
    module = f"benchmarks.{Path(sys.argv[0]).stem}"
    found = {
        "command": " ".join(["python -m", module, *sys.argv[1:]]),
        "cores": len(os.sched_getaffinity(0)),
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        "rows": list(rows),
    }
    write_json(folder / f"{name}.json", found | other)
    _print(name, rows)


def filled(page: str, root: Path = Path()) -> str:
    """Return a page with each of its tables made of the results that it names."""
    return _TABLE.sub(lambda found: found[1] + table(read_json(root / found[2])["rows"], found[3]) + found[4], page)


def table(rows: Sequence[Mapping[str, Any]], columns: str) -> str:
    """Return a Markdown table of some columns, each `key` or `key = heading`; a key that a row lacks is left empty.

    Raises:
        ValueError: no row has a key.
    """
    pairs = [column.partition(" = ") for column in columns.split(", ")]
    if unknown := {key for key, _, _ in pairs}.difference(*rows):
        raise ValueError(f"no row has {', '.join(sorted(unknown))}")
    head, *body = _cells(rows, {key: heading or key for key, _, heading in pairs})
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, *body]).replace("\n", f"\n|{'---|' * len(head)}\n", 1)


def _print(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print all columns for a person to read."""
    lines = _cells(rows, {key: key for row in rows for key in row})
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"{name}:")
    for line in lines:
        print("  " + "  ".join(map(str.ljust, line, widths)).rstrip())


def _cells(rows: Sequence[Mapping[str, Any]], headings: Mapping[str, str]) -> list[list[str]]:
    return [list(headings.values()), *([_shown(row.get(key)) for key in headings] for row in rows)]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Write the tables of all pages anew."""
    for path in (path for pattern in PAGES for path in sorted(Path().glob(pattern))):
        page = path.read_text(encoding="utf-8")
        if (made := filled(page)) != page:
            with replacing(path) as file:
                file.write(made)
            print(path)


if __name__ == "__main__":
    main()
