"""The allocation of new problems to error types."""

from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

from stages.core.params import CountOrZero, section
from stages.core.records import Case


@section
class AllocationParams:
    """The `synthesize_data.allocation` section.

    Attributes:
        by: `share` weighs a type by its bad cases; `failure_rate` weighs each bad case by the failure rate on training
            problems of its group (template or category), so that types which are nearly mended get less.
        floor: smallest number of problems for a type, as far as they suffice.
    """

    by: Literal["share", "failure_rate"]
    floor: CountOrZero


def allocate(weights: Mapping[str, Fraction | int], total: int, floor: int) -> dict[str, int]:
    """Divide `total` over types in proportion to their weights by largest remainders, each at least `floor`.

    The floor sinks to what `total` suffices for; below one each, the types of smallest weight get nothing. A type
    without weight gets nothing. The parts sum to `total` unless there are no types.
    """
    ordered = sorted((key for key in weights if weights[key]), key=lambda key: (-weights[key], key))
    ordered = ordered[:total] if floor else ordered
    min_part = min(floor, total // max(len(ordered), 1))
    all_weights = sum((Fraction(weights[key]) for key in ordered), Fraction(0))
    spare = total - min_part * len(ordered)
    exact = {key: spare * weights[key] / all_weights for key in ordered}
    parts = {key: min_part + int(exact[key]) for key in ordered}
    by_remainder = sorted(ordered, key=lambda key: (int(exact[key]) - exact[key], key))
    for key in by_remainder[: total - sum(parts.values())]:
        parts[key] += 1
    return {key: parts.get(key, 0) for key in weights}


def weigh_by_failure_rate(
    cases: Mapping[str, Sequence[Case]], bad: Sequence[Case], good: Sequence[Case], groups: Mapping[str, str]
) -> dict[str, Fraction]:
    """Return the weight of each type: the sum, over its bad cases, of the failure rate of the case's problem group.

    Args:
        cases: bad cases of each type, by the type's id.
        bad: all bad cases of this iteration.
        good: all good cases of this iteration.
        groups: the group of each training problem by its id. A problem of no group (empty) has the overall rate:
            without groups the weights are in proportion to the shares.
    """
    failed = Counter(groups[case.problem_id] for case in bad)
    solved = Counter(groups[case.problem_id] for case in good)
    overall = Fraction(len(bad), len(bad) + len(good)) if bad else Fraction(0)
    rates = {group: Fraction(failed[group], failed[group] + solved[group]) for group in failed}
    rates[""] = overall
    return {key: sum((rates[groups[case.problem_id]] for case in own), Fraction(0)) for key, own in cases.items()}
