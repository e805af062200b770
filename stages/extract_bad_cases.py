"""Grade the predictions and separate bad cases, from which the model is to learn, from good ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core import files, stage
from stages.core.metrics import BadCaseCounts, SetCases
from stages.core.params import section
from stages.core.records import Case, Prediction, Problem
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


def by_verdict(cases: Sequence[Case]) -> dict[Verdict, int]:
    """Count cases by verdict, each verdict named."""
    return {verdict: sum(case.verdict is verdict for case in cases) for verdict in Verdict}


def by_set(cases: Sequence[Case], bad: Sequence[Case]) -> dict[str, SetCases]:
    """Count all cases and the bad ones by problem set."""
    bad_of = Counter(case.set for case in bad)
    sets = {name: [case for case in cases if case.set == name] for name in dict.fromkeys(case.set for case in cases)}
    return {name: SetCases(len(own), bad_of[name], by_verdict(own)) for name, own in sets.items()}


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
    verdicts = by_verdict(cases)
    engine = predictions[0].engine if predictions else ""
    sets = by_set(cases, bad)
    files.write_json(paths.counts, BadCaseCounts(len(cases), len(bad), verdicts, len(disputed), engine, sets))
    counts = {verdict.value: count for verdict, count in verdicts.items()}
    note = {} if bad else {"note": "no bad cases: the model solves every problem, nothing is left to learn from"}
    bad_of_sets = {f"bad of {name}": f"{one.bad}/{one.problems}" for name, one in sets.items()} if len(sets) > 1 else {}
    return {"predictions": len(cases), "bad": len(bad), **bad_of_sets, **counts, "to look at": len(disputed), **note}


if __name__ == "__main__":
    stage.run(main, __doc__)
