"""Bring the measurements of all iterations together: a summary, tables, charts, and a page to open in a browser.

`python -m stages.report --text` prints the numbers of the working copy and runs nothing.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core import files, params, stage
from stages.core.exceptions import SeiError
from stages.reporting import charts, page, provenance, results, tables, terminal, usage
from stages.reporting.history import type_histories
from stages.reporting.results import TEST, Results

PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    iterations: dict[str, dict[str, str]]


def write_tables(
    arguments: argparse.Namespace, found: Results, used: dict[str, Any], made: provenance.Provenance
) -> None:
    """Write the CSV files, the account and the summary."""
    tables.write_csv(arguments.accuracy, tables.ACCURACY, tables.accuracy(found))
    tables.write_csv(arguments.comparisons, tables.COMPARISONS, tables.comparisons(found))
    tables.write_csv(arguments.mistakes, tables.MISTAKES, tables.mistakes(found))
    tables.write_csv(arguments.verdicts, tables.VERDICTS, tables.verdicts(found))
    tables.write_csv(arguments.error_types, tables.ERROR_TYPES, tables.error_types(found))
    tables.write_csv(arguments.funnel, tables.FUNNEL, tables.funnel(found))
    tables.write_csv(arguments.loss, tables.LOSS, tables.loss(found))
    files.write_json(arguments.usage, used)
    dollars, minutes = used[usage.TOTAL]["dollars"], provenance.minutes(made)
    files.write_json(arguments.summary, tables.summary(found, dollars, minutes))


def write_charts(arguments: argparse.Namespace, found: Results) -> None:
    """Write the charts that README shows."""
    rows = [row for row in tables.accuracy(found) if row["problem_set"] == TEST]
    parents = {model.name: model.parent for model in found.models}
    names = [iteration.name for iteration in found.iterations]
    sizes = [(history.name, [history.sizes[name] for name in names]) for history in type_histories(found)]
    drawn = {
        arguments.accuracy_chart: (charts.accuracy_chart(rows, parents), "Accuracy on held-out problems"),
        arguments.types_chart: (charts.type_chart(sizes, names), "Bad cases of each error type"),
    }
    for path, (chart, title) in drawn.items():
        with files.replacing(path) as file:
            file.write(charts.standalone(chart, title))


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write all reports and print the accuracies."""
    iterations = params.declared(Params).iterations
    found = results.collect(arguments.metrics, arguments.curves, iterations)
    traces = [files.read_json(arguments.cases / f"{name}.json") for name in iterations]
    used = usage.collect(arguments.metrics, iterations)
    made_with = arguments.page.with_name(PROVENANCE)
    made = provenance.collect(iterations, used[usage.TOTAL], provenance.load(made_with))
    files.write_json(made_with, made)
    write_tables(arguments, found, used, made)
    write_charts(arguments, found)
    with files.replacing(arguments.page) as file:
        file.write(page.render(found, traces, used, made))
    sys.stdout.write("\n".join(terminal.accuracy(found)) + "\n")
    return {"iterations": len(iterations), "page": arguments.page}


def text() -> str:
    """Return the numbers of the working copy, also in a fresh clone: what they come from is committed."""
    section = params.read_yaml(Path("params.yaml")).get("iterations")
    params.check_iterations(section)
    iterations = params.parse(Params, {"iterations": section}).iterations
    found = results.collect(Path("metrics"), Path("reports/train"), iterations)
    used = usage.collect(Path("metrics"), iterations)
    return terminal.render(found, used, provenance.load(Path("reports") / PROVENANCE))


if __name__ == "__main__":
    if sys.argv[1:] == ["--text"]:
        try:
            sys.stdout.write(text() + "\n")
        except SeiError as error:
            sys.exit(f"error: {error}; run `dvc repro`, or `git checkout` what is missing")
    else:
        stage.run(
            main,
            __doc__,
            inputs=["metrics", "curves", "cases"],
            outputs=[
                "summary",
                "accuracy",
                "comparisons",
                "mistakes",
                "verdicts",
                "error_types",
                "funnel",
                "loss",
                "accuracy_chart",
                "types_chart",
                "usage",
                "page",
            ],
        )
