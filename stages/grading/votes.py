"""Several outputs to one problem: the answer that most of them give."""

from collections.abc import Sequence
from typing import Protocol

from stages.core.verdict import Verdict
from stages.grading.grade import same_answer


class Graded(Protocol):
    """An output with a verdict and the answer that it is about; None where it has no answer."""

    @property
    def verdict(self) -> Verdict:
        """The verdict."""

    @property
    def extracted(self) -> str | None:
        """The answer."""


def commonest(graded: Sequence[Graded]) -> int | None:
    """Return the index of the first output with the commonest answer: the first of `agreeing`; None without any."""
    return next(iter(agreeing(graded)), None)


def agreeing(graded: Sequence[Graded]) -> list[int]:
    """Return the indices of the outputs with the commonest answer, of several the earliest; none without an answer.

    Correct answers are the same, whatever their spelling; wrong ones are compared as answers are with a gold one.
    """
    groups: list[list[int]] = []
    for index, one in enumerate(graded):
        if one.extracted is not None:
            group = next((group for group in groups if _same(graded[group[0]], one)), None)
            if group is None:
                groups.append([index])
            else:
                group.append(index)
    return max(groups, key=len, default=[])


def _same(one: Graded, other: Graded) -> bool:
    if Verdict.CORRECT in (one.verdict, other.verdict):
        return one.verdict is other.verdict
    return same_answer(one.extracted or "", other.extracted or "")
