"""Paired comparison: the test against values worked out by hand, the interval by its properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.evaluation.paired import difference_interval, mcnemar, mean_change

COUNTS = st.integers(0, 60)


def changes_of(fixed, broken, problems):
    return [(1.0, fixed), (-1.0, broken), (0.0, problems - fixed - broken)]


@pytest.mark.parametrize(
    ("fixed", "broken", "p"),
    [
        # Two tails of a fair coin: 2 * sum of C(n, i) for i up to the smaller count, over 2 ** n.
        pytest.param(5, 0, 2 / 32, id="5-to-0"),
        pytest.param(6, 0, 2 / 64, id="6-to-0"),
        pytest.param(9, 1, 2 * (1 + 10) / 1024, id="9-to-1"),
        pytest.param(2, 8, 2 * (1 + 10 + 45) / 1024, id="2-to-8"),
        pytest.param(1, 0, 1.0, id="a-single-change"),
        pytest.param(4, 4, 1.0, id="as-many-both-ways"),
        pytest.param(0, 0, 1.0, id="no-change"),
    ],
)
def test_p_value_is_that_of_a_fair_coin(fixed, broken, p):
    assert mcnemar(fixed, broken) == pytest.approx(p)


@given(COUNTS, COUNTS)
def test_p_value_is_symmetric_and_a_probability(fixed, broken):
    assert mcnemar(fixed, broken) == pytest.approx(mcnemar(broken, fixed))
    assert 0 < mcnemar(fixed, broken) <= 1


@given(st.integers(0, 30), st.integers(0, 30))
def test_one_more_problem_fixed_of_those_beyond_the_broken_makes_chance_less_likely(broken, extra):
    assert mcnemar(broken + extra + 1, broken) <= mcnemar(broken + extra, broken) + 1e-12


@given(st.integers(1, 500), st.integers(0, 9))
def test_interval_of_models_that_solve_the_same_problems_is_zero(problems, seed):
    assert difference_interval(changes_of(0, 0, problems), seed) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("fixed", "broken", "low", "high"),
    [
        # The variance of +1, -1 and 0 at shares f and b is f + b - (f - b) ** 2; for 400 problems and f = 0.2, b = 0.1
        # the standard error is sqrt(0.29 / 400) = 0.0269, and 0.1 -+ 1.96 * 0.0269 is 0.047 to 0.153.
        pytest.param(80, 40, 0.047, 0.153, id="better"),
        pytest.param(40, 80, -0.153, -0.047, id="worse"),
        # f = b = 0.1: sqrt(0.2 / 400) = 0.0224, times 1.96 is 0.044.
        pytest.param(40, 40, -0.044, 0.044, id="even"),
    ],
)
def test_interval_of_many_problems_is_the_normal_one(fixed, broken, low, high):
    assert difference_interval(changes_of(fixed, broken, 400), 0) == pytest.approx((low, high), abs=0.004)


@given(data=st.data(), problems=st.integers(1, 200))
def test_interval_lies_within_one_and_holds_the_difference(data, problems):
    fixed = data.draw(st.integers(0, problems))
    broken = data.draw(st.integers(0, problems - fixed))
    low, high = difference_interval(changes_of(fixed, broken, problems), 0)
    assert -1 <= low <= (fixed - broken) / problems <= high <= 1


def test_interval_depends_on_the_seed_alone():
    assert difference_interval(changes_of(9, 4, 50), 3) == difference_interval(changes_of(9, 4, 50), 3)


def test_interval_without_a_problem_says_that_nothing_is_known():
    assert difference_interval(changes_of(0, 0, 0), 0) == (-1.0, 1.0)


def test_interval_of_pass_rates_is_narrower_than_that_of_single_tries_with_the_same_mean():
    # 400 problems that all gain or lose a quarter: the standard error is 0.25 / 20 = 0.0125, times 1.96 is 0.0245.
    quarters = [(0.25, 200), (-0.25, 200)]
    assert difference_interval(quarters, 0) == pytest.approx((-0.0245, 0.0245), abs=0.002)
    assert mean_change([(0.5, 3), (-0.25, 1), (0.0, 1)]) == pytest.approx(1.25 / 5)
    assert mean_change([]) is None
