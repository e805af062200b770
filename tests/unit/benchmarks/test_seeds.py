"""Differences of arms with several seeds."""

import numpy as np
import pytest

from benchmarks.seeds import difference
from stages.evaluation.paired import difference_interval


def test_difference_is_that_of_the_means_over_seeds():
    newer = [[1, 1, 0, 0], [1, 1, 1, 0]]  # 4/8 + 1/8
    older = [[1, 0, 0, 0]]
    assert difference(newer, older)[0] == pytest.approx(5 / 8 - 1 / 4)


def test_one_seed_each_gives_the_interval_of_a_paired_comparison():
    newer, older = np.zeros((1, 400)), np.zeros((1, 400))
    newer[0, :60], older[0, 40:70] = 1, 1  # 40 fixed, 10 broken
    low, high = difference_interval([(1.0, 40), (-1.0, 10), (0.0, 350)], seed=0)
    assert difference(newer, older)[1:] == pytest.approx((low, high), abs=0.005)


def test_seeds_that_differ_widen_the_interval():
    alike = np.tile(np.arange(400) < 100, (3, 1))
    unlike = np.stack([np.arange(400) < count for count in (40, 100, 160)])
    older = np.zeros((1, 400))
    narrow, wide = (difference(newer, older) for newer in (alike, unlike))
    assert narrow[0] == pytest.approx(wide[0]) == pytest.approx(0.25)
    assert wide[1] < narrow[1] - 0.05
    assert wide[2] > narrow[2] + 0.05


def test_arms_that_solve_the_same_have_no_difference():
    solved = [[1, 0, 1, 0, 1]]
    assert difference(solved, solved) == (0.0, 0.0, 0.0)
