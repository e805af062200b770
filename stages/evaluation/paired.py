"""McNemar's exact test and a bootstrap interval of the difference of two models on the same problems.

Only problems that one model alone solves are evidence of a difference: *fixed* ones are solved by the newer model,
*broken* ones by the older.

Sources: McNemar 1947, Psychometrika 12:153-157 (exact form: a sign test); Efron and Tibshirani 1993, chapter 13.
"""

from typing import Any

RESAMPLES = 10_000


def mcnemar(fixed: int, broken: int) -> float:
    """Return the two-sided p-value of McNemar's exact test, whose hypothesis is that both are equally likely."""
    from scipy.stats import binomtest  # 0.7 s

    if fixed + broken == 0:
        return 1.0
    return float(binomtest(fixed, fixed + broken, 0.5).pvalue)


def difference_interval(fixed: int, broken: int, problems: int, seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (percentiles) of the difference in accuracy, newer minus older.

    Without a problem it is (-1, 1): nothing is known.
    """
    import numpy as np  # only this function needs it

    if problems == 0:
        return -1.0, 1.0
    low, high = np.percentile(changes(fixed, broken, problems, np.random.default_rng(seed)), [2.5, 97.5])
    return float(low), float(high)


def changes(fixed: int, broken: int, problems: int, rng: Any) -> Any:
    """Return the difference in accuracy in each of `RESAMPLES` resamples of the problems, as a numpy array.

    A problem counts +1 if fixed, -1 if broken, else 0. A resample of `problems` of them with replacement is one draw of
    three multinomial counts.
    """
    shares = [fixed / problems, broken / problems, (problems - fixed - broken) / problems]
    drawn = rng.multinomial(problems, shares, size=RESAMPLES)
    return (drawn[:, 0] - drawn[:, 1]) / problems
