"""Scores and the kept set by hand; early stopping against ranking without it, on random outcomes."""

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.grading.verdict import Verdict
from stages.pipeline.records import Case, Score
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import (
    Attempt,
    Outcome,
    bounds,
    number_kept,
    rank,
    rank_at_random,
    stop_hopeless,
    ties,
)
from stages.selection.settings import Keep, SelectionParams


def case(name):
    return Case(name, f"r-{name}", f"p-{name}", "?", "#### 2", "2", "", None, Verdict.WRONG)


def development(bad, good):
    return DevelopmentSet([case(f"b{i}") for i in range(bad)], [case(f"g{i}") for i in range(good)], {})


def params(score="accuracy", by="fraction", value=0.5, within="all"):
    return SelectionParams(score, 2, 1, Keep(by, value, within))


def attempt(name, solved="", gains=(), group=""):
    """An attempt from outcomes such as `1-|0`: bad cases, then good ones; `-` is a failed trial, `.` an open one."""
    bad, _, good = solved.partition("|")
    keys = [f"b{i}" for i in range(len(bad))] + [f"g{i}" for i in range(len(good))]
    gains = gains or [0.0] * len(keys)
    values = {"1": True, "0": False, "-": None}
    return Attempt(
        name,
        group,
        {
            key: Outcome(values[mark], gain)
            for key, mark, gain in zip(keys, bad + good, gains, strict=True)
            if mark != "."
        },
    )


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
        Score("x", 0.75, 0.5, 1.0, 4, 2, 0.144338, 0.0, stopped=False, kept=True),
        Score("y", 0.25, 0.0, 0.5, 4, 2, 0.25, 0.0, stopped=False, kept=False),
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


@pytest.mark.parametrize(
    ("solved", "low", "high"),
    [
        pytest.param("10..|1.", "3/8", "7/8", id="open-trials-may-go-either-way"),  # (1/4 + 1/2)/2, (3/4 + 1)/2
        pytest.param("10--|1-", "3/4", "3/4", id="failed-ones-are-out"),  # (1/2 + 1)/2
        pytest.param("....|..", "-1", "1", id="nothing-yet-may-end-without-a-score"),
        pytest.param("----|--", "-1", "-1", id="nothing-valid"),
        pytest.param("--..|--", "-1", "1", id="nothing-valid-yet"),
        pytest.param("----|1.", "1/2", "1", id="half-that-dropped-out"),
        pytest.param("....|11", "1/2", "1", id="half-that-is-open"),
    ],
)
def test_bounds(solved, low, high):
    assert bounds(attempt("x", solved), development(4, 2)) == (Fraction(low), Fraction(high))


def test_candidate_that_can_only_tie_at_the_cut_goes_on():
    leader, level, behind = attempt("a", "1100"), attempt("b", "10.."), attempt("c", "00..")
    behind.outcomes["b2"] = Outcome(False, 0.0)
    stop_hopeless([leader, level, behind], development(4, 0), Keep("fraction", 0.3, "all"))
    # One is kept. a has 1/2; b may come to 3/4, c to 1/4.
    assert [leader.stopped, level.stopped, behind.stopped] == [False, False, True]
    tie = attempt("d", "00..")
    stop_hopeless([leader, tie], development(4, 0), Keep("fraction", 0.5, "all"))
    assert not tie.stopped


def test_candidate_below_a_threshold_is_stopped_and_one_that_may_reach_it_goes_on():
    low, level = attempt("a", "000.."), attempt("b", "00...")
    stop_hopeless([low, level], development(5, 0), Keep("threshold", 0.6, "all"))
    assert [low.stopped, level.stopped] == [True, False]


def test_candidates_compete_within_their_group_alone():
    far, alone = attempt("a", "1111", group="s"), attempt("b", "000.", group="t")
    stop_hopeless([far, alone], development(4, 0), Keep("fraction", 0.5, "type"))
    assert not alone.stopped


def random_outcomes(rng, chance):
    """Return the outcome of one trial; one in ten fails, and gains are few enough to tie too."""
    if rng.random() < 0.1:
        return Outcome(None, None)
    return Outcome(rng.random() < chance, rng.randint(-1, 1))


@settings(deadline=None, max_examples=300)
@given(
    sizes=st.tuples(st.integers(1, 6), st.integers(0, 5), st.integers(1, 14), st.integers(1, 3)),
    wave_size=st.integers(1, 14),
    keep=st.sampled_from(
        [Keep("fraction", value, "all") for value in (0.1, 0.3, 0.5, 0.9, 1.0)]
        + [Keep("threshold", value, "all") for value in (0.0, 0.25, 0.5, 1.0)]
    ),
    seed=st.integers(0, 10**6),
)
def test_what_is_kept_with_early_stopping_is_what_is_kept_without(sizes, wave_size, keep, seed):
    (bad, good, candidates, group_count), rng = sizes, random.Random(seed)
    cases = development(bad, good)
    ids = [one.id for one in cases.cases()]
    groups = {f"c{i}": f"g{rng.randrange(group_count)}" for i in range(candidates)}
    chances = {name: rng.random() for name in groups}
    table = {name: {case_id: random_outcomes(rng, chances[name]) for case_id in ids} for name in groups}
    whole = [Attempt(name, group, table[name]) for name, group in groups.items()]
    raced = [Attempt(name, group) for name, group in groups.items()]
    for start in range(0, candidates, wave_size):
        for case_id in ids:
            for one in raced[start : start + wave_size]:
                if not one.stopped:
                    one.outcomes[case_id] = table[one.candidate_id][case_id]
            stop_hopeless(raced, cases, keep)
    plain, early = (rank(attempts, cases, params(by=keep.by, value=keep.value)) for attempts in (whole, raced))
    assert [score for score in early if score.kept] == [score for score in plain if score.kept]
    assert ties(early, groups)["tied_at_cut"] == ties(plain, groups)["tied_at_cut"]


def test_early_stopping_saves_trials():
    cases = development(6, 0)
    rows = {"a": "111111", "b": "111101", "c": "000000", "d": "000100"}
    raced = [Attempt(name, "") for name in rows]
    for i in range(6):
        for one in raced:
            if not one.stopped:
                one.outcomes[f"b{i}"] = Outcome(rows[one.candidate_id][i] == "1", 0.0)
        stop_hopeless(raced, cases, Keep("fraction", 0.5, "all"))
    # After three cases a and b have at least 3/6, c and d at most that; after four b has 4/6, c at most 2/6, d 3/6.
    assert {one.candidate_id: len(one.outcomes) for one in raced} == {"a": 6, "b": 6, "c": 4, "d": 4}


def test_random_scores_are_seeded_and_keep_the_wanted_number(make_candidate):
    candidates = [make_candidate(f"c{i}") for i in range(10)]
    keep = Keep("fraction", 0.3, "all")

    def kept_with(seed):
        return kept(rank_at_random(candidates, keep, random.Random(seed)))

    assert len(kept_with(1)) == 3
    assert kept_with(1) == kept_with(1)
    assert len({frozenset(kept_with(seed)) for seed in range(5)}) > 1
    (first, *_) = rank_at_random(candidates, keep, random.Random(1))
    assert (first.bad_score, first.bad_cases, first.likelihood_gain, first.stopped) == (None, 0, None, False)
