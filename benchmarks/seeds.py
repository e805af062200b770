"""The difference of two arms that were run with several seeds, on the same problems, with its interval.

Two things are drawn at random in such an experiment: the problems, and what a seed decides, such as which new problems
were written. Each resample draws problems with replacement, and for each arm its seeds with replacement, so that the
interval tells of other problems and other seeds. An arm with one seed has that one in each resample: of its seeds
nothing is known then, and the interval tells of other problems alone.

Source: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 8 (several samples, each resampled).
"""

from typing import Any

import numpy as np

from stages.evaluation.paired import RESAMPLES

_AT_ONCE = 500  # resamples, which bounds the memory


def difference(newer: Any, older: Any, seed: int = 0) -> tuple[float, float, float]:
    """Return the difference of two mean accuracies, newer less older, and the two ends of its 95 % interval.

    Args:
        newer: an array of seeds x problems, 1 where the problem was solved.
        older: the same of the other arm, with as many problems in the same order; its number of seeds is its own.
        seed: of the resamples.
    """
    new, old = np.asarray(newer, dtype=float), np.asarray(older, dtype=float)
    rng = np.random.default_rng(seed)
    parts = [_resampled(new, old, _AT_ONCE, rng) for _ in range(RESAMPLES // _AT_ONCE)]
    low, high = np.percentile(np.concatenate(parts), [2.5, 97.5])
    return float(new.mean() - old.mean()), float(low), float(high)


def _resampled(new: Any, old: Any, count: int, rng: np.random.Generator) -> Any:
    changes = _of_drawn_seeds(new, count, rng) - _of_drawn_seeds(old, count, rng)
    problems = new.shape[1]
    drawn = rng.multinomial(problems, np.full(problems, 1 / problems), size=count)
    return (drawn * changes).sum(axis=1) / problems


def _of_drawn_seeds(solved: Any, count: int, rng: np.random.Generator) -> Any:
    """Return the mean of the drawn seeds on each problem, an array of resamples x problems."""
    seeds = solved.shape[0]
    return rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=count) @ solved / seeds
