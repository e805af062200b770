"""Grade an output against a problem whose gold answer is checked first."""

from stages.core.records import Problem
from stages.core.verdict import Verdict
from stages.grading.gold import check_gold
from stages.grading.grade import Grade, grade

UNGRADABLE = Grade(Verdict.UNGRADABLE, extracted=None, method="none", agrees=True)
"""What any output to a problem with an unusable gold is given."""


def grade_checked(answer: str, solution: str, output: str, *, truncated: bool) -> Grade:
    """Grade `output`; a gold that does not parse, or that its own solution contradicts, makes it ungradable."""
    if check_gold(answer, solution) is not None:
        return UNGRADABLE
    return grade(answer, output, truncated=truncated)


def grade_problem(problem: Problem, output: str, *, truncated: bool) -> Grade:
    """Grade `output` to a problem; one with a fault in its gold makes it ungradable."""
    return UNGRADABLE if problem.gold_fault else grade(problem.answer, output, truncated=truncated)
