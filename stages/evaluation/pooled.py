"""Results over all sets of a role: each set counts the same, however many problems it has.

The accuracy is the mean of the sets' accuracies, the difference of two models the mean of the sets' differences.
Intervals are 95 % bootstrap intervals (percentiles) in which each set is resampled within itself. Two models are paired
problem by problem in each set; McNemar's test is of the problems of all sets together.

A bootstrap knows nothing of what was not drawn: where all sets are at 0 or all at 1, its interval has no width.

Source: Efron and Tibshirani 1993, chapter 13 (resampling within strata).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, TypeVar

from stages.core.metrics import Comparison, Comparisons, Evaluation, Majority, MistakeChange
from stages.core.problem_sets import POOLED, of_role
from stages.evaluation.comparison import is_measurable
from stages.evaluation.paired import RESAMPLES, mcnemar, mean_change, resampled

T = TypeVar("T")


def evaluations(measured: Mapping[str, Evaluation]) -> dict[str, Evaluation]:
    """Return the pooled evaluation of each role that has several sets with a scored problem."""
    return {role: _evaluation(sets) for role, sets in _by_role(measured, lambda one: one.scored).items()}


def comparisons(compared: Mapping[str, Comparisons], seed: int) -> dict[str, Comparisons]:
    """Return the pooled comparisons of each role that has several sets with a compared problem."""
    return {
        role: Comparisons(
            base=_comparison([both.base for both in sets], seed),
            parent=_comparison([both.parent for both in sets], seed),
        )
        for role, sets in _by_role(compared, lambda both: both.base.problems and both.parent.problems).items()
    }


def _by_role(results: Mapping[str, T], counts: Any) -> dict[str, list[T]]:
    roles = {role: [results[name] for name in of_role(role, results) if counts(results[name])] for role in POOLED}
    return {role: sets for role, sets in roles.items() if len(sets) > 1}


def _evaluation(sets: Sequence[Evaluation]) -> Evaluation:
    import numpy as np  # 0.1 s that the callers without several sets need not pay

    # The counts alone make the interval: the seed needs no param.
    rng = np.random.default_rng(0)
    drawn = [resampled(one.rates, rng) for one in sets]
    shares = [one.correct / one.scored for one in sets]
    return Evaluation(
        problems=sum(one.problems for one in sets),
        scored=sum(one.scored for one in sets),
        correct=sum(one.correct for one in sets),
        accuracy=round(sum(shares) / len(sets), 4),
        interval=_interval(drawn),
        verdicts={verdict: sum(one.verdicts[verdict] for one in sets) for verdict in sets[0].verdicts},
        mistakes=dict(sum((Counter(one.mistakes) for one in sets), Counter[str]())),
        tokens=sum(one.tokens for one in sets),
        engine=sets[0].engine,
        samples=max(one.samples for one in sets),
        rates=sorted(sum((Counter(dict(one.rates)) for one in sets), Counter[float]()).items(), reverse=True),
        majority=_majority(sets, rng),
    )


def _majority(sets: Sequence[Evaluation], rng: Any) -> Majority | None:
    scored = [(one.scored, one.majority.correct) for one in sets if one.majority]
    if len(scored) < len(sets):
        return None
    drawn = [rng.binomial(of, correct / of, size=RESAMPLES) / of for of, correct in scored]
    return Majority(
        correct=sum(correct for _, correct in scored),
        accuracy=round(sum(correct / of for of, correct in scored) / len(sets), 4),
        interval=_interval(drawn),
    )


def _comparison(sets: Sequence[Comparison], seed: int) -> Comparison:
    import numpy as np  # as above

    rng = np.random.default_rng(seed)
    drawn = [resampled(one.changes, rng) for one in sets]
    fixed, broken = sum(one.fixed for one in sets), sum(one.broken for one in sets)
    low, high = _interval(drawn)
    p = mcnemar(fixed, broken)
    return Comparison(
        problems=sum(one.problems for one in sets),
        fixed=fixed,
        broken=broken,
        difference=round(sum(mean_change(one.changes) or 0.0 for one in sets) / len(sets), 4),
        interval=(low, high),
        p=float(f"{p:.3g}"),
        measurable=is_measurable(p, low, high),
        mistakes=_mistakes(sets),
        changes=sorted(sum((Counter(dict(one.changes)) for one in sets), Counter[float]()).items(), reverse=True),
    )


def _interval(drawn: Sequence[Any]) -> tuple[float, float]:
    """Return the interval of the mean of several sets, each with an array of resampled values."""
    import numpy as np  # as above

    low, high = np.percentile(np.mean(drawn, axis=0), [2.5, 97.5])
    return round(float(low), 4), round(float(high), 4)


def _mistakes(sets: Sequence[Comparison]) -> dict[str, MistakeChange]:
    kinds = sorted({kind for one in sets for kind in one.mistakes})
    none = MistakeChange(0, 0, 0, 0)
    counts = {kind: [astuple(one.mistakes.get(kind, none)) for one in sets] for kind in kinds}
    return {kind: MistakeChange(*map(sum, zip(*of_sets, strict=True))) for kind, of_sets in counts.items()}
