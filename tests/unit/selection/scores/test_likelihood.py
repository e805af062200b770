"""Standardized gains by hand."""

import pytest

from stages.selection.scores.likelihood import gains, score
from tests.unit.selection.outcomes import tried


def test_likelihood_is_standardized_case_by_case():
    found = score(tried(dict.fromkeys("xyz", "--"), {"x": (0.2, 30.0), "y": (0.4, 10.0), "z": (0.6, 20.0)}))
    # Both cases have deviations of -1.224745, 0 and 1.224745: x (-1.22 + 1.22) / 2, y (0 - 1.22) / 2, z (1.22 + 0) / 2.
    assert {name: own.value for name, own in found.items()} == pytest.approx(
        {"x": 0.0, "y": -0.612372, "z": 0.612372}, abs=1e-6
    )
    assert found["x"].bad == pytest.approx([-1.224745, 1.224745], abs=1e-6)


def test_likelihood_of_equal_gains_is_zero():
    assert [own.value for own in score(tried({"a": "-", "b": "-"}, {"a": [0.3], "b": [0.3]})).values()] == [0.0, 0.0]


def test_case_without_a_gain_is_left_out_and_so_is_a_half_of_such_cases():
    inputs = tried(dict.fromkeys("xy", "--|-"), {"x": (0.1, None, None), "y": (0.3, 0.5, 0.2)})
    assert gains(inputs) == {"x": {"b0": 0.1}, "y": {"b0": 0.3, "b1": 0.5, "g0": 0.2}}
    # The first case has deviations of -1 and 1; nothing stands beside y on the others, where it is average.
    assert {name: own.value for name, own in score(inputs).items()} == pytest.approx({"x": -1.0, "y": 0.25})


def test_candidate_without_any_gain_has_no_score():
    assert score(tried({"x": "-"}, {"x": [None]}))["x"].value is None
