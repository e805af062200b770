"""Counts of a selection by hand."""

import random

import pytest

from stages.core.metrics import SelectionCounts, TrialCaseCounts
from stages.selection.counting import count, ties
from stages.selection.ranking import rank
from stages.selection.scores.interface import untried
from stages.selection.settings import Keep, SelectionParams
from tests.unit.selection.outcomes import candidate, one_each, trial_cases, tried


def params(score="accuracy", value=0.5, within="all"):
    return SelectionParams(score, 2, 1, Keep("fraction", value, within))


def test_counts_by_accuracy():
    inputs = tried({"a": "11|1", "b": "1-|0", "c": "00|1", "d": "--|-"})
    # a 1, b and c 1/2, d none; two are kept, and the cut goes between b and c. No example solves the good case alone.
    assert count(rank(inputs, params()), inputs, params(), "vllm") == SelectionCounts(
        candidates=4, kept=2, helped=1, missing=1, tied=2, tied_at_cut=2,
        trial_cases=TrialCaseCounts(2, 1, {"t1": 2}), trials=12, failed_trials=4, engine="vllm",
        kept_by_set={"sums": 2}, exercises=0, rows=2, shortfall=0,
    )  # fmt: skip


def test_counts_by_likelihood():
    gains = {"a": [0.1, 0.2, 0.1], "b": [-0.1, None, -0.2], "c": [None, None, None]}
    inputs, section = tried(dict.fromkeys(gains, "--|-"), gains), params("likelihood", 1.0)
    counts = count(rank(inputs, section), inputs, section, "transformers")
    assert (counts.kept, counts.helped, counts.missing, counts.trials, counts.failed_trials) == (2, 1, 1, 9, 4)


def test_counts_at_random_have_no_trials():
    candidates = [candidate("a", "t1"), candidate("b", "t1")]
    inputs = untried(candidates, trial_cases(1, 0), one_each(candidates), {}, random.Random(0))
    counts = count(rank(inputs, params("random")), inputs, params("random"), None)
    assert (counts.candidates, counts.kept, counts.helped, counts.missing) == (2, 1, 0, 0)
    assert (counts.trials, counts.failed_trials, counts.engine) == (0, 0, None)


@pytest.mark.parametrize(
    ("rows", "helped"),
    [
        # No example: 0 of the bad cases and all of the good ones, 1/2. a 3/4, b 1/2, c 3/4 of the valid ones.
        pytest.param({"a": "10|1", "b": "00|1", "c": "-1|1", "d": "--|-"}, 2, id="bad-and-good"),
        pytest.param({"a": "10", "b": "00"}, 1, id="bad-alone"),
    ],
)
def test_by_accuracy_those_help_that_are_better_than_no_example(rows, helped):
    inputs = tried(rows)
    assert count(rank(inputs, params()), inputs, params(), None).helped == helped


def test_ties_are_counted_within_a_group_and_at_its_cut():
    rows = {"a": "11", "b": "11", "c": "00", "d": "11"}
    found = rank(tried(rows, types={"c": "g", "d": "g"}), params(within="type"))
    assert {score.candidate_id for score in found if score.kept} == {"a", "d"}
    assert ties(found, {"a": "", "b": "", "c": "g", "d": "g"}) == (2, 2)
    assert ties(found, {"a": "1", "b": "2", "c": "g", "d": "g"}) == (0, 0)


def test_ties_of_unequal_counts_are_exact():
    found = rank(tried({"a": "100---|111", "b": "110000|111"}), params())
    assert ties(found, {"a": "", "b": ""}) == (2, 2)
