"""Comparison of two models on one test set, problem by problem.

A difference is `measurable` if McNemar's test rejects at 5 % and the interval excludes zero. The interval alone is not
enough: where nothing was broken no resample is negative, and four fixed problems (p = 0.125) would pass.

Problems are what is compared: of several samples of one, the two pass rates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.grouping import grouped
from stages.core.metrics import Comparison, MistakeChange
from stages.core.records import TestPrediction
from stages.core.verdict import SCORED, pass_rate
from stages.evaluation.paired import difference_interval, mcnemar, mean_change

_LEVEL = 0.05  # of significance, as that of the 95 % interval

Tries = list[TestPrediction]


@dataclass(frozen=True)
class _Pair:
    """The tries of two models at one problem, and the change of its pass rate."""

    old: Tries
    new: Tries
    change: float


def compare(before: Sequence[TestPrediction], after: Sequence[TestPrediction], seed: int) -> Comparison:
    """Compare an older and a newer model on the problems of one set that were scored for both."""
    pairs = _paired(before, after)
    fixed, broken = sum(pair.change > 0 for pair in pairs), sum(pair.change < 0 for pair in pairs)
    changes = _changes(pairs)
    difference = mean_change(changes)
    low, high = difference_interval(changes, seed)
    p = mcnemar(fixed, broken)
    return Comparison(
        problems=len(pairs),
        fixed=fixed,
        broken=broken,
        difference=None if difference is None else round(difference, 4),
        interval=(round(low, 4), round(high, 4)),
        p=float(f"{p:.3g}"),
        measurable=is_measurable(p, low, high),
        mistakes=_by_mistake(pairs),
        changes=changes,
    )


def is_measurable(p: float, low: float, high: float) -> bool:
    """Tell whether a difference is measurable, by its p-value and its interval."""
    return p < _LEVEL and not low <= 0 <= high


def by_problem(predictions: Sequence[TestPrediction]) -> dict[str, Tries]:
    """Return the predictions on one set by problem, those that are scored alone."""
    return grouped((one for one in predictions if one.verdict in SCORED), lambda one: one.problem_id)


def rate(tries: Tries) -> float:
    """Return the pass rate of scored tries at a problem."""
    return pass_rate(one.verdict for one in tries) or 0.0


def _paired(before: Sequence[TestPrediction], after: Sequence[TestPrediction]) -> list[_Pair]:
    older = by_problem(before)
    return [
        _Pair(older[problem], new, round(rate(new) - rate(older[problem]), 6))
        for problem, new in by_problem(after).items()
        if problem in older
    ]


def _changes(pairs: Sequence[_Pair]) -> list[tuple[float, int]]:
    """Return how many problems have each change, those of one sample in a fixed order, on which resamples depend."""
    counts = Counter({1.0: 0, -1.0: 0, 0.0: 0})
    counts.update(pair.change for pair in pairs)
    return sorted(counts.items(), key=lambda item: (-abs(item[0]), -item[0]))


def _by_mistake(pairs: Sequence[_Pair]) -> dict[str, MistakeChange]:
    before = Counter(old.mistake for pair in pairs for old in pair.old)
    after = Counter(new.mistake for pair in pairs for new in pair.new)
    fixed = Counter(old.mistake for pair in pairs if pair.change > 0 for old in pair.old)
    broken = Counter(new.mistake for pair in pairs if pair.change < 0 for new in pair.new)
    kinds = sorted(kind for kind in before.keys() | after.keys() if kind is not None)
    return {kind: MistakeChange(before[kind], after[kind], fixed[kind], broken[kind]) for kind in kinds}
