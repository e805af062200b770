"""Early stopping: which candidates are tried next, on which cases, and which need not be tried any further.

It concerns `accuracy` alone. For `likelihood` no candidate is stopped: a gain is bounded above (no solution is likelier
than certain), but the bound leaves room for far more than candidates differ by.

Bounds. At any moment let n valid trials of one half of the development set have had the sum s, and r trials be open.
Whatever the r come to, failed trials included, the mean of that half ends in [s / (n + r), (s + r) / (n + r)]; a half
all of whose trials fail drops out of the score, which the mean of the halves' bounds allows for: bounds lie in [0, 1],
so that a half that drops out leaves no more than its highest and no less than its lowest mean would. A candidate
without any valid trial so far may end without a score, below all others: its lower bound is -1.

Stopping. Let K of the N candidates of a group be kept. If the lower bounds of K candidates are above the upper bound of
candidate c, then these K end above c, and c is not among the K best. The comparison is strict: a candidate that may
still tie with the last one kept goes on, because the likelihood would decide. Whoever is stopped is therefore not kept
without stopping either, the K best all run to their end, and their order is that of the whole scores. By threshold, c
is stopped when its upper bound is below the threshold.

Who is next. Those whose upper bound is not below the K-th highest one. The K-th best score cannot be above the K-th
highest upper bound, so that each of them is still in reach of it and can only be stopped by further trials of its own:
where each gets one case at a time, no trial is made that stopping could have saved, for that order of the cases (the
necessary probes of Chang and Hwang, "Minimal probing: supporting expensive predicates for top-k queries", 2002).

On which case. A trial that is not solved lowers the upper bound by the weight of its case. Each candidate is tried
first on the case that is expected to lower it most, judged by all trials so far. At the very beginning each candidate
begins with another case, so that something is known of all of them after one step.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from stages.selection.development import DevelopmentSet
from stages.selection.ranking import Attempt, by_group, number_kept
from stages.selection.settings import Keep

# What a case's share of unsolved trials is taken for where nobody has tried it, with the weight of one trial.
_UNSOLVED_BAD = Fraction(3, 4)
_UNSOLVED_GOOD = Fraction(1, 4)


def bounds(attempt: Attempt, development: DevelopmentSet) -> tuple[Fraction, Fraction]:
    """Return the lowest and the highest score that an attempt's accuracy can still come to; -1 stands for no score."""
    found = [_half_bounds(attempt, [case.id for case in half]) for half in (development.bad, development.good)]
    halves = [half for half in found if half]
    if not halves:
        return Fraction(-1), Fraction(-1)
    lower, upper = (sum(ends, Fraction(0)) / len(halves) for ends in zip(*halves, strict=True))
    valid = any(outcome.solved is not None for outcome in attempt.outcomes.values())
    return (lower if valid else Fraction(-1)), upper


def _half_bounds(attempt: Attempt, cases: Sequence[str]) -> tuple[Fraction, Fraction] | None:
    tried = [attempt.outcomes[case].solved for case in cases if case in attempt.outcomes]
    valid = [solved for solved in tried if solved is not None]
    still_open = len(cases) - len(tried)
    most = len(valid) + still_open
    return (Fraction(sum(valid), most), Fraction(sum(valid) + still_open, most)) if most else None


def stop_hopeless(attempts: Sequence[Attempt], development: DevelopmentSet, keep: Keep) -> None:
    """Mark the attempts that cannot be kept any more, whatever their open trials come to."""
    reach = {attempt.candidate_id: bounds(attempt, development) for attempt in attempts}
    for group in by_group(attempts):
        cut = _cut([reach[attempt.candidate_id][0] for attempt in group], keep)
        for attempt in group:
            if _open(attempt, development) and reach[attempt.candidate_id][1] < cut:
                attempt.stopped = True


def frontier(attempts: Sequence[Attempt], development: DevelopmentSet, keep: Keep) -> list[Attempt]:
    """Return the attempts that have to go on, in their order; none if all are complete or stopped."""
    highest = {attempt.candidate_id: bounds(attempt, development)[1] for attempt in attempts}
    cut: dict[str, Fraction] = {}
    for group in by_group(attempts):
        cut[group[0].group] = _cut([highest[attempt.candidate_id] for attempt in group], keep)
    return [
        attempt
        for attempt in attempts
        if not attempt.stopped and _open(attempt, development) and highest[attempt.candidate_id] >= cut[attempt.group]
    ]


def next_cases(
    running: Sequence[Attempt], attempts: Sequence[Attempt], development: DevelopmentSet, count: int
) -> dict[str, list[str]]:
    """Return the ids of the cases on which each of the running is tried next.

    Args:
        running: part of the attempts.
        attempts: all, from whose trials it is judged which cases come first.
        development: the cases.
        count: how many cases each of them gets, if it has as many left.

    Returns:
        Case ids by candidate id.
    """
    order = _hardest_first(attempts, development)
    untried = not any(attempt.outcomes for attempt in attempts)
    chosen = {}
    for place, attempt in enumerate(running):
        start = place * count % len(order) if untried else 0
        turned = order[start:] + order[:start]
        chosen[attempt.candidate_id] = [case for case in turned if case not in attempt.outcomes][:count]
    return chosen


def _hardest_first(attempts: Sequence[Attempt], development: DevelopmentSet) -> list[str]:
    valid: Counter[str] = Counter()
    unsolved: Counter[str] = Counter()
    for attempt in attempts:
        for case_id, outcome in attempt.outcomes.items():
            valid[case_id] += outcome.solved is not None
            unsolved[case_id] += outcome.solved is False
    lowers = {}
    for half, prior in ((development.bad, _UNSOLVED_BAD), (development.good, _UNSOLVED_GOOD)):
        for case in half:
            lowers[case.id] = (unsolved[case.id] + prior) / (valid[case.id] + 1) / len(half)
    return sorted(lowers, key=lambda case_id: (-lowers[case_id], case_id))


def _cut(values: Sequence[Fraction], keep: Keep) -> Fraction:
    """Return the K-th highest of a group's bounds, or the threshold."""
    if keep.by == "threshold":
        return Fraction(str(keep.value))
    return sorted(values, reverse=True)[number_kept(keep, len(values)) - 1]


def _open(attempt: Attempt, development: DevelopmentSet) -> bool:
    return len(attempt.outcomes) < len(development.bad) + len(development.good)
