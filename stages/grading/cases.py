"""Cases: predictions graded against their problems, and which of them are bad."""

from typing import Literal

from stages.core.files import content_id
from stages.core.params import section
from stages.core.records import Case, Prediction, Problem
from stages.grading.grade import grade_problem


@section
class ExtractBadCases:
    """The `extract_bad_cases` section: which verdicts make a case bad."""

    bad: list[Literal["wrong", "no_answer", "truncated"]]


def to_case(problem: Problem, prediction: Prediction) -> tuple[Case, bool]:
    """Grade one prediction; return the case and whether the string grader agrees."""
    graded = grade_problem(problem, prediction.output, truncated=prediction.stop == "length")
    case = Case(
        id=content_id(prediction.id, graded.verdict),
        prediction_id=prediction.id,
        problem_id=problem.id,
        question=problem.question,
        solution=problem.solution,
        answer=problem.answer,
        output=prediction.output,
        extracted=graded.extracted,
        verdict=graded.verdict,
        set=problem.set,
        group=problem.group,
        level=problem.level,
    )
    return case, graded.agrees
