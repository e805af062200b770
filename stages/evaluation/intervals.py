"""Confidence intervals of proportions."""

import math

_Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion, as fractions (Wilson 1927).

    It stays within [0, 1] and has a width at 0 and at 1 too, where the normal interval has none. Without a trial it is
    (0, 1): nothing is known.
    """
    if trials == 0:
        return 0.0, 1.0
    share = successes / trials
    spread = _Z95 * math.sqrt(share * (1 - share) / trials + _Z95**2 / (4 * trials**2))
    centre = share + _Z95**2 / (2 * trials)
    scale = 1 + _Z95**2 / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
