"""Whether two models differ on the same problems: McNemar's exact test and a bootstrap interval.

Only problems that one model solves and the other does not say anything about a difference: *fixed* are those that the
newer model alone solves, *broken* those that the older one alone does.

Sources: McNemar 1947, Psychometrika 12:153-157 (exact form: a sign test); Efron and Tibshirani 1993, chapter 13.
"""

from collections.abc import Sequence

_RESAMPLES = 10_000


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of McNemar's exact test: were both ways equally likely, how odd is this split?"""
    from scipy.stats import binomtest  # 0.7 s

    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def difference_interval(fixed: int, broken: int, problems: int, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (percentiles) of the difference in accuracy, newer minus older.

    A problem counts +1 if fixed, -1 if broken, else 0. Drawing `problems` of them with replacement gives multinomial
    counts, so that a resample is one draw of three numbers, however many problems there are. Without a problem nothing
    is known: (-1, 1).
    """
    import numpy as np  # only this function needs it

    if problems == 0:
        return -1.0, 1.0
    shares = [fixed / problems, broken / problems, (problems - fixed - broken) / problems]
    drawn = np.random.default_rng(seed).multinomial(problems, shares, size=_RESAMPLES)
    low, high = np.percentile((drawn[:, 0] - drawn[:, 1]) / problems, [2.5, 97.5])
    return float(low), float(high)


def changes(before: Sequence[bool], after: Sequence[bool]) -> tuple[int, int]:
    """Return how many problems were fixed and how many broken; both sequences are in the same order of problems."""
    pairs = list(zip(before, after, strict=True))
    return pairs.count((False, True)), pairs.count((True, False))
