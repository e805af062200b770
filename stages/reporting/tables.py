"""Tables of the results: a dataclass for the rows of each CSV file, and the one-row summary."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from stages.core.files import replacing
from stages.core.metrics import Comparison, Evaluation
from stages.core.params import BASE
from stages.core.records import UNASSIGNED
from stages.core.verdict import Verdict
from stages.reporting import usage
from stages.reporting.history import type_names
from stages.reporting.results import Iteration, Model, Results


def write_csv(path: Path, kind: type, rows: Sequence[Any]) -> None:
    """Write rows, which are dataclasses of one kind, under a header with its fields, also where there are none."""
    with replacing(path) as file:
        writer = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(vars, rows))


@dataclass(frozen=True)
class AccuracyRow:
    """A model on a problem set; `low` and `high` are the ends of the 95 % interval."""

    iteration: str
    depth: int
    problem_set: str
    scored: int
    correct: int
    accuracy: float | None
    low: float
    high: float


def accuracy(results: Results) -> list[AccuracyRow]:
    """Return a row for each model and problem set."""
    return [
        AccuracyRow(
            model.name, model.depth, problem_set, measured.scored, measured.correct,
            _share(measured.correct, measured.scored), *measured.interval,
        )
        for model in results.models
        for problem_set, measured in model.evaluation.items()
    ]  # fmt: skip


def _share(count: int, of: int) -> float | None:
    """Return a fraction from its counts: rounded twice, 27 of 132 would be 20.4 % and not 20.5 %."""
    return count / of if of else None


@dataclass(frozen=True)
class VerdictRow:
    """How many outputs of a model on a problem set have a verdict."""

    iteration: str
    problem_set: str
    verdict: Verdict
    count: int


def verdicts(results: Results) -> list[VerdictRow]:
    """Return a row for each model, problem set and verdict."""
    return [
        VerdictRow(model.name, problem_set, verdict, count)
        for model in results.models
        for problem_set, measured in model.evaluation.items()
        for verdict, count in measured.verdicts.items()
    ]


@dataclass(frozen=True)
class ComparisonRow:
    """A model against an older one on a problem set; `low` and `high` are of the difference."""

    iteration: str
    against: str
    problem_set: str
    problems: int
    fixed: int
    broken: int
    difference: float | None
    low: float
    high: float
    p: float
    measurable: bool


def comparisons(results: Results) -> list[ComparisonRow]:
    """Return a row for each model, problem set and model that it is compared with."""
    return [
        ComparisonRow(
            model.name, against, problem_set, compared.problems, compared.fixed, compared.broken,
            _share(compared.fixed - compared.broken, compared.problems), *compared.interval, compared.p,
            compared.measurable,
        )
        for model, against, problem_set, compared in _compared(results)
    ]  # fmt: skip


def finding(row: ComparisonRow) -> str:
    """Say in words what a comparison found."""
    if row.difference is None:
        return "not measured"
    if not row.measurable:
        return "no measurable change"
    return "better" if row.difference > 0 else "worse"


@dataclass(frozen=True)
class MistakeRow:
    """Outputs with one kind of first mistake, of a model and of an older one, on a problem set."""

    iteration: str
    against: str
    problem_set: str
    mistake: str
    before: int
    after: int
    fixed: int
    broken: int


def mistakes(results: Results) -> list[MistakeRow]:
    """Return a row for each comparison and kind of first mistake."""
    return [
        MistakeRow(model.name, against, problem_set, mistake, **vars(change))
        for model, against, problem_set, compared in _compared(results)
        for mistake, change in compared.mistakes.items()
    ]


def _compared(results: Results) -> Iterator[tuple[Model, str, str, Comparison]]:
    """Yield model, the name of the one it is compared with, problem set and comparison; a parent that is base once."""
    for model in results.models:
        for problem_set, both in model.comparisons.items():
            yield model, BASE, problem_set, both.base
            if model.parent not in (None, BASE):
                yield model, str(model.parent), problem_set, both.parent


@dataclass(frozen=True)
class ErrorTypeRow:
    """An error type of an iteration."""

    iteration: str
    error_type_id: str
    error_type: str
    size: int
    share: float
    silhouette: float
    central_keyphrases: str


def error_types(results: Results) -> list[ErrorTypeRow]:
    """Return a row for each iteration and error type, which bears one name in all of them."""
    names = type_names(results)
    return [
        ErrorTypeRow(
            iteration.name, kind.id, names[kind.id], kind.size, kind.share, kind.silhouette,
            " | ".join(kind.central_keyphrases),
        )
        for iteration in results.iterations
        for kind in iteration.error_types.types
    ]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """A step from problems to training data, and how many passed it; or, if `lost`, how many were lost there."""

    name: str
    count: int
    lost: bool = False


def steps(iteration: Iteration, reasons: Sequence[str]) -> list[Step]:
    """Return the steps of an iteration, with one for each of the reasons for which candidates were rejected."""
    synthesis, training = iteration.synthesis, iteration.training
    rejected = [Step(f"rejected: {reason}", synthesis.rejected.get(reason, 0), lost=True) for reason in reasons]
    return [
        Step("problems tried", iteration.bad_cases.problems),
        Step("not solved: bad cases", iteration.bad_cases.bad),
        Step("new problems written", synthesis.accepted + sum(synthesis.rejected.values())),
        *rejected,
        Step("passed the checks", synthesis.accepted),
        Step("wanted and not reached", synthesis.shortfall, lost=True),
        Step("kept by selection", iteration.selection.kept),
        Step("too long to train on", training.too_long, lost=True),
        Step("trained on, with earlier iterations", training.rows),
    ]


def reject_reasons(results: Results) -> list[str]:
    """Return all reasons for which a candidate of any iteration was rejected, in the order in which they turn up."""
    return list(dict.fromkeys(reason for iteration in results.iterations for reason in iteration.synthesis.rejected))


@dataclass(frozen=True)
class FunnelRow:
    """How many passed a step of an iteration, or were lost there."""

    iteration: str
    step: str
    count: int


def funnel(results: Results) -> list[FunnelRow]:
    """Return how many problems, cases and candidates passed each step of each iteration."""
    reasons = reject_reasons(results)
    return [
        FunnelRow(iteration.name, step.name, step.count)
        for iteration in results.iterations
        for step in steps(iteration, reasons)
    ]


@dataclass(frozen=True)
class LossRow:
    """The training loss of an iteration at a step, in nats a token."""

    iteration: str
    step: int
    loss: float


def loss(results: Results) -> list[LossRow]:
    """Return the training loss of each iteration by step."""
    return [LossRow(iteration.name, step, value) for iteration in results.iterations for step, value in iteration.loss]


def summary(results: Results, minutes: Mapping[str, float | None]) -> dict[str, Any]:
    """Return the numbers by which experiments are compared: one row of `dvc exp show`.

    Accuracies and gains are those of the last iteration on each problem set, the gain against base with its 95 %
    interval; bad cases and error types are what the last iteration started from; `kept` counts the new problems of all
    iterations. The minutes of each stage differ from run to run; nothing depends on this file.
    """
    base, last = results.models[0].evaluation, results.models[-1]
    return {
        "iterations": len(results.iterations),
        "bad_cases": results.iterations[-1].bad_cases.bad,
        "error_types": sum(kind.name != UNASSIGNED for kind in results.iterations[-1].error_types.types),
        "kept": sum(iteration.selection.kept for iteration in results.iterations),
        "dollars": usage.account(results.iterations).total.dollars,
        "minutes": dict(minutes),
        **{
            problem_set.replace("/", "_"): _gain(base[problem_set], measured, last.comparisons[problem_set].base)
            for problem_set, measured in last.evaluation.items()
        },
    }


def _gain(before: Evaluation, after: Evaluation, compared: Comparison) -> dict[str, float | None]:
    low, high = compared.interval
    return {
        "base": before.accuracy,
        "last": after.accuracy,
        "gain": compared.difference,
        "gain_low": low,
        "gain_high": high,
        "problems": after.problems,
    }
