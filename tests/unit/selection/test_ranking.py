"""Records of scores, and the kept set, by hand."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.core.records import Score
from stages.selection.counting import count, ties
from stages.selection.ranking import groups, level_at_cut, number_kept, rank
from stages.selection.scores.interface import Outcome, ScoreInputs, untried
from stages.selection.settings import Keep, SelectionParams
from tests.unit.selection.outcomes import candidate, one_each, trial_cases, tried


def params(score="accuracy", by="fraction", value=0.5, within="all"):
    return SelectionParams(score, 2, 1, Keep(by, value, within))


def kept(scores):
    return {score.candidate_id for score in scores if score.kept}


def test_record_has_both_halves_their_standard_error_and_the_gain():
    inputs = tried({"x": "1001|11", "y": "0000|10"}, {"x": [0.4, 0.2, 0.0, 0.2, -0.1, -0.3]})
    # x: (2/4 + 2/2) / 2. Variances: bad (4 * 0.25) / 3 = 1/3, good 0; error sqrt(1/3/4 + 0) / 2 = 0.144338.
    # Gains: (0.2 - 0.2) / 2 = 0. y: variances 0 and 0.5; error sqrt(0.5/2) / 2 = 0.25.
    assert rank(inputs, params()) == [
        Score("x", 0.75, 0.5, 1.0, 4, 2, 0.144338, 0.0, kept=True),
        Score("y", 0.25, 0.0, 0.5, 4, 2, 0.25, 0.0, kept=False),
    ]


def test_half_of_one_case_has_no_standard_error():
    (found,) = rank(tried({"x": "1--0|-1"}), params())
    assert (found.score, found.bad_score, found.good_score) == (0.75, 0.5, 1.0)
    assert (found.bad_cases, found.good_cases, found.standard_error) == (2, 1, None)


def test_half_without_a_valid_trial_leaves_the_standard_error_of_the_other():
    (found,) = rank(tried({"x": "10|--"}), params())
    # Error: sqrt(0.5 / 2) = 0.5, of one half alone.
    assert (found.score, found.good_score, found.good_cases, found.standard_error) == (0.5, None, 0, 0.5)


def test_candidate_without_a_score_is_not_kept():
    found = rank(tried({"x": "-|-", "y": "0|0"}), params(value=1.0))
    assert [(score.candidate_id, score.score, score.kept) for score in found] == [("y", 0.0, True), ("x", None, False)]


def test_ties_go_by_the_gain_in_likelihood_and_then_by_id():
    rows = {"d": "10", "c": "01", "b": "10", "a": "00"}
    found = rank(tried(rows, {"d": [0.1, 0.1], "c": [0.1, 0.1], "b": [0.3, 0.1], "a": [9.0, 9.0]}), params())
    assert [(score.candidate_id, score.kept) for score in found] == [
        ("b", True), ("c", True), ("d", False), ("a", False),
    ]  # fmt: skip


def test_record_of_a_likelihood_has_standardized_halves_and_the_plain_gain():
    gains = {"x": (0.2, 30.0), "y": (0.4, 10.0), "z": (0.6, 20.0)}
    found = rank(tried(dict.fromkeys(gains, "--"), gains), params("likelihood"))
    # Both cases have deviations of -1.224745, 0 and 1.224745: x (-1.22 + 1.22) / 2, y (0 - 1.22) / 2, z (1.22 + 0) / 2.
    # Errors: x has variance 3, sqrt(3 / 2); y and z 0.75, sqrt(0.375).
    assert [(s.candidate_id, s.score, s.standard_error, s.likelihood_gain) for s in found] == [
        ("z", 0.612372, 0.612372, 10.3),
        ("x", 0.0, 1.224745, 15.1),
        ("y", -0.612372, 0.612372, 5.2),
    ]
    assert kept(found) == {"z", "x"}


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
        # Scores: a 1, b 3/4, c 1/2 of type s; d 1/4, e 0 of type t.
        pytest.param("fraction", 0.4, "all", {"a", "b"}, id="fraction-of-all"),
        pytest.param("fraction", 0.5, "type", {"a", "b", "d"}, id="fraction-of-each-type"),
        pytest.param("threshold", 0.5, "all", {"a", "b", "c"}, id="threshold-is-reached"),
        pytest.param("threshold", 0.76, "all", {"a"}, id="threshold-missed-by-a-little"),
        pytest.param("threshold", 1.1, "all", set(), id="threshold-of-none"),
    ],
)
def test_kept_by_fraction_or_threshold_of_all_or_of_each_type(by, value, within, expected):
    rows = {"a": "1111", "b": "1110", "c": "1100", "d": "1000", "e": "0000"}
    inputs = tried(rows, types={name: "s" if name in "abc" else "t" for name in rows})
    assert kept(rank(inputs, params("accuracy", by, value, within))) == expected


def test_no_candidates_give_no_scores():
    assert rank(untried([], trial_cases(1, 1), {}, {}, random.Random(0)), params()) == []


def test_random_scores_keep_the_wanted_number_and_have_nothing_of_cases():
    candidates = [candidate(f"c{i}", "t1") for i in range(10)]

    def ranked(seed):
        inputs = untried(candidates, trial_cases(1, 1), one_each(candidates), {}, random.Random(seed))
        return rank(inputs, params("random", value=0.3))

    assert len(kept(ranked(1))) == 3
    assert kept(ranked(1)) == kept(ranked(1))
    assert len({frozenset(kept(ranked(seed))) for seed in range(5)}) > 1
    (first, *others) = ranked(1)
    assert (first.bad_score, first.bad_cases, first.likelihood_gain) == (None, 0, None)
    assert all(first.score > other.score for other in others)


def test_level_are_those_that_share_the_score_at_the_cut_of_their_group():
    rows = {"a": "11", "b": "10", "c": "01", "d": "00", "e": "11", "f": "11"}
    inputs = tried(rows, types={name: "s" if name in "abcd" else "t" for name in rows})
    assert level_at_cut(inputs, params(within="type")) == ["b", "c", "e", "f"]
    assert level_at_cut(inputs, params()) == []  # a, e and f have 1, and the others less
    assert level_at_cut(inputs, params(by="threshold")) == []


@settings(deadline=None, max_examples=300)
@given(
    sizes=st.tuples(st.integers(1, 6), st.integers(0, 5), st.integers(1, 14), st.integers(1, 3)),
    by_value=st.sampled_from(
        [("fraction", value) for value in (0.1, 0.3, 0.5, 0.9, 1.0)]
        + [("threshold", 0.5), *(("rows", n) for n in range(1, 12))]
    ),
    seed=st.integers(0, 10**6),
)
def test_gains_of_those_level_at_the_cut_are_enough(sizes, by_value, seed):
    (bad, good, number, types), rng = sizes, random.Random(seed)

    def outcome():  # one in ten fails, and gains are few enough to tie too
        return Outcome(None, None) if rng.random() < 0.1 else Outcome(rng.random() < 0.5, rng.randint(-1, 1))

    cases = trial_cases(bad, good)
    candidates = [candidate(f"c{i}", f"t{rng.randrange(types)}") for i in range(number)]
    outcomes = {one.id: {case.id: outcome() for case in cases.cases()} for one in candidates}
    rows = {one.id: rng.randint(1, 3) for one in candidates}
    whole = ScoreInputs(candidates, cases, outcomes, rows, {}, rng)
    section = params("accuracy", *by_value, within="all" if by_value[0] == "rows" else "type")
    level = level_at_cut(whole, section)
    sparing = {
        name: own if name in level else {case_id: replace(one, gain=None) for case_id, one in own.items()}
        for name, own in outcomes.items()
    }
    assert kept(rank(replace(whole, outcomes=sparing), section)) == kept(rank(whole, section))
    if section.keep.by == "fraction":
        _, tied_at_cut = ties(rank(whole, section), groups(candidates, section.keep))
        assert len(level) == tied_at_cut


SIZES = {"a": 3, "b": 2, "c": 2, "d": 1, "e": 1}


@pytest.mark.parametrize(
    ("wanted", "expected", "made", "shortfall"),
    [
        pytest.param(5, {"a", "b"}, 5, 0, id="reached-exactly"),
        pytest.param(6, {"a", "b", "c"}, 7, 0, id="reached-by-one-that-makes-more"),
        pytest.param(2, {"a"}, 3, 0, id="the-best-alone-makes-more"),
        pytest.param(9, set("abcde"), 9, 0, id="all"),
        pytest.param(12, set("abcde"), 9, 3, id="too-few"),
    ],
)
def test_kept_by_rows_are_the_best_that_make_as_many_and_what_is_missing_is_short(wanted, expected, made, shortfall):
    # Scores: a 1, b 3/4, c 1/2, d 1/4, e 0.
    rows = {"a": "1111", "b": "1110", "c": "1100", "d": "1000", "e": "0000"}
    inputs, section = replace(tried(rows), rows=SIZES), params(by="rows", value=wanted)
    scores = rank(inputs, section)
    assert kept(scores) == expected
    counts = count(scores, inputs, section, None)
    assert (counts.rows, counts.shortfall) == (made, shortfall)


def test_candidate_without_a_score_fills_no_rows():
    inputs = replace(tried({"x": "-|-", "y": "0|0"}), rows={"x": 1, "y": 1})
    assert kept(rank(inputs, params(by="rows", value=2))) == {"y"}


@pytest.mark.parametrize(
    ("value", "level"),
    [
        # Scores: a 1, b and c 1/2, d and e 0. Where 2 rows are left for b and c, b alone makes them, and c does not.
        pytest.param(1, [], id="the-best-alone"),
        pytest.param(3, ["b", "c"], id="one-or-both-of-the-first-two"),
        pytest.param(4, [], id="both-of-the-first-two"),
        pytest.param(5, ["d", "e"], id="one-of-the-last"),
        pytest.param(6, [], id="all"),
    ],
)
def test_level_at_the_cut_by_rows_are_all_that_may_be_kept_in_part(value, level):
    rows = {"a": "11", "b": "10", "c": "01", "d": "00", "e": "00"}
    inputs = replace(tried(rows), rows={"a": 1, "b": 2, "c": 1, "d": 1, "e": 1})
    assert level_at_cut(inputs, params(by="rows", value=value)) == level


@pytest.mark.parametrize(
    ("value", "within"),
    [pytest.param(0, "all", id="none"), pytest.param(1.5, "all", id="a-half"), pytest.param(4, "type", id="by-type")],
)
def test_rows_are_a_whole_number_of_all_candidates(value, within):
    with pytest.raises(ValueError, match="value must be a whole number of 1 or more, and within `all`"):
        Keep("rows", value, within)
