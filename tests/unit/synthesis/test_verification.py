"""Params and votes of independent solutions."""

import pytest

from stages.synthesis.verification import VerificationParams, objection


@pytest.mark.parametrize(
    ("given", "agreeing", "expected"),
    [
        pytest.param(3, 3, None, id="all"),
        pytest.param(3, 2, None, id="just-enough"),
        pytest.param(3, 1, "independent solutions disagree", id="outvoted"),
        pytest.param(1, 1, "too few independent solutions", id="too-few"),
    ],
)
def test_objection_by_votes(given, agreeing, expected):
    assert objection({"given": given, "agreeing": agreeing}, VerificationParams(3, 2)) == expected
