"""Wilson intervals against published values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.evaluation.intervals import of_rates, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3 (score, no continuity correction).
        pytest.param(81, 263, 0.2553, 0.3662, id="newcombe-81-of-263"),
        pytest.param(15, 148, 0.0624, 0.1605, id="newcombe-15-of-148"),
        pytest.param(0, 20, 0.0, 0.1611, id="newcombe-0-of-20"),
        pytest.param(1, 29, 0.0061, 0.1718, id="newcombe-1-of-29"),
        # By hand: z^2 = 3.8415; for k = 0 the bounds are 0 and z^2 / (n + z^2), for k = n n / (n + z^2) and 1.
        pytest.param(0, 10, 0.0, 3.8415 / 13.8415, id="none-of-10"),
        pytest.param(10, 10, 10 / 13.8415, 1.0, id="all-of-10"),
        pytest.param(1, 1, 1 / 4.8415, 1.0, id="one-of-one"),
        pytest.param(0, 0, 0.0, 1.0, id="no-trial"),
    ],
)
def test_interval_is_the_published_one(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


@given(trials=st.integers(1, 5000), data=st.data())
def test_interval_lies_in_0_to_1_and_holds_the_proportion(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert 0 <= low <= successes / trials + 1e-12
    assert successes / trials - 1e-12 <= high <= 1


@given(trials=st.integers(1, 500), data=st.data())
def test_interval_of_the_failures_is_the_mirror_image(trials, data):
    successes = data.draw(st.integers(0, trials))
    low, high = wilson(successes, trials)
    assert wilson(trials - successes, trials) == pytest.approx((1 - high, 1 - low))


@given(solved=st.integers(0, 60), failed=st.integers(0, 60))
def test_interval_of_single_tries_is_wilsons_to_the_bit(solved, failed):
    assert of_rates([1.0] * solved + [0.0] * failed, 1) == wilson(solved, solved + failed)


@pytest.mark.parametrize(
    ("rates", "samples", "trials"),
    [
        # Solved always or never: four tries tell no more than one.
        pytest.param([1.0] * 8 + [0.0] * 12, 4, 20, id="tries-agree"),
        # Mean 0.5, variance (0.25^2 + 0.25^2) / 2 = 1/16: 20 * (1/4) / (1/16) = 80, all tries.
        pytest.param([0.25, 0.75] * 10, 4, 80, id="tries-differ"),
        # Mean 0.5, variance (2 * 0.25 + 0) / 4 = 1/8: 20 * (1/4) / (1/8) = 40.
        pytest.param([0.0, 0.5, 0.5, 1.0] * 5, 2, 40, id="between"),
        # All problems alike: no more than all tries.
        pytest.param([0.5] * 20, 4, 80, id="no-variance"),
    ],
)
def test_interval_of_rates_is_wilsons_for_as_many_independent_tries(rates, samples, trials):
    successes = sum(rates) / len(rates) * trials
    assert of_rates(rates, samples) == pytest.approx(wilson(round(successes), trials))


def test_interval_where_all_or_no_tries_are_right_has_a_width_by_the_problems():
    assert of_rates([0.0] * 20, 4) == wilson(0, 20)
    assert of_rates([1.0] * 20, 4) == wilson(20, 20)
    assert of_rates([], 4) == (0.0, 1.0)
