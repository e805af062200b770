"""The `select_data` section, and the table of scores."""

from typing import get_args

import pytest

from stages.core.exceptions import ParamsError
from stages.core.params import parse
from stages.selection.scoring import SCORES, check_engine
from stages.selection.settings import Keep, ScoreName, SelectionParams

GOOD = {
    "score": "accuracy",
    "bad_cases": 1,
    "good_cases": 0,
    "keep": {"by": "fraction", "value": 1.0, "within": "all"},
}


@pytest.mark.parametrize(
    "keep",
    [
        pytest.param({"by": "fraction", "value": 1.0, "within": "all"}, id="most"),
        pytest.param({"by": "fraction", "value": 1, "within": "all"}, id="whole-number"),
        pytest.param({"by": "threshold", "value": -0.5, "within": "type"}, id="threshold-may-be-negative"),
    ],
)
def test_values_in_range_pass(keep):
    found = parse(SelectionParams, GOOD | {"keep": keep}, "select_data")
    assert found == SelectionParams("accuracy", 1, 0, Keep(**keep))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"score": "acuracy"}, r"score` must be 'accuracy', 'likelihood' or 'random'", id="unknown"),
        pytest.param({"bad_cases": 0}, r"bad_cases` must be greater than or equal to 1, not 0", id="no-bad-case"),
        pytest.param({"good_cases": -1}, r"good_cases` must be greater than or equal to 0, not -1", id="negative"),
        pytest.param(
            {"keep": {"by": "fraction", "value": 0.0, "within": "all"}},
            r"`select_data\.keep`: value must be above 0 up to 1",
            id="keep-nothing",
        ),
        pytest.param(
            {"keep": {"by": "fraction", "value": 1.5, "within": "all"}}, "above 0 up to 1", id="more-than-all"
        ),
        pytest.param(
            {"keep": {"by": "fraction", "value": float("nan"), "within": "all"}}, r"keep\.value", id="no-number"
        ),
    ],
)
def test_values_out_of_range_are_refused(changes, message):
    with pytest.raises(ParamsError, match=message):
        parse(SelectionParams, GOOD | changes, "select_data")


def test_every_score_of_the_section_is_in_the_table():
    assert list(SCORES) == list(get_args(ScoreName))


@pytest.mark.parametrize("score", SCORES)
def test_only_the_likelihood_needs_an_engine_with_likelihoods(score):
    params = parse(SelectionParams, GOOD | {"score": score}, "select_data")
    check_engine(params, has_likelihoods=True)
    if score == "likelihood":
        with pytest.raises(ParamsError, match=r"score: likelihood needs an engine with log-likelihoods.*accuracy"):
            check_engine(params, has_likelihoods=False)
    else:
        check_engine(params, has_likelihoods=False)
