"""Ranges of the `select_data` section."""

from dataclasses import replace

import pytest

from stages.core.exceptions import ParamsError
from stages.selection.settings import Keep, SelectionParams, check

GOOD = SelectionParams("accuracy", 1, 0, Keep("fraction", 1.0, "all"))


@pytest.mark.parametrize(
    "params",
    [
        pytest.param(GOOD, id="least-and-most"),
        pytest.param(replace(GOOD, keep=Keep("threshold", -0.5, "type")), id="threshold-may-be-negative"),
    ],
)
def test_values_in_range_pass(params):
    check(params)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        pytest.param(replace(GOOD, bad_cases=0), "bad_cases must be at least 1", id="no-bad-case"),
        pytest.param(replace(GOOD, good_cases=-1), "good_cases at least 0", id="negative"),
        pytest.param(replace(GOOD, keep=Keep("fraction", 0.0, "all")), "above 0 up to 1, not 0.0", id="keep-nothing"),
        pytest.param(replace(GOOD, keep=Keep("fraction", 1.5, "all")), "above 0 up to 1, not 1.5", id="more-than-all"),
        pytest.param(replace(GOOD, keep=Keep("fraction", float("nan"), "all")), "not nan", id="no-number"),
    ],
)
def test_values_out_of_range_are_refused(params, message):
    with pytest.raises(ParamsError, match=message):
        check(params)
