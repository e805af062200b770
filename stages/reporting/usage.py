"""What the instructor cost, by iteration and stage.

    {"iter1": {"generate_keyphrases": {"dollars": 0.31, "input_tokens": 91000, "output_tokens": 8200, "requests": 187}},
     "total": {"dollars": 0.31, "input_tokens": 91000, "output_tokens": 8200, "requests": 187}}

A stage with an instructor that is paid for writes `usage` among its metrics. The account tells what the replies cost
that a stage used: a run that is served from the request cache has the same one.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from stages.core.files import read_json
from stages.llm.spending import Usage, account, total
from stages.reporting.markup import money

TOTAL = "total"


def collect(metrics: Path, iterations: Iterable[str]) -> dict[str, Any]:
    """Read the metrics of the given iterations; stages that paid for nothing are left out.

    Raises:
        RecordsError: a file is broken.
    """
    found = {name: _iteration(metrics / name) for name in iterations}
    parts = [Usage(**usage) for stages in found.values() for usage in stages.values()]
    return {name: stages for name, stages in found.items() if stages} | {TOTAL: account(total(parts))["usage"]}


def rows(used: Mapping[str, Any]) -> list[list[Any]]:
    """Return iteration, stage, dollars, requests, tokens in and out of each stage, at the end of all together."""
    stages = [(name, stage, usage) for name in used if name != TOTAL for stage, usage in used[name].items()]
    return [
        [name, stage, *(usage[key] for key in ("dollars", "requests", "input_tokens", "output_tokens"))]
        for name, stage, usage in ([*stages, (TOTAL, "", used[TOTAL])] if stages else [])
    ]


def texts(used: Mapping[str, Any]) -> list[list[str]]:
    """Return the same rows as people read them."""
    return [[name, stage, money(paid), *(f"{n:,}" for n in counts)] for name, stage, paid, *counts in rows(used)]


def _iteration(folder: Path) -> dict[str, Any]:
    measured = {path.stem: read_json(path) for path in sorted(folder.glob("*.json"))}
    return {stage: metrics["usage"] for stage, metrics in measured.items() if "usage" in metrics}
