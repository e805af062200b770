"""McNemar's exact test and a bootstrap interval of the difference of two models on the same problems.

Only problems that one model alone solves are evidence of a difference: *fixed* ones are solved by the newer model,
*broken* ones by the older. With several samples of each problem these are the problems that one model solves more
often, and McNemar's test is the sign test of them; the interval is of the mean change of a problem's pass rate.

Sources: McNemar 1947, Psychometrika 12:153-157 (exact form: a sign test); Efron and Tibshirani 1993, chapter 13.
"""

from collections.abc import Sequence
from typing import Any

RESAMPLES = 10_000


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of McNemar's exact test, whose hypothesis is that both are equally likely."""
    from scipy.stats import binomtest  # 0.7 s

    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


Changes = Sequence[tuple[float, int]]
"""Each change of a problem's pass rate, newer minus older, and the number of problems that have it."""


def mean_change(changes: Changes) -> float | None:
    """Return the difference in accuracy; None without a problem."""
    problems = sum(count for _, count in changes)
    return sum(change * count for change, count in changes) / problems if problems else None


def difference_interval(changes: Changes, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (percentiles) of the difference in accuracy, newer minus older.

    Without a problem it is (-1, 1): nothing is known.
    """
    import numpy as np  # only this function needs it

    if not sum(count for _, count in changes):
        return -1.0, 1.0
    low, high = np.percentile(resampled(changes, np.random.default_rng(seed)), [2.5, 97.5])
    return float(low), float(high)


def resampled(rates: Changes, rng: Any) -> Any:
    """Return the mean in each of `RESAMPLES` resamples of the problems, as a numpy array.

    A resample of all problems with replacement is one draw of multinomial counts.

    Args:
        rates: each change, or each pass rate, and the number of problems that have it; at least one problem.
        rng: a generator of numpy.
    """
    values, counts = zip(*rates, strict=True)
    problems = sum(counts)
    drawn = rng.multinomial(problems, [count / problems for count in counts], size=RESAMPLES)
    return drawn @ values / problems
