"""All checks of drafts, the cheap ones first, so that nobody pays for solving what falls anyway.

Drafts of one round are compared with each other only after this: whether the earlier one is accepted is not known yet.
"""

from collections.abc import Sequence
from dataclasses import replace

from stages.instructor.interface import Draft, Instructor
from stages.synthesis import checks, verification
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding
from stages.synthesis.verification import VerificationParams

NOVELTY = "novelty"


def screen(
    drafts: Sequence[Draft],
    known: NoveltyIndex,
    instructor: Instructor,
    verify: VerificationParams | None,
    seed: int,
) -> list[Finding]:
    """Return what is found about each draft.

    Args:
        drafts: as the instructor wrote them; they are not compared with each other.
        known: questions that a draft must not copy.
        instructor: solves what passes the cheap checks, all in one go.
        verify: how; None for an instructor whose solutions are right by construction.
        seed: of the independent solutions.
    """
    matches = known.matches([draft.question for draft in drafts])
    found = [_look_at(draft).with_match(match) for draft, match in zip(drafts, matches, strict=True)]
    if verify is None or not verify.samples:
        return found
    passed = [place for place, finding in enumerate(found) if not finding.reasons]
    votes = verification.count_votes(instructor, [drafts[place] for place in passed], verify, seed)
    for place, counted in zip(passed, votes, strict=True):
        found[place] = _with_votes(found[place], counted, verify)
    return found


def _look_at(draft: Draft) -> Finding:
    if draft.failure is not None:
        return Finding((), (draft.failure,), None, None)
    reasons = checks.faults(draft.question, draft.solution, draft.answer)
    return Finding((*checks.CHECKS, NOVELTY), tuple(reasons), None, None)


def _with_votes(finding: Finding, votes: dict[str, int], verify: VerificationParams) -> Finding:
    objection = verification.objection(votes, verify)
    reasons = finding.reasons if objection is None else (*finding.reasons, objection)
    return replace(finding, checks=(*finding.checks, verification.CHECK), reasons=reasons, votes=votes)
