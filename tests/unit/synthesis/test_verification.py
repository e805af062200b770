"""Params and votes of independent solutions."""

import pytest

from stages.core import params
from stages.core.exceptions import ParamsError
from stages.synthesis.verification import VerificationParams, objection


@pytest.mark.parametrize(("samples", "agree"), [(3, 2), (1, 1), (0, 0), (0, 2)])
def test_agreement_of_some_or_all_samples_is_accepted_and_so_are_no_samples(samples, agree):
    parsed = params.parse(VerificationParams, {"samples": samples, "agree": agree})
    assert parsed == VerificationParams(samples, agree)


@pytest.mark.parametrize(("samples", "agree"), [(3, 0), (3, 4), (3, -1)])
def test_agreement_that_cannot_be_is_refused(samples, agree):
    with pytest.raises(ParamsError, match=r"`verification`: agree must be from 1 to samples"):
        params.parse(VerificationParams, {"samples": samples, "agree": agree}, "verification")


def test_fewer_than_no_samples_are_refused():
    with pytest.raises(ParamsError, match=r"`verification\.samples` must be greater than or equal to 0, not -1"):
        params.parse(VerificationParams, {"samples": -1, "agree": 0}, "verification")


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
