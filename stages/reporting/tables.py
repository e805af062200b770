"""Tables of the results: rows for CSV files, the one-row summary, and the lines for the terminal."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from stages.pipeline.files import replacing
from stages.pipeline.params import BASE
from stages.pipeline.records import UNASSIGNED
from stages.reporting.results import Model, Results

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
ERROR_TYPES = ["iteration", "error_type", "size", "share", "silhouette", "central_keyphrases"]
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
            "accuracy": measured["accuracy"],
            "low": measured["interval"][0],
            "high": measured["interval"][1],
        }
        for model in results.models
        for name, measured in model.evaluation.items()
    ]


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
            **{key: found[key] for key in ("problems", "fixed", "broken", "difference")},
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
    """Return a row for each iteration and error type."""
    return [
        {
            "iteration": iteration.name,
            "error_type": found["name"],
            "size": found["size"],
            "share": found["share"],
            "silhouette": found["silhouette"],
            "central_keyphrases": " | ".join(found["central_keyphrases"]),
        }
        for iteration in results.iterations
        for found in iteration.error_types
    ]


def funnel(results: Results) -> list[Row]:
    """Return how many problems, cases and candidates passed each step of each iteration."""
    rows = []
    for iteration in results.iterations:
        rejected = iteration.synthesis["rejected"]
        steps = {
            "problems": iteration.bad_cases["problems"],
            "bad cases": iteration.bad_cases["bad"],
            "candidates accepted": iteration.synthesis["accepted"],
            **{f"rejected: {reason}": count for reason, count in rejected.items()},
            "candidates wanted and not reached": iteration.synthesis["shortfall"],
            "kept by selection": iteration.selection["kept"],
        }
        rows += [{"iteration": iteration.name, "step": step, "count": count} for step, count in steps.items()]
    return rows


def loss(results: Results) -> list[Row]:
    """Return the training loss of each iteration by step."""
    return [
        {"iteration": iteration.name, "step": step, "loss": value}
        for iteration in results.iterations
        for step, value in iteration.loss
    ]


def summary(results: Results) -> Row:
    """Return the numbers by which experiments are compared: one row of `dvc exp show`.

    Accuracies and gains are those of the last iteration on each test set, the gain against base with its 95 % interval;
    bad cases and error types are what the last iteration started from; `kept` counts the new problems of all
    iterations. Times are not among them: they differ from run to run, and the same inputs should give the same bytes.
    """
    base, last = results.models[0].evaluation, results.models[-1]
    return {
        "iterations": len(results.iterations),
        "bad_cases": results.iterations[-1].bad_cases["bad"],
        "error_types": sum(found["name"] != UNASSIGNED for found in results.iterations[-1].error_types),
        "kept": sum(iteration.selection["kept"] for iteration in results.iterations),
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


def terminal(results: Results) -> str:
    """Return the accuracies as lines of text, for the end of a run."""
    lines = [f"{'':10} {'set':14} {'correct':>9} {'accuracy':>9}  95 % interval"]
    for row in accuracy(results):
        counts = f"{row['correct']}/{row['scored']}"
        share = "-" if row["accuracy"] is None else f"{row['accuracy']:.1%}"
        interval = f"{row['low']:.1%} to {row['high']:.1%}"
        lines.append(f"{row['iteration']:10} {row['problem_set']:14} {counts:>9} {share:>9}  {interval}")
    for row in comparisons(results):
        change = "" if row["difference"] is None else f"{_points(row['difference'])} points "
        interval = f"({_points(row['low'])} to {_points(row['high'])}, p {row['p']:.2g})"
        counts = f"{row['fixed']} fixed, {row['broken']} broken"
        lines.append(
            f"{row['iteration']} against {row['against']} on {row['problem_set']}: {counts}, "
            f"{change}{interval}: {verdict_on(row)}"
        )
    return "\n".join(lines)


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"
