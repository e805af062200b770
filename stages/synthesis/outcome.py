"""What becomes of a problem that an instructor wrote or a strategy took: a candidate, or a rejected one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.core.files import content_id
from stages.core.records import Candidate, Rejected
from stages.instructor.interface import Draft
from stages.synthesis.novelty import Match


@dataclass(frozen=True)
class Origin:
    """Where a problem came from, as the records say it."""

    strategy: str
    error_type_id: str
    request_id: str


@dataclass(frozen=True)
class Finding:
    """What the checks of a problem found.

    Attributes:
        checks: names of those that were run, in order.
        reasons: what is wrong; empty if nothing is.
        match: the known question that it copies.
        votes: how many independent solutions were `given`, and how many of them are `agreeing`; None if not asked.
    """

    checks: tuple[str, ...]
    reasons: tuple[str, ...]
    match: Match | None
    votes: dict[str, int] | None

    def with_match(self, match: Match | None) -> "Finding":
        """Return the finding with one more reason: that the problem copies another."""
        return self if match is None else replace(self, reasons=(*self.reasons, match.reason), match=match)


@dataclass(frozen=True)
class Synthesized:
    """What came of a strategy; `shortfall` counts problems wanted and not reached, by the error type's id."""

    accepted: list[Candidate]
    rejected: list[Rejected]
    shortfall: dict[str, int]


def join(parts: Sequence[Synthesized]) -> Synthesized:
    """Return the outcomes of several error types as one, in their order."""
    return Synthesized(
        [candidate for part in parts for candidate in part.accepted],
        [rejected for part in parts for rejected in part.rejected],
        {key: count for part in parts for key, count in part.shortfall.items()},
    )


def candidate(draft: Draft, origin: Origin, finding: Finding) -> Candidate:
    """Return the record of an accepted problem."""
    return Candidate(
        id=content_id(draft.question, draft.solution),
        question=draft.question,
        solution=draft.solution,
        answer=draft.answer,
        error_type_id=origin.error_type_id,
        demonstration_ids=list(draft.demonstration_ids),
        request_id=origin.request_id,
        strategy=origin.strategy,
        checks=list(finding.checks),
        votes=finding.votes,
    )


def rejected(draft: Draft, origin: Origin, finding: Finding, index: int) -> Rejected:
    """Return the record of a rejected problem; `index` tells it from others of the same request and text."""
    match = finding.match
    return Rejected(
        id=content_id(origin.request_id, draft.question, draft.solution, str(index)),
        question=draft.question,
        solution=draft.solution,
        answer=draft.answer,
        error_type_id=origin.error_type_id,
        demonstration_ids=list(draft.demonstration_ids),
        request_id=origin.request_id,
        strategy=origin.strategy,
        checks=list(finding.checks),
        votes=finding.votes,
        reason=finding.reasons[0],
        reasons=list(finding.reasons),
        copies=None if match is None else match.id,
        copies_from=None if match is None else match.source,
        match=None if match is None else match.kind,
        similarity=None if match is None else match.similarity,
    )
