"""Tables of the results, one for each CSV file, and the one-row summary."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_type_hints

from pydantic import TypeAdapter, ValidationError

from stages.core.exceptions import RecordsError
from stages.core.files import replacing
from stages.core.metrics import Comparison, Evaluation, Majority
from stages.core.params import BASE
from stages.core.problem_sets import POOLED, of_role, standing_for
from stages.core.records import UNASSIGNED
from stages.core.solutions import WORKED
from stages.reporting import usage
from stages.reporting.families import TRAIN, FamilyShare
from stages.reporting.history import type_names
from stages.reporting.results import Iteration, Model, Results

M = TypeVar("M")
R = TypeVar("R")


class Table(NamedTuple):
    """Names of columns, and rows with a cell for each."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]


def write_csv(path: Path, table: Table) -> None:
    """Write a table under a header, also where it has no rows."""
    with replacing(path) as file:
        csv.writer(file, lineterminator="\n").writerows([table.columns, *table.rows])


def read_csv(text: str, kind: type[R], where: str, defaults: Mapping[str, Any] | None = None) -> list[R]:
    """Read what `write_csv` wrote as rows of `kind`, a named tuple; `defaults` are of columns that may be missing.

    Raises:
        RecordsError: it has no such rows, naming line and column of the file `where`.
    """
    rows = []
    reader = csv.DictReader(StringIO(text, newline=""))
    for cells in reader:
        own = {name: cell or None for name, cell in cells.items() if name in get_type_hints(kind)}
        try:
            rows.append(TypeAdapter(kind).validate_python({**(defaults or {}), **own}))
        except ValidationError as error:
            fault = error.errors()[0]
            raise RecordsError(
                f"{where}:{reader.line_num}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}"
            ) from None
    return rows


class AccuracyRow(NamedTuple):
    """A model on a problem set; `low` and `high` are the ends of the 95 % interval.

    With several samples of each problem, `accuracy` is their mean, and `majority` what their commonest answers give.
    """

    iteration: str
    depth: int
    problem_set: str
    scored: int
    correct: int | float
    accuracy: float | None
    low: float
    high: float
    samples: int
    majority: float | None
    majority_low: float | None
    majority_high: float | None


def accuracy(results: Results) -> list[AccuracyRow]:
    """Return a row for each model and problem set."""
    return [
        AccuracyRow(
            model.name, model.depth, problem_set, measured.scored, measured.correct,
            measured.accuracy if problem_set in POOLED else _share(measured.correct, measured.scored),
            *measured.interval, measured.samples, *_majority(measured.majority),
        )
        for model in results.models
        for problem_set, measured in model.evaluation.items()
    ]  # fmt: skip


def _majority(found: Majority | None) -> tuple[float | None, float | None, float | None]:
    return (found.accuracy, *found.interval) if found else (None, None, None)


def tries(results: Results) -> Table:
    """Return the mean pass rate of each set's training problems, of iterations with several tries at each."""
    rows = [
        (one.name, name, counts.problems, one.bad_cases.samples, counts.pass_rate, counts.bad)
        for one in results.iterations
        if one.bad_cases.samples > 1
        for name, counts in one.bad_cases.sets.items()
    ]
    return Table(("iteration", "set", "problems", "tries", "mean pass rate", "bad cases"), rows)


def _of_sets(measured: Mapping[str, M]) -> list[tuple[str, M]]:
    """Return measurements by problem set, without a pooled one where the sets of its role are there too."""
    return [(name, one) for name, one in measured.items() if name not in POOLED or not of_role(name, measured)]


def _share(count: float, of: int) -> float | None:
    """Return a fraction from its counts: rounded twice, 27 of 132 would be 20.4 % and not 20.5 %."""
    return count / of if of else None


def verdicts(results: Results) -> Table:
    """Return the number of outputs of each model on each problem set that have each verdict."""
    rows = [
        (model.name, problem_set, verdict, count)
        for model in results.models
        for problem_set, measured in _of_sets(model.evaluation)
        for verdict, count in measured.verdicts.items()
    ]
    return Table(("iteration", "problem_set", "verdict", "count"), rows)


class ComparisonRow(NamedTuple):
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
    """Return a row for each model, problem set and older model."""
    return [
        comparison_row(model.name, against, problem_set, compared)
        for model, against, problem_set, compared in _compared(results)
    ]


def comparison_row(model: str, against: str, problem_set: str, compared: Comparison) -> ComparisonRow:
    """Return the row of a model against another on a problem set."""
    return ComparisonRow(
        model, against, problem_set, compared.problems, compared.fixed, compared.broken,
        compared.difference if problem_set in POOLED
        else _share(sum(change * count for change, count in compared.changes), compared.problems),
        *compared.interval, compared.p, compared.measurable,
    )  # fmt: skip


def finding(row: ComparisonRow) -> str:
    """Return the result of a comparison in words."""
    if row.difference is None:
        return "not measured"
    if not row.measurable:
        return "no measurable change"
    return "better" if row.difference > 0 else "worse"


def mistakes(results: Results) -> Table:
    """Return the outputs with each kind of first mistake, of a model and of an older one, on each problem set."""
    rows = [
        (model.name, against, problem_set, mistake, change.before, change.after, change.fixed, change.broken)
        for model, against, problem_set, compared in _compared(results)
        if problem_set in dict(_of_sets(model.comparisons))
        for mistake, change in compared.mistakes.items()
    ]
    return Table(("iteration", "against", "problem_set", "mistake", "before", "after", "fixed", "broken"), rows)


def _compared(results: Results) -> Iterator[tuple[Model, str, str, Comparison]]:
    """Yield model, older model, problem set and comparison: with base, then with a parent other than base."""
    for model in results.models:
        for problem_set, both in model.comparisons.items():
            yield model, BASE, problem_set, both.base
            if model.parent not in (None, BASE):
                yield model, str(model.parent), problem_set, both.parent


def error_types(results: Results) -> Table:
    """Return the error types of each iteration; a type has the same name in all of them."""
    names = type_names(results)
    rows = [
        (iteration.name, kind.id, names[kind.id], kind.size, kind.share, kind.silhouette,
         " | ".join(kind.central_keyphrases),
         _listed(iteration.type_sets.get(kind.id, {})), _listed(iteration.type_families.get(kind.id, {})))
        for iteration in results.iterations
        for kind in iteration.error_types.types
    ]  # fmt: skip
    columns = ("iteration", "error_type_id", "error_type", "size", "share", "silhouette", "central_keyphrases", "sets")
    return Table((*columns, "families"), rows)


def _listed(counts: Mapping[str, int]) -> str:
    return " | ".join(f"{name} {count}" for name, count in counts.items())


def families(results: Results) -> Table:
    """Return the share of each family of errors in what a model fails at, on each problem set."""
    return Table(FamilyShare._fields, results.families)


def families_by_set(results: Results) -> list[FamilyShare]:
    """Return the families that were met on each problem set, without those of all training problems."""
    return [row for row in results.families if row.outputs and row.problem_set != TRAIN]


@dataclass(frozen=True)
class Step:
    """A step from problems to training data: the number that passed it or, if `lost`, that was lost there.

    The page leaves out a step with 0 that is `lost`, or `seldom` has any.
    """

    name: str
    count: int
    lost: bool = False
    seldom: bool = False


def steps(iteration: Iteration, reasons: Sequence[str]) -> list[Step]:
    """Return the steps of an iteration, with one for each of the reasons for which candidates were rejected."""
    synthesis, training = iteration.synthesis, iteration.training
    sets = iteration.bad_cases.sets if len(iteration.bad_cases.sets) > 1 else {}
    rejected = [Step(f"rejected: {reason}", synthesis.rejected.get(reason, 0), lost=True) for reason in reasons]
    return [
        Step("problems tried", iteration.bad_cases.problems),
        *_of_each(sets, "tried", {name: one.problems for name, one in sets.items()}),
        Step("not solved: bad cases", iteration.bad_cases.bad),
        *_of_each(sets, "bad cases", {name: one.bad for name, one in sets.items()}),
        Step("new problems written", synthesis.accepted + sum(synthesis.rejected.values())),
        *rejected,
        Step("passed the checks", synthesis.accepted),
        *_of_each(sets, "passed", synthesis.by_set),
        Step("passed: exercises", synthesis.exercises, seldom=True),
        Step("wanted and not reached", synthesis.shortfall, lost=True),
        Step("with a solution to train on", iteration.solving.solved),
        Step("kept by selection", iteration.selection.kept),
        *_of_each(sets, "kept", iteration.selection.kept_by_set),
        Step("kept: exercises", iteration.selection.exercises, seldom=True),
        Step("rows: their solutions", iteration.selection.rows),
        Step("rows wanted and not reached", iteration.selection.shortfall, lost=True),
        Step("too long to train on", training.too_long, lost=True),
        Step("trained on, with earlier iterations", training.rows),
    ]


def _of_each(sets: Iterable[str], what: str, counts: Mapping[str, int]) -> list[Step]:
    return [Step(f"{what} of {name}", counts.get(name, 0)) for name in sets]


def reject_reasons(results: Results) -> list[str]:
    """Return the reasons for which candidates were rejected, in order of first appearance over all iterations."""
    return list(dict.fromkeys(reason for iteration in results.iterations for reason in iteration.synthesis.rejected))


def authors(results: Results) -> Table:
    """Return the tries at candidates by author, of iterations in which anyone was asked to solve them.

    Solutions that were written with their problems have a row where they are trained on too.
    """
    rows = [
        (one.name, author, counts.tries, counts.right, counts.solved, counts.kept)
        for one in results.iterations
        if set(one.solving.authors) - {WORKED}
        for author, counts in one.solving.authors.items()
        if author != WORKED or counts.kept
    ]
    return Table(("iteration", "author", "tries", "right", "problems solved", "solutions kept"), rows)


def problems(results: Results) -> Table:
    """Return what became of the rows of each problem set."""
    rows = [
        (one.name, one.source, one.rows, "; ".join(f"{count} {reason}" for reason, count in one.left_out.items()),
         one.train, one.dev, one.test, one.ood, one.faulty_golds)
        for one in results.problems
    ]  # fmt: skip
    return Table(("set", "source", "rows", "left out", "train", "dev", "test", "ood", "faulty golds"), rows)


def funnel(results: Results) -> Table:
    """Return how many problems, cases and candidates passed each step of each iteration, or were lost there."""
    reasons = reject_reasons(results)
    rows = [
        (iteration.name, step.name, step.count)
        for iteration in results.iterations
        for step in steps(iteration, reasons)
    ]
    return Table(("iteration", "step", "count"), rows)


def loss(results: Results) -> Table:
    """Return the training loss of each iteration by step, in nats a token."""
    rows = [(iteration.name, step, value) for iteration in results.iterations for step, value in iteration.loss]
    return Table(("iteration", "step", "loss"), rows)


def preferences(results: Results) -> Table:
    """Return, as text, what the pass over pairs of `train.method: dpo` did in the iterations that had one."""
    rows = [
        (iteration.name, str(one.pairs), "-" if one.loss is None else f"{one.loss:.3f}",
         first_and_last(one.margins, "+.3f"), first_and_last(one.accuracies, ".1%"),
         first_and_last(one.validation.losses if one.validation else [], ".3f"))
        for iteration in results.iterations
        if (one := iteration.training.preferences)
    ]  # fmt: skip
    columns = ("iteration", "pairs", "mean loss", "margin, first and last", "right preferred", "loss on pairs held out")
    return Table(columns, rows)


def first_and_last(values: Sequence[float], form: str) -> str:
    """Return the ends of a curve as text, each in a form of `format`; a dash where there is none."""
    return ", ".join(format(value, form) for value in [*values[:1], *values[-1:]]) or "-"


def summary(results: Results, minutes: Mapping[str, float | None]) -> dict[str, Any]:
    """Return the numbers by which experiments are compared: one row of `dvc exp show`.

    Accuracies and gains are those of the last iteration, the gain against base with its 95 % interval: `test` and `ood`
    are pooled over the sets of the role, or are its only graded set; the others are sets by name. Bad cases and error
    types are what the last iteration started from; `kept` counts the new problems of all iterations. The minutes of
    each stage differ from run to run; nothing depends on this file.
    """
    base, last = results.models[0].evaluation, results.models[-1]
    roles = {role: name for role in POOLED if (name := standing_for(role, last.graded))}
    others = {name.replace("/", "_"): name for name in last.evaluation if name not in roles.values()}
    return {
        "iterations": len(results.iterations),
        "bad_cases": results.iterations[-1].bad_cases.bad,
        "error_types": sum(kind.name != UNASSIGNED for kind in results.iterations[-1].error_types.types),
        "kept": sum(iteration.selection.kept for iteration in results.iterations),
        "dollars": usage.account(results.iterations).total.dollars,
        "minutes": dict(minutes),
        **{
            key: _gain(base[name], last.evaluation[name], last.comparisons[name].base)
            for key, name in (roles | others).items()
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
