"""Outcomes of synthesis: candidates, rejected problems, and the shortfall."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from stages.core.files import content_id
from stages.core.records import Candidate, Rejected
from stages.instructor.interface import Draft
from stages.synthesis.novelty import Match


@dataclass(frozen=True)
class Origin:
    """The origin of a problem, as fields of its record."""

    strategy: str
    error_type_id: str
    request_id: str
    set: str


@dataclass(frozen=True)
class Finding:
    """The result of a problem's checks.

    Attributes:
        checks: names of those that were run, in order.
        reasons: reasons to reject it; empty for a sound problem.
        match: the known question that it copies.
        votes: counts of independent solutions, `given` and of these `agreeing`; None where none were asked for.
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
    """The outcome of a strategy; `shortfall` counts missing problems by the id of their error type."""

    accepted: list[Candidate]
    rejected: list[Rejected]
    shortfall: dict[str, int]

    def add(self, draft: Draft, origin: Origin, finding: Finding) -> Candidate | None:
        """Add a sound draft as a candidate, which is returned, and any other draft as a rejected problem."""
        shared: dict[str, Any] = {
            "question": draft.question,
            "solution": draft.solution,
            "answer": draft.answer,
            **asdict(origin),
            "demonstration_ids": list(draft.demonstration_ids),
            "checks": list(finding.checks),
            "votes": finding.votes,
            "skill": draft.skill,
            "certificate": "votes" if finding.votes and not finding.reasons else draft.certificate,
        }
        if not finding.reasons:
            candidate = Candidate(id=content_id(draft.question, draft.solution), **shared)
            self.accepted.append(candidate)
            return candidate
        match = finding.match
        # The number of those before keeps the id apart from others of the same request and text.
        number = str(len(self.rejected))
        rejected = Rejected(
            id=content_id(origin.request_id, draft.question, draft.solution, number),
            **shared,
            reason=finding.reasons[0],
            reasons=list(finding.reasons),
            copies=None if match is None else match.id,
            copies_from=None if match is None else match.source,
            match=None if match is None else match.kind,
            similarity=None if match is None else match.similarity,
        )
        self.rejected.append(rejected)
        return None


def join(parts: Sequence[Synthesized]) -> Synthesized:
    """Return the outcomes of several topics as one, in their order."""
    shortfall: Counter[str] = Counter()
    for part in parts:
        shortfall.update(part.shortfall)
    return Synthesized(
        [candidate for part in parts for candidate in part.accepted],
        [rejected for part in parts for rejected in part.rejected],
        dict(shortfall),
    )
