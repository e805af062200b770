"""Grade an output against a problem whose gold answer is checked first."""

from stages.grading.gold import check_gold
from stages.grading.grade import Grade, grade
from stages.grading.verdict import Verdict


def grade_checked(answer: str, solution: str, output: str, *, truncated: bool) -> Grade:
    """Grade `output`; a gold that does not parse, or that its own solution contradicts, makes it ungradable."""
    if check_gold(answer, solution) is not None:
        return Grade(Verdict.UNGRADABLE, extracted=None, method="none", agrees=True)
    return grade(answer, output, truncated=truncated)
