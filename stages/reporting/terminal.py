"""The report's numbers for the terminal: `python -m stages.report --text`."""

from stages.reporting import tables
from stages.reporting.history import type_histories
from stages.reporting.markup import duration
from stages.reporting.provenance import Provenance, instructed_by, total_seconds
from stages.reporting.results import Results


def render(results: Results, provenance: Provenance | None) -> str:
    """Return accuracies, error types, the funnel and the time, each under its heading."""
    parts = {
        "Accuracy": [tables.terminal(results)],
        "Error types": _types(results),
        "From mistakes to training data": _funnel(results),
        "Training loss": _losses(results),
        "Time and money": _time(provenance),
    }
    return "\n\n".join(f"{heading}\n" + "\n".join(lines) for heading, lines in parts.items() if lines)


def _types(results: Results) -> list[str]:
    names = [iteration.name for iteration in results.iterations]
    rows = []
    for history in type_histories(results):
        counts = "".join(f"{history.sizes[name]:>5} {history.changes[name]:10}" for name in names)
        rows.append(f"{counts}  {history.name}".rstrip())
    return ["".join(f"{name:<16}" for name in names).rstrip(), *rows] if rows else []


def _funnel(results: Results) -> list[str]:
    """Return a line for each step, with a column for each iteration."""
    steps: dict[str, dict[str, int]] = {}
    for row in tables.funnel(results):
        steps.setdefault(row["step"], {})[row["iteration"]] = row["count"]
    names = [iteration.name for iteration in results.iterations]
    head = "".join(f"{name:>10}" for name in names)
    return [
        head,
        *("".join(f"{counts.get(name, 0):>10}" for name in names) + f"  {step}" for step, counts in steps.items()),
    ]


def _losses(results: Results) -> list[str]:
    return [
        f"{iteration.name}: {iteration.loss[0][1]:.3f} at step {iteration.loss[0][0]}, "
        f"{iteration.loss[-1][1]:.3f} at step {iteration.loss[-1][0]}"
        for iteration in results.iterations
        if iteration.loss
    ]


def _time(provenance: Provenance | None) -> list[str]:
    if provenance is None or not provenance["stages"]:
        return []
    runs = sorted(provenance["stages"].items(), key=lambda item: -item[1]["seconds"])
    longest = [f"{duration(run['seconds']):>12}  {stage}" for stage, run in runs[:5]]
    untimed = f", {len(provenance['untimed'])} of them not timed" if provenance["untimed"] else ""
    return [
        f"{duration(total_seconds(provenance)):>12}  all stages{untimed}",
        *longest,
        f"instructor: {instructed_by(provenance)}",
    ]
