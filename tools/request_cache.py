"""List, prune and export the request cache.

    python -m tools.request_cache list
    python -m tools.request_cache prune --older-than 30 --model gpt-4o --truncated
    python -m tools.request_cache export replies.jsonl

Filters of `prune` narrow each other down. What was pruned is asked again, and paid again, when it is needed; payments
stay on the account of `instructor.budget_usd`.
"""

import argparse
import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from stages.core.exceptions import SeiError, SourceError
from stages.core.files import replacing
from stages.core.runtime import scratch
from stages.llm.request_cache import RequestCache

_DAY = 86_400.0
_COLUMNS = ("model", "replies", "truncated", "refused", "tokens in", "tokens out", "dollars")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an expected error is one line and exit status 1."""
    parsed = _parser().parse_args(arguments)
    try:
        path = parsed.cache or scratch("requests.sqlite")
        if not path.exists():
            raise SourceError(f"{path}: no request cache; `--cache` names another file")
        with RequestCache(path) as cache:
            parsed.run(cache, parsed)
    except (SeiError, sqlite3.Error, OSError) as error:
        sys.exit(f"error: request_cache: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.request_cache",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cache", type=Path, help="the file; by default requests.sqlite in $SEI_CACHE or .sei")
    commands = parser.add_subparsers(required=True)
    listing = commands.add_parser("list", help="count replies, tokens and dollars by model")
    listing.set_defaults(run=list_replies)
    pruning = commands.add_parser("prune", help="delete replies that meet all the given filters")
    pruning.add_argument("--older-than", type=float, metavar="DAYS")
    pruning.add_argument("--model", metavar="NAME", help="as instructor.openai.model names it")
    pruning.add_argument("--truncated", action="store_true", help="replies that were cut at max_tokens")
    pruning.add_argument("--refused", action="store_true", help="refusals, to ask again")
    pruning.add_argument("--batches", action="store_true", help="instead of replies, forget batches in progress")
    pruning.set_defaults(run=prune)
    exporting = commands.add_parser("export", help="write requests and replies as JSON lines, without any key")
    exporting.add_argument("file", type=Path, nargs="?", help="by default standard output")
    exporting.set_defaults(run=export)
    return parser


def list_replies(cache: RequestCache, _: argparse.Namespace) -> None:
    """Print a table by model, and the sum of payments."""
    query = """
        SELECT asked_model, COUNT(*), SUM(truncated), SUM(refused), SUM(input_tokens), SUM(output_tokens), SUM(dollars)
        FROM replies GROUP BY asked_model ORDER BY asked_model"""
    rows = [(*row[:6], "-" if row[6] is None else f"{row[6]:.4f}") for row in cache.connection.execute(query)]
    table = [_COLUMNS, *(tuple(map(str, row)) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(_COLUMNS))]
    for name, *cells in table:
        aligned = [f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True)]
        sys.stdout.write("  ".join([f"{name:{widths[0]}}", *aligned]) + "\n")
    (open_batches,) = cache.connection.execute("SELECT COUNT(*) FROM batches").fetchone()
    sys.stdout.write(f"paid in all ${cache.spent():.4f}, batches in progress {open_batches}\n")


def prune(cache: RequestCache, arguments: argparse.Namespace) -> None:
    """Delete the replies that meet the filters, and print how many.

    Raises:
        SourceError: there is no filter.
    """
    if arguments.batches:
        with cache.transaction():
            cache.connection.execute("DELETE FROM batch_requests")
            count = cache.connection.execute("DELETE FROM batches").rowcount
        sys.stdout.write(f"forgot {count} batches in progress; their replies are lost\n")
        return
    conditions = {
        "created < ?": arguments.older_than is not None and time.time() - arguments.older_than * _DAY,
        "asked_model = ?": arguments.model,
        "truncated = ?": arguments.truncated,
        "refused = ?": arguments.refused,
    }
    chosen = {condition: value for condition, value in conditions.items() if value not in (None, False)}
    if not chosen:
        raise SourceError("prune: give --older-than, --model, --truncated, --refused or --batches")
    statement = f"DELETE FROM replies WHERE {' AND '.join(chosen)}"
    with cache.transaction():
        count = cache.connection.execute(statement, tuple(chosen.values())).rowcount
    sys.stdout.write(f"pruned {count} replies\n")


def export(cache: RequestCache, arguments: argparse.Namespace) -> None:
    """Write a JSON object for each reply, sorted by its hash."""
    if arguments.file is None:
        _write(sys.stdout, cache)
        return
    with replacing(arguments.file) as file:
        _write(file, cache)


def _write(file: TextIO, cache: RequestCache) -> None:
    for row in _rows(cache):
        file.write(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n")


def _rows(cache: RequestCache) -> Iterator[dict[str, Any]]:
    cursor = cache.connection.execute("SELECT * FROM replies ORDER BY key")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        values = dict(zip(names, row, strict=True))
        yield values | {
            "request": json.loads(values["request"]),
            "refused": bool(values["refused"]),
            "truncated": bool(values["truncated"]),
        }


if __name__ == "__main__":
    main()
