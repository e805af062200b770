"""Grade the predictions and separate bad cases, from which the model is to learn, from good ones."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from stages.core import files, stage
from stages.core.grouping import grouped
from stages.core.metrics import BadCaseCounts, SetCases
from stages.core.params import section
from stages.core.records import Case, Prediction, Problem
from stages.core.verdict import Verdict
from stages.grading.cases import ExtractBadCases, stand_in, to_cases


@dataclass(frozen=True)
class Paths:
    """The options of the command line.

    Attributes:
        problems: that were predicted.
        predictions: of the parent model.
        bad: a case for each problem that `extract_bad_cases` calls bad.
        good: a correct case for each other problem that has one.
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


def by_set(cases: Sequence[Case], bad: Collection[str]) -> dict[str, SetCases]:
    """Count all cases and the bad ones, whose ids are given, by problem set."""
    sets = {name: [case for case in cases if case.set == name] for name in dict.fromkeys(case.set for case in cases)}
    return {
        name: SetCases(len(own), sum(case.id in bad for case in own), by_verdict(own), mean_pass_rate(own))
        for name, own in sets.items()
    }


def mean_pass_rate(cases: Sequence[Case]) -> float | None:
    """Return the mean of the problems' pass rates; None where no problem has one."""
    rates = [case.pass_rate for case in cases if case.pass_rate is not None]
    return round(sum(rates) / len(rates), 4) if rates else None


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write bad and good cases, disagreements of the graders, and the counts."""
    problems = {problem.id: problem for problem in files.read_records(paths.problems, Problem)}
    predictions = files.read_records(paths.predictions, Prediction)
    tries = grouped(predictions, lambda prediction: prediction.problem_id)
    graded = [to_cases(problems[problem_id], of_problem) for problem_id, of_problem in tries.items()]
    chosen = [stand_in([case for case, _ in of_problem], params.extract_bad_cases) for of_problem in graded]
    cases = [case for case, _ in chosen]
    bad = [case for case, is_bad in chosen if is_bad]
    good = [case for case, is_bad in chosen if not is_bad and case.verdict is Verdict.CORRECT]
    disputed = [case for of_problem in graded for case, agrees in of_problem if not agrees]
    files.write_records(paths.bad, bad)
    files.write_records(paths.good, good)
    files.write_records(paths.disagreements, disputed)
    verdicts = by_verdict(cases)
    engine = predictions[0].engine if predictions else ""
    sets = by_set(cases, {case.id for case in bad})
    samples, rate = max((case.tries for case in cases), default=1), mean_pass_rate(cases)
    found = BadCaseCounts(len(cases), len(bad), verdicts, len(disputed), engine, sets, samples, rate)
    files.write_json(paths.counts, found)
    counts = {verdict.value: count for verdict, count in verdicts.items()}
    note = {} if bad else {"note": "no bad cases: the model solves every problem, nothing is left to learn from"}
    bad_of_sets = {f"bad of {name}": f"{one.bad}/{one.problems}" for name, one in sets.items()} if len(sets) > 1 else {}
    tried = {"problems": len(cases), "mean pass rate": rate} if samples > 1 else {}
    return {
        "predictions": len(predictions),
        **tried,
        "bad": len(bad),
        **bad_of_sets,
        **counts,
        "to look at": len(disputed),
        **note,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
