"""The report's numbers as text: `reports/report.txt`."""

from collections.abc import Iterable, Sequence

from stages.core.problem_sets import is_dev
from stages.reporting import tables, usage
from stages.reporting.history import family_histories, type_histories, type_names
from stages.reporting.markup import duration, points
from stages.reporting.provenance import by_stage, instructed_by, total_seconds
from stages.reporting.results import Results


def render(results: Results) -> str:
    """Return accuracies, sets, errors, funnel, authors, losses, preferences, payments and times under headings."""
    parts = {
        "Accuracy": accuracy(results),
        "Development sets, for tuning": accuracy(results, dev=True),
        "Problem sets": _problems(results),
        "Tries at training problems": _tries(results),
        "What went wrong, of the training problems that are not solved": _families(results),
        "What went wrong on each problem set": _families_by_set(results),
        "Error types": _types(results),
        "From mistakes to training data": _funnel(results),
        "Solutions of the new problems": _authors(results),
        "Training loss": _losses(results),
        "Right solutions against wrong ones (dpo)": _preferences(results),
        "Paid to the instructor": _paid(results),
        "Time": _time(results),
    }
    return "\n\n".join(f"{heading}\n" + "\n".join(lines) for heading, lines in parts.items() if lines)


def accuracy(results: Results, *, dev: bool = False) -> list[str]:
    """Return the accuracies, and the comparisons on the same problems: of dev sets, or of all others."""
    rows = [row for row in tables.accuracy(results) if is_dev(row.problem_set) == dev]
    compared = [row for row in tables.comparisons(results) if is_dev(row.problem_set) == dev]
    samples = max((row.samples for row in rows), default=1)
    head = ["model", "set", "correct", "accuracy" if samples == 1 else f"mean of {samples}", "95 % interval"]
    if samples > 1:
        head += [f"majority of {samples}", "95 % interval"]
    cells = [_measured(row, of_samples=samples > 1) for row in rows]
    return [*_aligned([head, *cells], left={0, 1}), *map(_compared, compared)] if rows else []


def _measured(row: tables.AccuracyRow, *, of_samples: bool) -> list[str]:
    cells = [row.iteration, row.problem_set, f"{row.correct:g}/{row.scored}", *_share(row.accuracy, row.low, row.high)]
    return [*cells, *_share(row.majority, row.majority_low, row.majority_high)] if of_samples else cells


def _share(share: float | None, low: float | None, high: float | None) -> list[str]:
    return [
        "-" if share is None else f"{share:.1%}",
        "-" if low is None or high is None else f"{low:.1%} to {high:.1%}",
    ]


def _tries(results: Results) -> list[str]:
    columns, rows = tables.tries(results)
    cells = [[*map(str, row[:4]), "-" if row[4] is None else f"{row[4]:.1%}", str(row[5])] for row in rows]
    return _aligned([columns, *cells], left={0, 1}) if rows else []


def _problems(results: Results) -> list[str]:
    columns, rows = tables.problems(results)
    return _aligned([columns, *([str(cell) for cell in row] for row in rows)], left={0, 1, 3}) if rows else []


def _compared(row: tables.ComparisonRow) -> str:
    change = "" if row.difference is None else f"{points(row.difference)} points "
    interval = f"({points(row.low)} to {points(row.high)}, p {row.p:.2g})"
    return (
        f"{row.iteration} against {row.against} on {row.problem_set}: {row.fixed} fixed, "
        f"{row.broken} broken, {change}{interval}: {tables.finding(row)}"
    )


def _families(results: Results) -> list[str]:
    """Return a line for each family, with its share in each iteration, and below it one for each of its types."""
    names, kinds = [iteration.name for iteration in results.iterations], type_names(results)
    rows = []
    for history in family_histories(results):
        shares = [history.shares[name] for name in names]
        cells = [(str(one.outputs), *_share(one.share, one.low, one.high)) for one in shares]
        rows.append([*(cell for of_one in cells for cell in of_one), history.family.value])
        for key, sizes in history.types.items():
            counts = [cell for name in names for cell in (str(sizes.get(name, 0)), "", "")]
            rows.append([*counts, f"  {kinds[key]}"])
    head = [*(cell for name in names for cell in (name, "share", "95 % interval")), ""]
    return _aligned([head, *rows], left={len(head) - 1}) if rows else []


def _families_by_set(results: Results) -> list[str]:
    rows = [
        [row.model, row.problem_set, row.family, f"{row.outputs}/{row.of}", *_share(row.share, row.low, row.high)]
        for row in tables.families_by_set(results)
    ]
    head = ["model", "set", "family", "outputs", "share", "95 % interval"]
    return _aligned([head, *rows], left={0, 1, 2}) if rows else []


def _types(results: Results) -> list[str]:
    names = [iteration.name for iteration in results.iterations]
    head = [*(cell for name in names for cell in (name, "")), ""]
    rows = [
        [*(cell for name in names for cell in (str(history.sizes[name]), history.changes[name])), history.name]
        for history in type_histories(results)
    ]
    return _aligned([head, *rows], left={2 * i + 1 for i in range(len(names))} | {len(head) - 1}) if rows else []


def _funnel(results: Results) -> list[str]:
    """Return a line for each step, with a column for each iteration."""
    reasons = tables.reject_reasons(results)
    columns = [tables.steps(iteration, reasons) for iteration in results.iterations]
    rows = [[*(str(step.count) for step in steps), steps[0].name] for steps in zip(*columns, strict=True)]
    return _aligned([[*(iteration.name for iteration in results.iterations), ""], *rows], left={len(columns)})


def _authors(results: Results) -> list[str]:
    columns, rows = tables.authors(results)
    return _aligned([columns, *([str(cell) for cell in row] for row in rows)], left={0, 1}) if rows else []


def _losses(results: Results) -> list[str]:
    return [
        f"{iteration.name}: {iteration.loss[0][1]:.3f} at step {iteration.loss[0][0]}, "
        f"{iteration.loss[-1][1]:.3f} at step {iteration.loss[-1][0]}"
        for iteration in results.iterations
        if iteration.loss
    ]


def _preferences(results: Results) -> list[str]:
    columns, rows = tables.preferences(results)
    return _aligned([columns, *rows], left={0}) if rows else []


def _paid(results: Results) -> list[str]:
    rows = usage.rows(usage.account(results.iterations))
    return _aligned([["", "", "dollars", "requests", "tokens in", "tokens out"], *rows], left={0, 1}) if rows else []


def _time(results: Results) -> list[str]:
    provenance = results.provenance
    if provenance is None or not provenance["stages"]:
        return []
    iterations = ["", *(iteration.name for iteration in results.iterations)]
    rows = [
        [*(duration(seconds[name]) if name in seconds else "" for name in iterations), stage]
        for stage, seconds in by_stage(provenance).items()
    ]
    untimed = f", {len(provenance['untimed'])} of them not timed" if provenance["untimed"] else ""
    return [
        *_aligned([["once", *iterations[1:], ""], *rows], left={len(iterations)}),
        f"{duration(total_seconds(provenance))} in all stages{untimed}",
        f"instructor: {instructed_by(provenance)}",
    ]


def _aligned(rows: Sequence[Sequence[str]], left: Iterable[int]) -> list[str]:
    """Return the rows as lines of aligned columns, right-aligned except those in `left`."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = ["<" if index in set(left) else ">" for index in range(len(widths))]
    return [
        "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)).rstrip()
        for row in rows
    ]
