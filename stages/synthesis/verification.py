"""Verification by independent solutions: the instructor, given the question alone, must reach the answer it wrote."""

from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from stages.core.params import CountOrZero, section
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Attempt, Draft, Instructor

CHECK = "independent solutions"


@section
class VerificationParams:
    """The `synthesize_data.verification` section: for instructors that can solve problems.

    Attributes:
        samples: independent solutions asked for; 0 asks for none and verifies nothing.
        agree: number of them that must reach the candidate's answer.
    """

    samples: CountOrZero
    agree: int

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.samples and not 1 <= self.agree <= self.samples:
            raise ValueError("agree must be from 1 to samples")
        return self


def count_votes(
    instructor: Instructor, drafts: Sequence[Draft], params: VerificationParams, seed: int
) -> list[dict[str, int]]:
    """Return the counts of each draft's solutions with an answer, `given` and of these `agreeing`."""
    solved = instructor.solve([draft.question for draft in drafts], params.samples, seed)
    return [_count(draft, tries) for draft, tries in zip(drafts, solved, strict=True)]


def objection(votes: dict[str, int], params: VerificationParams) -> str | None:
    """Return the reason for which these votes reject a candidate, or None."""
    if votes["agreeing"] >= params.agree:
        return None
    return "too few independent solutions" if votes["given"] < params.agree else "independent solutions disagree"


def _count(draft: Draft, tries: Sequence[Attempt]) -> dict[str, int]:
    verdicts = [grade(draft.answer, one.text, truncated=one.truncated).verdict for one in tries if not one.failure]
    agreeing = verdicts.count(Verdict.CORRECT)
    return {"given": agreeing + verdicts.count(Verdict.WRONG), "agreeing": agreeing}
