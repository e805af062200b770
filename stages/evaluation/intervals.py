"""Confidence intervals of proportions."""

import math
from collections.abc import Sequence

_Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion, as fractions (Wilson 1927).

    It stays within [0, 1] and has a width at 0 and at 1 too, where the normal interval has none. Without a trial it is
    (0, 1): nothing is known.
    """
    return _wilson(successes / trials, trials) if trials else (0.0, 1.0)


def of_rates(rates: Sequence[float], samples: int) -> tuple[float, float]:
    """Return the 95 % interval of the mean of problems' pass rates, each out of `samples` tries.

    Problems are the independent units, tries at one problem are not. It is Wilson's interval for the number of trials
    that would give a proportion the variance of this mean over the problems (Kish 1965, the design effect). That number
    is at least the problems, where each is solved always or never, and at most all tries.
    """
    if not rates:
        return 0.0, 1.0
    mean = sum(rates) / len(rates)
    spread = mean * (1 - mean)
    variance = sum((rate - mean) ** 2 for rate in rates) / len(rates)
    most = len(rates) * (samples if spread else 1)  # at 0 and 1 nothing is known of how tries differ
    trials = len(rates) * spread / variance if variance else most
    return _wilson(mean, min(max(trials, len(rates)), most))


def _wilson(share: float, trials: float) -> tuple[float, float]:
    spread = _Z95 * math.sqrt(share * (1 - share) / trials + _Z95**2 / (4 * trials**2))
    centre = share + _Z95**2 / (2 * trials)
    scale = 1 + _Z95**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
