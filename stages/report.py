"""Bring the measurements of all iterations together: a summary, tables, and a page to open in a browser."""

import argparse
import sys
from dataclasses import dataclass

from stages.pipeline import files, params, stage
from stages.reporting import page, results, tables


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    iterations: dict[str, dict[str, str]]


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write all reports and print the accuracies."""
    iterations = params.declared(Params).iterations
    found = results.collect(arguments.metrics, arguments.curves, iterations)
    tables.write_csv(arguments.accuracy, tables.ACCURACY, tables.accuracy(found))
    tables.write_csv(arguments.comparisons, tables.COMPARISONS, tables.comparisons(found))
    tables.write_csv(arguments.mistakes, tables.MISTAKES, tables.mistakes(found))
    tables.write_csv(arguments.verdicts, tables.VERDICTS, tables.verdicts(found))
    tables.write_csv(arguments.error_types, tables.ERROR_TYPES, tables.error_types(found))
    tables.write_csv(arguments.funnel, tables.FUNNEL, tables.funnel(found))
    tables.write_csv(arguments.loss, tables.LOSS, tables.loss(found))
    files.write_json(arguments.summary, tables.summary(found))
    with files.replacing(arguments.page) as file:
        file.write(page.render(found))
    sys.stdout.write(tables.terminal(found) + "\n")
    return {"iterations": len(iterations), "page": arguments.page}


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["metrics", "curves"],
        outputs=[
            "summary",
            "accuracy",
            "comparisons",
            "mistakes",
            "verdicts",
            "error_types",
            "funnel",
            "loss",
            "page",
        ],
    )
