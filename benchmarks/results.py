"""The home of measured figures: `benchmarks/results/NAME.json`, and the tables that README and docs make of them.

    {"command": "python -m benchmarks.grading", "cores": 2, "date": "2026-11-28", "processor": "Intel(R) Xeon(R) ...",
     "rows": [{"answers": "plain", "gradings_per_second": 24300}]}

A table in a page stands between two comments; `python -m benchmarks.results` writes all of them anew:

    <!-- benchmarks/results/grading.json: answers, gradings_per_second = gradings a second -->
    | answers | gradings a second |
    |---|---|
    | plain | 24300 |
    <!-- end -->

A file may have several lists of rows by name instead of `rows`: `proof.json#arms` names one. Rows are chosen by a
value: `proof.json#arms[set=math500|svamp]`.
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
_SOURCE = r"(?P<path>benchmarks/results/\w+\.json)(?:#(?P<part>\w+))?(?:\[(?P<key>\w+)=(?P<values>[^]]+)\])?"
_TABLE = re.compile(rf"(?P<head><!-- {_SOURCE}: (?P<columns>.+?) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)

Rows = Sequence[Mapping[str, Any]]


def write(name: str, rows: Rows | Mapping[str, Rows], folder: Path = FOLDER, **other: Any) -> None:
    """Write and print the figures of the benchmark that runs now, with its command, the processor and today's date.

    `rows` are the only ones, or several lists of them by name. `other` replaces what is not of this process, such as
    the processor of a run that is only read here.
    """
    parts = rows if isinstance(rows, Mapping) else {"rows": rows}
    module = f"benchmarks.{Path(sys.argv[0]).stem}"
    found = {
        "command": " ".join(["python -m", module, *sys.argv[1:]]),
        "cores": len(os.sched_getaffinity(0)),
        "date": datetime.now(UTC).date().isoformat(),
        "processor": processor(),
        **{part: list(of_part) for part, of_part in parts.items()},
    }
    write_json(folder / f"{name}.json", found | other)
    for part, of_part in parts.items():
        _print(name if part == "rows" else f"{name}#{part}", of_part)


def filled(page: str, root: Path = Path()) -> str:
    """Return a page with each of its tables made of the results that it names."""
    return _TABLE.sub(lambda found: found["head"] + table(_chosen(found, root), found["columns"]) + found["end"], page)


def _chosen(found: re.Match[str], root: Path) -> Rows:
    rows: Rows = read_json(root / found["path"])[found["part"] or "rows"]
    return [row for row in rows if row[found["key"]] in found["values"].split("|")] if found["key"] else rows


def table(rows: Rows, columns: str) -> str:
    """Return a Markdown table of some columns, each `key` or `key = heading`; a key that a row lacks is left empty.

    Raises:
        ValueError: no row has a key.
    """
    pairs = [column.partition(" = ") for column in columns.split(", ")]
    if unknown := {key for key, _, _ in pairs}.difference(*rows):
        raise ValueError(f"no row has {', '.join(sorted(unknown))}")
    head, *body = _cells(rows, {key: heading or key for key, _, heading in pairs})
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, *body]).replace("\n", f"\n|{'---|' * len(head)}\n", 1)


def _print(name: str, rows: Rows) -> None:
    """Print all columns for a person to read."""
    lines = _cells(rows, {key: key for row in rows for key in row})
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"{name}:")
    for line in lines:
        print("  " + "  ".join(map(str.ljust, line, widths)).rstrip())


def _cells(rows: Rows, headings: Mapping[str, str]) -> list[list[str]]:
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
