"""Solutions of candidates, by candidate: those to train on, and how often an author was right."""

from collections.abc import Iterable, Sequence

from stages.core.grouping import grouped
from stages.core.records import Solution
from stages.core.verdict import pass_rate

WORKED, TARGET, INSTRUCTOR = "worked", "target", "instructor"


def kept_by_candidate(solutions: Iterable[Solution]) -> dict[str, list[Solution]]:
    """Return the solutions to train on by the id of their candidate; excludes candidates without any."""
    return grouped((solution for solution in solutions if solution.kept), lambda solution: solution.candidate_id)


def pass_rates(solutions: Sequence[Solution], author: str) -> dict[str, float]:
    """Return the share of right tries of an author by candidate; excludes candidates without a scored try."""
    tries = grouped((one for one in solutions if one.author == author), lambda solution: solution.candidate_id)
    rates = {name: pass_rate(one.verdict for one in own) for name, own in tries.items()}
    return {name: rate for name, rate in rates.items() if rate is not None}
