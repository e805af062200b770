"""Finished runs of the pipeline by hand: the problems that each model solves, and the files that are kept of them."""

from dataclasses import replace

import yaml

from stages.core.files import write_json, write_records
from stages.core.metrics import Comparisons, Usage
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from stages.evaluation.comparison import compare
from stages.evaluation.graded import summarize
from stages.reporting import tables, usage
from stages.reporting.families import FAILURES, family_of, shares
from stages.reporting.results import Model, Results
from tests.unit.reporting.conftest import error_type, iteration

PIPELINE = """
stages:
  evaluate_base:
    cmd: "true"
    deps: [code.txt]
    outs: [data/base/test_predictions.jsonl]
  evaluate:
    foreach: ${iterations}
    do:
      cmd: "true"
      deps: [code.txt]
      params: [train]
      outs: ["data/${key}/test_predictions.jsonl"]
  report:
    cmd: "true"
    deps: [data, params.yaml]
    params: [iterations]
    outs:
      - reports/accuracy.csv: {cache: false}
      - reports/error_types.csv: {cache: false}
      - reports/families.csv: {cache: false}
      - reports/usage.json: {cache: false}
    metrics:
      - reports/summary.json: {cache: false}
"""


def predictions(model, solved, problems=20, problem_set="test/sums", engine="transformers"):
    """Return the predictions of a model that solves the problems whose numbers are in `solved`."""
    return [
        TestPrediction(
            id=f"{model}-{number}", problem_set=problem_set, problem_id=f"{problem_set}-{number}", output="", tokens=5,
            extracted="1", verdict=Verdict.CORRECT if number in solved else Verdict.WRONG,
            mistake=None if number in solved else "arithmetic_slip", engine=engine, sample=0,
        )
        for number in range(problems)
    ]  # fmt: skip


def results(of_models, types, paid=None):
    """Return what the pipeline would have measured.

    Args:
        of_models: predictions by model, base first, each model the parent of the next.
        types: names, sizes and shares of the error types of each iteration.
        paid: usage of the instructor for keyphrases in each iteration.
    """
    models, older = [], []
    for depth, (name, rows) in enumerate(of_models.items()):
        sets = {
            one: [row for row in rows if row.problem_set == one] for one in dict.fromkeys(r.problem_set for r in rows)
        }
        evaluation = {one: summarize(own, own[0].engine) for one, own in sets.items()}
        compared = {
            one: compare([row for row in older if row.problem_set == one], own, 0) for one, own in sets.items() if depth
        }
        both = {one: Comparisons(found, found) for one, found in compared.items()}
        models.append(Model(name, models[-1].name if models else None, depth, evaluation, both))
        older = older or rows
    found = [iteration(model.name, [error_type(*one) for one in types], [(1, 1.0)]) for model in models[1:]]
    found = [replace(one, keyphrases=replace(one.keyphrases, usage=paid)) for one in found]
    failed = {name: [row for row in rows if row.verdict in FAILURES] for name, rows in of_models.items()}
    families = [
        share
        for name, rows in failed.items()
        for one in dict.fromkeys(row.problem_set for row in rows)
        for share in shares(
            name, name, one,
            [(row.problem_id, family_of(row.verdict, row.mistake)) for row in rows if row.problem_set == one],
        )
    ]  # fmt: skip
    return Results(models, found, families=families)


def write(folder, params, of_models, types=(("slips", 30, 0.75), ("units", 10, 0.25)), minutes=12.5, paid=None):
    """Write the params and all that `evaluate` and `report` would have written."""
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    for name, rows in of_models.items():
        write_records(folder / "data" / name / "test_predictions.jsonl", rows)
    write_reports(folder / "reports", results(of_models, types, paid), minutes)


def write_reports(reports, measured, minutes):
    tables.write_csv(reports / "accuracy.csv", tables.Table(tables.AccuracyRow._fields, tables.accuracy(measured)))
    tables.write_csv(reports / "error_types.csv", tables.error_types(measured))
    tables.write_csv(reports / "families.csv", tables.families(measured))
    write_json(reports / "usage.json", usage.document(usage.account(measured.iterations)))
    write_json(reports / "summary.json", tables.summary(measured, {"train": minutes, "total": minutes}))


def params(iterations=("iter1",), **train):
    """Return params whose iterations follow each other."""
    parents = ("base", *iterations)
    lines = {name: {"parent": parent} for name, parent in zip(iterations, parents, strict=False)}
    return {"iterations": lines, "seed": 0, "train": {"epochs": 2, "learning_rate": 0.001} | train}


PAID = Usage(requests=40, input_tokens=20_000, output_tokens=1500, dollars=0.06)
