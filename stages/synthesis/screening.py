"""All checks of drafts, the cheap ones first: only a draft that passes them is paid for to be solved.

Drafts of one round are compared with each other later, when it is known which of them are accepted.
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
    """Return the finding of each draft.

    Args:
        drafts: as the instructor wrote them; they are not compared with each other.
        known: questions that a draft must not copy.
        instructor: solves drafts that pass the cheap checks and have no certificate yet.
        params: how solutions are verified.
        seed: of the independent solutions.
    """
    findings = [_check(draft) for draft in drafts]
    for short in (False, True):
        places = [index for index, draft in enumerate(drafts) if (draft.skill is not None) is short]
        matches = known.matches([drafts[index].question for index in places], short=short)
        for index, match in zip(places, matches, strict=True):
            findings[index] = findings[index].with_match(match)
    if not instructor.solves or not params.samples:
        return findings
    passed = [i for i, finding in enumerate(findings) if not finding.reasons and drafts[i].certificate == "none"]
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
