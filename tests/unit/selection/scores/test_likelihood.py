"""Standardized gains by hand."""

import pytest

from stages.selection.scores.likelihood import gains, score
from tests.unit.selection.outcomes import tried


def test_likelihood_of_equal_gains_is_zero():
    assert [own.value for own in score(tried({"a": "-", "b": "-"}, {"a": [0.3], "b": [0.3]})).values()] == [0.0, 0.0]


def test_case_without_a_gain_is_left_out_and_so_is_a_half_of_such_cases():
    inputs = tried(dict.fromkeys("xy", "--|-"), {"x": (0.1, None, None), "y": (0.3, 0.5, 0.2)})
    assert gains(inputs) == {"x": {"b0": 0.1}, "y": {"b0": 0.3, "b1": 0.5, "g0": 0.2}}
    # The first case has deviations of -1 and 1; nothing stands beside y on the others, where it is average.
    assert {name: own.value for name, own in score(inputs).items()} == pytest.approx({"x": -1.0, "y": 0.25})


def test_candidate_without_any_gain_has_no_score():
    assert score(tried({"x": "-"}, {"x": [None]}))["x"].value is None
