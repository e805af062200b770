"""The figures of the run of the default params that `dvc repro` has finished in the current folder.

    dvc repro && python -m benchmarks.default_run && python -m benchmarks.results

Reads `reports/`, and gives the results the processor, the cores and the date of that run.
"""

import csv
from pathlib import Path
from typing import Any

from benchmarks import results
from stages.core.files import read_json

REPORTS = Path("reports")
TRAINED_ON = "trained on, with earlier iterations"


def main() -> None:
    """Write accuracies, comparisons and minutes."""
    provenance = read_json(REPORTS / "provenance.json")
    of_run = {key: provenance["machine"][key] for key in ("cores", "processor")} | {"date": provenance["written"][:10]}
    minutes = read_json(REPORTS / "summary.json")["minutes"]
    results.write("default_run", _models(), **of_run)
    results.write("default_run_comparisons", _comparisons(), **of_run)
    longest_first = sorted(minutes.items(), key=lambda item: (item[0] == "total", -(item[1] or 0)))
    results.write(
        "default_run_minutes", [{"stage": stage, "minutes": spent} for stage, spent in longest_first], **of_run
    )


def _models() -> list[dict[str, Any]]:
    rows = {row["iteration"]: int(row["count"]) for row in _read("funnel.csv") if row["step"] == TRAINED_ON}
    measured = {(row["iteration"], row["problem_set"]): row for row in _read("accuracy.csv")}
    return [
        {
            "model": model,
            "rows": rows.get(model),
            "solved": int(test["correct"]),
            "of": int(test["scored"]),
            "percent": _percent(test["accuracy"]),
            "low": _percent(test["low"]),
            "high": _percent(test["high"]),
            "unseen_solved": int(measured[model, "ood/unseen"]["correct"]),
            "unseen_of": int(measured[model, "ood/unseen"]["scored"]),
        }
        for (model, problem_set), test in measured.items()
        if problem_set == "test"
    ]


def _comparisons() -> list[dict[str, Any]]:
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
        for row in _read("comparisons.csv")
    ]


def _read(name: str) -> list[dict[str, str]]:
    with (REPORTS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _percent(share: str) -> float:
    return round(100 * float(share), 1)


if __name__ == "__main__":
    main()
