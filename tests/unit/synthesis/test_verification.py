"""Params and votes of independent solutions."""

import pytest

from stages.core.exceptions import ParamsError
from stages.synthesis.verification import VerificationParams, check, objection


@pytest.mark.parametrize(("samples", "agree"), [(3, 2), (1, 1), (0, 0), (0, 2)])
def test_agreement_of_some_or_all_samples_is_accepted_and_so_are_no_samples(samples, agree):
    check(VerificationParams(samples, agree))


@pytest.mark.parametrize(("samples", "agree"), [(-1, 0), (3, 0), (3, 4), (3, -1)])
def test_agreement_that_cannot_be_is_refused(samples, agree):
    with pytest.raises(ParamsError, match=rf"synthesize_data\.verification: .* not {samples} and {agree}"):
        check(VerificationParams(samples, agree))


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
