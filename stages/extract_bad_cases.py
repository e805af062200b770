"""Grade the predictions and separate bad cases, from which the model is to learn, from good ones."""

from dataclasses import dataclass

from stages.core import files, stage
from stages.core.metrics import BadCaseCounts
from stages.core.params import section
from stages.core.records import Prediction, Problem
from stages.core.verdict import Verdict
from stages.grading.cases import ExtractBadCases, to_case


@dataclass(frozen=True)
class Paths:
    """The options of the command line.

    Attributes:
        problems: that were predicted.
        predictions: of the parent model.
        bad: cases with one of the verdicts that `extract_bad_cases.bad` lists.
        good: cases that are correct.
        disagreements: cases that two graders judge differently, for a person to look at.
        counts: of all these.
    """

    problems: stage.Input
    predictions: stage.Input
    bad: stage.Output
    good: stage.Output
    disagreements: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    extract_bad_cases: ExtractBadCases


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write bad and good cases, disagreements of the graders, and the counts."""
    problems = {problem.id: problem for problem in files.read_records(paths.problems, Problem)}
    predictions = files.read_records(paths.predictions, Prediction)
    graded = [to_case(problems[prediction.problem_id], prediction) for prediction in predictions]
    cases = [case for case, _ in graded]
    bad = [case for case in cases if case.verdict in params.extract_bad_cases.bad]
    disputed = [case for case, agrees in graded if not agrees]
    files.write_records(paths.bad, bad)
    files.write_records(paths.good, [case for case in cases if case.verdict is Verdict.CORRECT])
    files.write_records(paths.disagreements, disputed)
    verdicts = {verdict: sum(case.verdict is verdict for case in cases) for verdict in Verdict}
    engine = predictions[0].engine if predictions else ""
    files.write_json(paths.counts, BadCaseCounts(len(cases), len(bad), verdicts, len(disputed), engine))
    counts = {verdict.value: count for verdict, count in verdicts.items()}
    note = {} if bad else {"note": "no bad cases: the model solves every problem, nothing is left to learn from"}
    return {"predictions": len(cases), "bad": len(bad), **counts, "to look at": len(disputed), **note}


if __name__ == "__main__":
    stage.run(main, __doc__)
