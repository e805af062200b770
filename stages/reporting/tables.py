"""Tables of the results: rows for CSV files, and the one-row summary."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import replacing
from stages.core.params import BASE
from stages.core.records import UNASSIGNED
from stages.reporting.history import type_names
from stages.reporting.results import Iteration, Model, Results

Row = dict[str, Any]


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows under a header, also where there are none."""
    with replacing(path) as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


ACCURACY = ["iteration", "depth", "problem_set", "scored", "correct", "accuracy", "low", "high"]
COMPARISONS = [
    "iteration", "against", "problem_set", "problems", "fixed", "broken", "difference", "low", "high", "p",
    "measurable",
]  # fmt: skip
MISTAKES = ["iteration", "against", "problem_set", "mistake", "before", "after", "fixed", "broken"]
VERDICTS = ["iteration", "problem_set", "verdict", "count"]
ERROR_TYPES = ["iteration", "error_type_id", "error_type", "size", "share", "silhouette", "central_keyphrases"]
FUNNEL = ["iteration", "step", "count"]
LOSS = ["iteration", "step", "loss"]


def accuracy(results: Results) -> list[Row]:
    """Return a row for each model and test set."""
    return [
        {
            "iteration": model.name,
            "depth": model.depth,
            "problem_set": name,
            "scored": measured["scored"],
            "correct": measured["correct"],
            "accuracy": _share(measured["correct"], measured["scored"]),
            "low": measured["interval"][0],
            "high": measured["interval"][1],
        }
        for model in results.models
        for name, measured in model.evaluation.items()
    ]


def _share(count: int, of: int) -> float | None:
    """Return a fraction from its counts: rounded twice, 27 of 132 would be 20.4 % and not 20.5 %."""
    return count / of if of else None


def verdicts(results: Results) -> list[Row]:
    """Return a row for each model, test set and verdict."""
    return [
        {"iteration": model.name, "problem_set": name, "verdict": verdict, "count": count}
        for model in results.models
        for name, measured in model.evaluation.items()
        for verdict, count in measured["verdicts"].items()
    ]


def comparisons(results: Results) -> list[Row]:
    """Return a row for each model, test set and model that it is compared with."""
    return [
        {
            "iteration": model.name,
            "against": model.parent if other == "parent" else BASE,
            "problem_set": name,
            **{key: found[key] for key in ("problems", "fixed", "broken")},
            "difference": _share(found["fixed"] - found["broken"], found["problems"]),
            "low": found["interval"][0],
            "high": found["interval"][1],
            "p": found["p"],
            "measurable": found["measurable"],
        }
        for model, name, other, found in _compared(results)
    ]


def mistakes(results: Results) -> list[Row]:
    """Return a row for each comparison and kind of first mistake."""
    return [
        {
            "iteration": model.name,
            "against": model.parent if other == "parent" else BASE,
            "problem_set": name,
            "mistake": kind,
            **counts,
        }
        for model, name, other, found in _compared(results)
        for kind, counts in found["mistakes"].items()
    ]


def _compared(results: Results) -> Iterator[tuple[Model, str, str, dict[str, Any]]]:
    """Yield model, test set, `base` or `parent`, and the comparison; a parent that is base is told once."""
    for model in results.models:
        for name, found in model.comparisons.items():
            for other in ("base",) if model.parent == BASE else ("base", "parent"):
                yield model, name, other, found[other]


def error_types(results: Results) -> list[Row]:
    """Return a row for each iteration and error type, which bears one name in all of them."""
    names = type_names(results)
    return [
        {
            "iteration": iteration.name,
            "error_type_id": found["id"],
            "error_type": names[found["id"]],
            "size": found["size"],
            "share": found["share"],
            "silhouette": found["silhouette"],
            "central_keyphrases": " | ".join(found["central_keyphrases"]),
        }
        for iteration in results.iterations
        for found in iteration.error_types
    ]


@dataclass(frozen=True)
class Step:
    """A step from problems to training data, and how many passed it; or, if `lost`, how many were lost there."""

    name: str
    count: int
    lost: bool = False


def steps(iteration: Iteration, reasons: Sequence[str]) -> list[Step]:
    """Return the steps of an iteration, with one for each of the reasons for which candidates were rejected."""
    synthesis, training = iteration.synthesis, iteration.training
    rejected = [Step(f"rejected: {reason}", synthesis["rejected"].get(reason, 0), lost=True) for reason in reasons]
    return [
        Step("problems tried", iteration.bad_cases["problems"]),
        Step("not solved: bad cases", iteration.bad_cases["bad"]),
        Step("new problems written", synthesis["accepted"] + sum(synthesis["rejected"].values())),
        *rejected,
        Step("passed the checks", synthesis["accepted"]),
        Step("wanted and not reached", synthesis["shortfall"], lost=True),
        Step("kept by selection", iteration.selection["kept"]),
        Step("too long to train on", training.get("too_long", 0), lost=True),
        Step("trained on, with earlier iterations", training["rows"]),
    ]


def reject_reasons(results: Results) -> list[str]:
    """Return all reasons for which a candidate of any iteration was rejected, in the order in which they turn up."""
    return list(dict.fromkeys(reason for found in results.iterations for reason in found.synthesis["rejected"]))


def funnel(results: Results) -> list[Row]:
    """Return how many problems, cases and candidates passed each step of each iteration."""
    reasons = reject_reasons(results)
    return [
        {"iteration": iteration.name, "step": step.name, "count": step.count}
        for iteration in results.iterations
        for step in steps(iteration, reasons)
    ]


def loss(results: Results) -> list[Row]:
    """Return the training loss of each iteration by step."""
    return [
        {"iteration": iteration.name, "step": step, "loss": value}
        for iteration in results.iterations
        for step, value in iteration.loss
    ]


def summary(results: Results, dollars: float | None, minutes: Mapping[str, float | None]) -> Row:
    """Return the numbers by which experiments are compared: one row of `dvc exp show`.

    Accuracies and gains are those of the last iteration on each test set, the gain against base with its 95 % interval;
    bad cases and error types are what the last iteration started from; `kept` counts the new problems of all
    iterations. The minutes of each stage differ from run to run; nothing depends on this file.
    """
    base, last = results.models[0].evaluation, results.models[-1]
    return {
        "iterations": len(results.iterations),
        "bad_cases": results.iterations[-1].bad_cases["bad"],
        "error_types": sum(found["name"] != UNASSIGNED for found in results.iterations[-1].error_types),
        "kept": sum(iteration.selection["kept"] for iteration in results.iterations),
        "dollars": dollars,
        "minutes": dict(minutes),
        **{
            name.replace("/", "_"): _change(base[name], measured, last.comparisons[name][BASE])
            for name, measured in last.evaluation.items()
        },
    }


def _change(before: Mapping[str, Any], after: Mapping[str, Any], compared: Mapping[str, Any]) -> Row:
    low, high = compared["interval"]
    return {
        "base": before["accuracy"],
        "last": after["accuracy"],
        "gain": compared["difference"],
        "gain_low": low,
        "gain_high": high,
        "problems": after["problems"],
    }


def verdict_on(row: Mapping[str, Any]) -> str:
    """Say in words what a row of `comparisons` found."""
    if row["difference"] is None:
        return "not measured"
    if not row["measurable"]:
        return "no measurable change"
    return "better" if row["difference"] > 0 else "worse"
