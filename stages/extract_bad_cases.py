"""Grade the predictions and set the bad cases, from which the model is to learn, apart from the good ones."""

import argparse
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stages.core import files, params, stage
from stages.core.records import Case, Prediction, Problem, UnusableGold
from stages.core.verdict import Verdict
from stages.grading.checked import UNGRADABLE
from stages.grading.gold import check_gold
from stages.grading.grade import grade


@dataclass(frozen=True)
class ExtractBadCases:
    """The `extract_bad_cases` section: which verdicts make a case bad."""

    bad: list[Verdict]


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    extract_bad_cases: ExtractBadCases


def to_case(problem: Problem, prediction: Prediction, *, usable: bool) -> tuple[Case, bool]:
    """Grade one prediction; return the case and whether the second, independent grader agrees.

    Where the gold is not `usable`, the case is ungradable.
    """
    graded = UNGRADABLE
    if usable:
        graded = grade(problem.answer, prediction.output, truncated=prediction.stop == "length")
    case = Case(
        id=files.content_id(prediction.id, graded.verdict),
        prediction_id=prediction.id,
        problem_id=problem.id,
        question=problem.question,
        solution=problem.solution,
        answer=problem.answer,
        output=prediction.output,
        extracted=graded.extracted,
        verdict=graded.verdict,
    )
    return case, graded.agrees


def unusable_golds(problems: Iterable[Problem]) -> list[UnusableGold]:
    """Return the problems whose gold answer cannot be graded against, each with the reason."""
    checked = ((problem, check_gold(problem.answer, problem.solution)) for problem in problems)
    return [UnusableGold(problem.id, problem.answer, reason) for problem, reason in checked if reason is not None]


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write bad and good cases, what a person should look at (disagreements, unusable golds), and the counts."""
    section = params.declared(Params).extract_bad_cases
    problems = {problem.id: problem for problem in files.read_records(arguments.problems, Problem)}
    predictions = files.read_records(arguments.predictions, Prediction)
    unusable = unusable_golds(problems.values())
    ungradable = {gold.problem_id for gold in unusable}
    graded = [to_case(problems[p.problem_id], p, usable=p.problem_id not in ungradable) for p in predictions]
    cases = [case for case, _ in graded]
    bad = [case for case in cases if case.verdict in section.bad]
    good = [case for case in cases if case.verdict is Verdict.CORRECT]
    disputed = [case for case, agrees in graded if not agrees]
    files.write_records(arguments.bad, bad)
    files.write_records(arguments.good, good)
    files.write_records(arguments.disagreements, disputed)
    files.write_records(arguments.unusable, unusable)
    verdicts = Counter(case.verdict for case in cases)
    counts = {verdict.value: verdicts[verdict] for verdict in Verdict}
    files.write_json(
        arguments.counts,
        {"problems": len(cases), "bad": len(bad), "verdicts": counts, "disagreements": len(disputed)},
    )
    note = {} if bad else {"note": "no bad cases: the model solves every problem, nothing is left to learn from"}
    return {"predictions": len(cases), "bad": len(bad), **counts, "to look at": len(disputed), **note}


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["problems", "predictions"],
        outputs=["bad", "good", "disagreements", "unusable", "counts"],
    )
