"""The figures of the run that `dvc repro` has finished here, or in another clone: of the default params, or of others.

    dvc repro && python -m benchmarks.default_run && python -m benchmarks.results
    python -m benchmarks.default_run --reports ../with-vllm/reports --name default_run_vllm
    python -m benchmarks.default_run --reports ../sei/reports --name tutorial

The results get the processor, the cores and the date of that run.
"""

import csv
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from stages.core.files import read_json
from stages.core.problem_sets import OOD, TEST

TRAINED_ON = "trained on, with earlier iterations"


def main() -> None:
    """Write accuracies, comparisons and minutes."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    parser.add_argument("--name", default="default_run", help="that the results' names begin with")
    arguments = parser.parse_args()
    reports, name = arguments.reports, arguments.name
    provenance = read_json(reports / "provenance.json")
    of_run = {key: provenance["machine"][key] for key in ("cores", "processor")} | {"date": provenance["written"][:10]}
    minutes = read_json(reports / "summary.json")["minutes"]
    results.write(name, _models(reports), **of_run)
    results.write(f"{name}_comparisons", _comparisons(reports), **of_run)
    longest_first = sorted(minutes.items(), key=lambda item: (item[0] == "total", -(item[1] or 0)))
    rows = [{"stage": stage, "minutes": spent} for stage, spent in longest_first]
    results.write(f"{name}_minutes", rows, **of_run)


def _models(reports: Path) -> list[dict[str, Any]]:
    rows = {row["iteration"]: int(row["count"]) for row in _read(reports / "funnel.csv") if row["step"] == TRAINED_ON}
    measured = {(row["iteration"], row["problem_set"]): row for row in _read(reports / "accuracy.csv")}
    return [
        {
            "model": model,
            "rows": rows.get(model),
            "solved": int(test["correct"]),
            "of": int(test["scored"]),
            "percent": _percent(test["accuracy"]),
            "low": _percent(test["low"]),
            "high": _percent(test["high"]),
            **_unseen(measured.get((model, problem_set.replace(TEST, OOD, 1)))),
        }
        for (model, problem_set), test in measured.items()
        if problem_set.startswith(f"{TEST}/")
    ]


def _unseen(of_unseen_groups: dict[str, str] | None) -> dict[str, int]:
    """Return how many problems of groups that are in no training problem are solved, where there are any."""
    if of_unseen_groups is None:
        return {}
    return {"unseen_solved": int(of_unseen_groups["correct"]), "unseen_of": int(of_unseen_groups["scored"])}


def _comparisons(reports: Path) -> list[dict[str, Any]]:
    return [
        {
            "problem_set": row["problem_set"],
            "model": row["iteration"],
            "against": row["against"],
            "points": _percent(row["difference"]),
            "low": _percent(row["low"]),
            "high": _percent(row["high"]),
            "fixed": int(row["fixed"]),
            "broken": int(row["broken"]),
            "p": float(row["p"]),
        }
        for row in _read(reports / "comparisons.csv")
    ]


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _percent(share: str) -> float:
    return round(100 * float(share), 1)


if __name__ == "__main__":
    main()
