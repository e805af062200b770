"""Cases: predictions graded against their problems, and which of them are bad."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from stages.core.files import content_id
from stages.core.params import Share, section
from stages.core.records import Case, Prediction, Problem
from stages.core.verdict import Verdict, pass_rate
from stages.grading.grade import grade_problem
from stages.grading.votes import commonest


@section
class ExtractBadCases:
    """The `extract_bad_cases` section: which verdicts make a case bad, up to which share of right tries."""

    bad: list[Literal["wrong", "no_answer", "truncated"]]
    pass_rate: Share


def to_cases(problem: Problem, predictions: Sequence[Prediction]) -> list[tuple[Case, bool]]:
    """Grade all tries at a problem; return the case of each and whether the string grader agrees."""
    graded = [_to_case(problem, prediction) for prediction in predictions]
    share = pass_rate(case.verdict for case, _ in graded)
    rate = None if share is None else round(share, 4)
    return [(replace(case, tries=len(graded), pass_rate=rate), agrees) for case, agrees in graded]


def stand_in(cases: Sequence[Case], params: ExtractBadCases) -> tuple[Case, bool]:
    """Return the case that stands for all tries at a problem, and whether it is a bad one.

    Of a bad one it is the first with the commonest wrong answer, or the first without any answer. Of others it is the
    first correct one, if any.
    """
    failed = [case for case in cases if case.verdict in params.bad]
    if failed and (failed[0].pass_rate or 0.0) <= params.pass_rate:
        return failed[commonest(failed) or 0], True
    return next((case for case in cases if case.verdict is Verdict.CORRECT), cases[0]), False


def _to_case(problem: Problem, prediction: Prediction) -> tuple[Case, bool]:
    truncated = prediction.stop == "length"
    graded = grade_problem(problem, prediction.output, truncated=truncated)
    case = Case(
        id=content_id(prediction.id, graded.verdict),
        prediction_id=prediction.id,
        problem_id=problem.id,
        question=problem.question,
        solution=problem.solution,
        answer=problem.answer,
        output=prediction.output,
        truncated=truncated,
        extracted=graded.extracted,
        verdict=graded.verdict,
        set=problem.set,
        group=problem.group,
        level=problem.level,
        tries=1,
        pass_rate=None,
    )
    return case, graded.agrees
