"""The counts of `solve_candidates`."""

from collections import Counter
from collections.abc import Sequence

from stages.core.grouping import grouped
from stages.core.metrics import AuthorCounts, SolvingCounts, Usage
from stages.core.records import Solution
from stages.core.solutions import WORKED, kept_by_candidate
from stages.core.verdict import Verdict


def count(solutions: Sequence[Solution], engine: str | None, usage: Usage | None) -> SolvingCounts:
    """Count tries by author and verdict, and the reasons for which they are left out."""
    return SolvingCounts(
        candidates=len({one.candidate_id for one in solutions}),
        solved=len(kept_by_candidate(solutions)),
        kept=sum(one.kept for one in solutions),
        authors={name: _count_tries(own) for name, own in grouped(solutions, lambda one: one.author).items()},
        left_out=dict(Counter(one.reason for one in solutions if one.reason and one.author != WORKED)),
        engine=engine,
        usage=usage,
    )


def _count_tries(tries: Sequence[Solution]) -> AuthorCounts:
    """Count the tries of one author."""
    verdicts = Counter(one.verdict for one in tries)
    solved = len({one.candidate_id for one in tries if one.verdict is Verdict.CORRECT})
    return AuthorCounts(len(tries), verdicts[Verdict.CORRECT], dict(verdicts), solved, sum(one.kept for one in tries))
