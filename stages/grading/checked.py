"""Grade an output against a problem whose gold answer was checked when the problem was prepared."""

from stages.core.records import Problem
from stages.core.verdict import Verdict
from stages.grading.grade import Grade, grade


def grade_problem(problem: Problem, output: str, *, truncated: bool) -> Grade:
    """Grade `output` as `grade` does; every output to a problem with a faulty gold is ungradable."""
    if problem.gold_fault is not None:
        return Grade(Verdict.UNGRADABLE, extracted=None, agrees=True)
    return grade(problem.answer, output, truncated=truncated)
