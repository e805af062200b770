"""Comparison of two models on one test set, problem by problem.

A difference is `measurable` if McNemar's test rejects at 5 % and the interval excludes zero. The interval alone is not
enough: where nothing was broken no resample is negative, and four fixed problems (p = 0.125) would pass.
"""

from collections import Counter
from collections.abc import Sequence

from stages.core.metrics import Comparison, MistakeChange
from stages.core.records import TestPrediction
from stages.core.verdict import SCORED, Verdict
from stages.evaluation.paired import difference_interval, mcnemar

_LEVEL = 0.05  # of significance, as that of the 95 % interval

Pair = tuple[TestPrediction, TestPrediction]


def compare(before: Sequence[TestPrediction], after: Sequence[TestPrediction], seed: int) -> Comparison:
    """Compare an older and a newer model on the problems of one set that were scored for both."""
    pairs = _paired(before, after)
    solved = Counter((_solved(old), _solved(new)) for old, new in pairs)
    fixed, broken = solved[False, True], solved[True, False]
    low, high = difference_interval(fixed, broken, len(pairs), seed)
    p = mcnemar(fixed, broken)
    return Comparison(
        problems=len(pairs),
        fixed=fixed,
        broken=broken,
        difference=round((fixed - broken) / len(pairs), 4) if pairs else None,
        interval=(round(low, 4), round(high, 4)),
        p=float(f"{p:.3g}"),
        measurable=is_measurable(p, low, high),
        mistakes=_by_mistake(pairs),
    )


def is_measurable(p: float, low: float, high: float) -> bool:
    """Tell whether a difference is measurable, by its p-value and its interval."""
    return p < _LEVEL and not low <= 0 <= high


def _paired(before: Sequence[TestPrediction], after: Sequence[TestPrediction]) -> list[Pair]:
    older = {prediction.problem_id: prediction for prediction in before if prediction.verdict in SCORED}
    return [(older[new.problem_id], new) for new in after if new.verdict in SCORED and new.problem_id in older]


def _solved(prediction: TestPrediction) -> bool:
    return prediction.verdict is Verdict.CORRECT


def _by_mistake(pairs: Sequence[Pair]) -> dict[str, MistakeChange]:
    before = Counter(old.mistake for old, _ in pairs)
    after = Counter(new.mistake for _, new in pairs)
    fixed = Counter(old.mistake for old, new in pairs if _solved(new))
    broken = Counter(new.mistake for old, new in pairs if _solved(old))
    kinds = sorted(kind for kind in before.keys() | after.keys() if kind is not None)
    return {kind: MistakeChange(before[kind], after[kind], fixed[kind], broken[kind]) for kind in kinds}
