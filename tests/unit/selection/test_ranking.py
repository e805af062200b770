"""Scores and the kept set by hand."""

import random

import pytest

from stages.core.records import Score
from stages.selection.ranking import number_kept, rank, rank_at_random, ties
from stages.selection.settings import Keep, SelectionParams
from tests.unit.selection.attempts import attempt, development


def params(score="accuracy", by="fraction", value=0.5, within="all"):
    return SelectionParams(score, 2, 1, Keep(by, value, within))


def kept(scores):
    return {score.candidate_id for score in scores if score.kept}


def test_accuracy_is_the_mean_of_both_halves_with_its_standard_error():
    found = rank(
        [attempt("x", "1001|11", [0.4, 0.2, 0.0, 0.2, -0.1, -0.3]), attempt("y", "0000|10")],
        development(4, 2),
        params(),
    )
    # x: (2/4 + 2/2) / 2. Variances: bad (4 * 0.25) / 3 = 1/3, good 0; error sqrt(1/3/4 + 0) / 2 = 0.144338.
    # Gains: (0.2 - 0.2) / 2 = 0. y: variances 0 and 0.5; error sqrt(0.5/2) / 2 = 0.25.
    assert found == [
        Score("x", 0.75, 0.5, 1.0, 4, 2, 0.144338, 0.0, kept=True),
        Score("y", 0.25, 0.0, 0.5, 4, 2, 0.25, 0.0, kept=False),
    ]


def test_failed_trials_are_missing_and_not_wrong():
    (found,) = rank([attempt("x", "1--0|-1")], development(4, 2), params())
    assert (found.score, found.bad_score, found.good_score) == (0.75, 0.5, 1.0)
    assert (found.bad_cases, found.good_cases, found.standard_error) == (2, 1, None)


def test_half_without_a_valid_trial_leaves_the_other_as_the_score():
    (found,) = rank([attempt("x", "10|--")], development(2, 2), params())
    # Error: sqrt(0.5 / 2) = 0.5, of one half alone.
    assert (found.score, found.good_score, found.good_cases, found.standard_error) == (0.5, None, 0, 0.5)


def test_candidate_without_any_valid_trial_has_no_score_and_is_not_kept():
    found = rank([attempt("x", "-|-"), attempt("y", "0|0")], development(1, 1), params(value=1.0))
    assert [(score.candidate_id, score.score, score.kept) for score in found] == [("y", 0.0, True), ("x", None, False)]


def test_ties_go_by_the_gain_in_likelihood_and_then_by_id():
    attempts = [attempt("d", "10", [0.1, 0.1]), attempt("c", "01", [0.1, 0.1]), attempt("b", "10", [0.3, 0.1])]
    found = rank([*attempts, attempt("a", "00", [9.0, 9.0])], development(2, 0), params(value=0.5))
    assert [(score.candidate_id, score.kept) for score in found] == [
        ("b", True), ("c", True), ("d", False), ("a", False),
    ]  # fmt: skip
    # b, c and d share 1/2; the cut goes through them.
    assert ties(found, dict.fromkeys("abcd", "")) == {"tied": 3, "tied_at_cut": 3}


def test_ties_away_from_the_cut_or_in_another_group_are_none_at_the_cut():
    found = rank(
        [attempt("a", "11"), attempt("b", "11"), attempt("c", "00", group="g"), attempt("d", "11", group="g")],
        development(2, 0),
        params(value=0.5),
    )
    assert kept(found) == {"a", "d"}
    assert ties(found, {"a": "", "b": "", "c": "g", "d": "g"}) == {"tied": 2, "tied_at_cut": 2}
    assert ties(found, {"a": "1", "b": "2", "c": "g", "d": "g"}) == {"tied": 0, "tied_at_cut": 0}


def test_equal_fractions_of_unequal_counts_tie_exactly():
    # 1/3 of three cases and 2/6 of six; as floating-point means of halves they need not be equal.
    one, other = attempt("a", "100---|111"), attempt("b", "110000|111")
    found = rank([one, other], development(6, 3), params(value=0.5))
    assert ties(found, {"a": "", "b": ""}) == {"tied": 2, "tied_at_cut": 2}


def test_likelihood_is_standardized_case_by_case():
    gains = {"x": (0.2, 30.0), "y": (0.4, 10.0), "z": (0.6, 20.0)}
    found = rank([attempt(name, "--", own) for name, own in gains.items()], development(2, 0), params("likelihood"))
    # Both cases have deviations of -1.224745, 0 and 1.224745: x (-1.22 + 1.22) / 2, y (0 - 1.22) / 2, z (1.22 + 0) / 2.
    # Errors: x has variance 3, sqrt(3 / 2); y and z 0.75, sqrt(0.375).
    assert [(s.candidate_id, s.score, s.standard_error, s.likelihood_gain) for s in found] == [
        ("z", 0.612372, 0.612372, 10.3),
        ("x", 0.0, 1.224745, 15.1),
        ("y", -0.612372, 0.612372, 5.2),
    ]
    assert kept(found) == {"z", "x"}


def test_likelihood_of_equal_gains_is_zero():
    found = rank([attempt(name, "-", [0.3]) for name in "ab"], development(1, 0), params("likelihood"))
    assert [score.score for score in found] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("value", "candidates", "expected"),
    [
        pytest.param(1.0, 7, 7, id="all"),
        pytest.param(0.8, 5, 4, id="four-of-five"),
        pytest.param(0.01, 5, 1, id="at-least-one"),
        pytest.param(0.5, 3, 2, id="rounded-up"),
        pytest.param(0.07, 100, 7, id="no-rounding-error-7-of-100"),
        pytest.param(0.55, 100, 55, id="no-rounding-error-55-of-100"),
        pytest.param(0.5, 0, 0, id="none-of-none"),
    ],
)
def test_number_kept(value, candidates, expected):
    assert number_kept(Keep("fraction", value, "all"), candidates) == expected


@pytest.mark.parametrize(
    ("by", "value", "within", "expected"),
    [
        # Scores: a 1, b 3/4, c 1/2 in group s; d 1/4, e 0 in group t.
        pytest.param("fraction", 0.4, "all", {"a", "b"}, id="fraction-of-all"),
        pytest.param("fraction", 0.5, "type", {"a", "b", "d"}, id="fraction-of-each-type"),
        pytest.param("threshold", 0.5, "all", {"a", "b", "c"}, id="threshold-is-reached"),
        pytest.param("threshold", 0.76, "all", {"a"}, id="threshold-missed-by-a-little"),
        pytest.param("threshold", 1.1, "all", set(), id="threshold-of-none"),
    ],
)
def test_kept_by_fraction_or_threshold_of_all_or_of_each_type(by, value, within, expected):
    rows = {"a": "1111", "b": "1110", "c": "1100", "d": "1000", "e": "0000"}
    groups = {name: ("s" if name in "abc" else "t") if within == "type" else "" for name in rows}
    attempts = [attempt(name, row, group=groups[name]) for name, row in rows.items()]
    assert kept(rank(attempts, development(4, 0), params("accuracy", by, value, within))) == expected


def test_no_candidates_give_no_scores():
    assert rank([], development(1, 1), params()) == []


def test_random_scores_are_seeded_and_keep_the_wanted_number(make_candidate):
    candidates = [make_candidate(f"c{i}") for i in range(10)]
    keep = Keep("fraction", 0.3, "all")

    def kept_with(seed):
        return kept(rank_at_random(candidates, keep, random.Random(seed)))

    assert len(kept_with(1)) == 3
    assert kept_with(1) == kept_with(1)
    assert len({frozenset(kept_with(seed)) for seed in range(5)}) > 1
    (first, *_) = rank_at_random(candidates, keep, random.Random(1))
    assert (first.bad_score, first.bad_cases, first.likelihood_gain) == (None, 0, None)
