"""All checks of drafts, the cheap ones first, so that nobody pays for solving a draft that is rejected anyway.

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
    drafts: Sequence[Draft], known: NoveltyIndex, instructor: Instructor, params: VerificationParams, seed: int
) -> list[Finding]:
    """Return what is found about each draft.

    Args:
        drafts: as the instructor wrote them; they are not compared with each other.
        known: questions that a draft must not copy.
        instructor: solves what passes the cheap checks, all at once; one that solves nothing is right by construction.
        params: how solutions are verified.
        seed: of the independent solutions.
    """
    matches = known.matches([draft.question for draft in drafts])
    findings = [_check(draft).with_match(match) for draft, match in zip(drafts, matches, strict=True)]
    if not instructor.solves or not params.samples:
        return findings
    passed = [index for index, finding in enumerate(findings) if not finding.reasons]
    votes = verification.count_votes(instructor, [drafts[index] for index in passed], params, seed)
    for index, counts in zip(passed, votes, strict=True):
        findings[index] = _with_votes(findings[index], counts, params)
    return findings


def _check(draft: Draft) -> Finding:
    if draft.failure is not None:
        return Finding((), (draft.failure,), None, None)
    reasons = checks.faults(draft.question, draft.solution, draft.answer)
    return Finding((*checks.CHECKS, NOVELTY), tuple(reasons), None, None)


def _with_votes(finding: Finding, votes: dict[str, int], params: VerificationParams) -> Finding:
    objection = verification.objection(votes, params)
    reasons = finding.reasons if objection is None else (*finding.reasons, objection)
    return replace(finding, checks=(*finding.checks, verification.CHECK), reasons=reasons, votes=votes)
