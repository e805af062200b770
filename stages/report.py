"""Write the report of all iterations: a summary, tables, charts, a text, and a page for a browser."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from stages.core import files, params, stage
from stages.core.problem_sets import TEST, standing_for
from stages.reporting import charts, page, provenance, results, tables, text, usage
from stages.reporting.history import type_histories
from stages.reporting.results import Results

PROVENANCE = "provenance.json"


@dataclass(frozen=True)
class Paths:
    """What dvc.yaml passes; `provenance.json` is written beside the page."""

    metrics: stage.Input
    curves: stage.Input
    cases: stage.Input
    summary: stage.Output
    accuracy: stage.Output
    comparisons: stage.Output
    mistakes: stage.Output
    verdicts: stage.Output
    families: stage.Output
    error_types: stage.Output
    funnel: stage.Output
    loss: stage.Output
    accuracy_chart: stage.Output
    types_chart: stage.Output
    usage: stage.Output
    text: stage.Output
    page: stage.Output


@params.section
class Params:
    """What this stage declares in dvc.yaml."""

    iterations: params.Iterations


def write_tables(paths: Paths, measured: Results) -> None:
    """Write the CSV files."""
    tables.write_csv(paths.accuracy, tables.Table(tables.AccuracyRow._fields, tables.accuracy(measured)))
    tables.write_csv(paths.comparisons, tables.Table(tables.ComparisonRow._fields, tables.comparisons(measured)))
    tables.write_csv(paths.mistakes, tables.mistakes(measured))
    tables.write_csv(paths.verdicts, tables.verdicts(measured))
    tables.write_csv(paths.families, tables.families(measured))
    tables.write_csv(paths.error_types, tables.error_types(measured))
    tables.write_csv(paths.funnel, tables.funnel(measured))
    tables.write_csv(paths.loss, tables.loss(measured))


def write_charts(paths: Paths, measured: Results) -> None:
    """Write the charts that README shows."""
    test = standing_for(TEST, measured.models[-1].graded)
    rows = [row for row in tables.accuracy(measured) if row.problem_set == test]
    parents = {model.name: model.parent for model in measured.models}
    names = [iteration.name for iteration in measured.iterations]
    accuracy, types = charts.accuracy_chart(rows, parents), charts.type_chart(type_histories(measured), names)
    _write(paths.accuracy_chart, charts.standalone(accuracy, "Accuracy on held-out problems"))
    _write(paths.types_chart, charts.standalone(types, "Bad cases of each error type"))


def _write(path: Path, content: str) -> None:
    with files.replacing(path) as file:
        file.write(content)


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write all reports and print the accuracies."""
    measured = results.collect(paths.metrics, paths.curves, params.iterations)
    traces = [files.read_json(paths.cases / f"{name}.json") for name in params.iterations]
    account = usage.account(measured.iterations)
    made_with = paths.page.with_name(PROVENANCE)
    made = provenance.collect(params.iterations, account.total, provenance.load(made_with))
    measured = results.with_traces(replace(measured, provenance=made), traces)
    files.write_json(made_with, made)
    files.write_json(paths.usage, usage.document(account))
    files.write_json(paths.summary, tables.summary(measured, provenance.minutes(made)))
    write_tables(paths, measured)
    write_charts(paths, measured)
    _write(paths.text, text.render(measured) + "\n")
    _write(paths.page, page.render(measured, traces))
    sys.stdout.write("\n".join(text.accuracy(measured)) + "\n")
    return {"iterations": len(params.iterations), "page": paths.page}


if __name__ == "__main__":
    stage.run(main, __doc__)
