"""Bounds and the order of trials by hand; races against ranking without stopping, on random outcomes."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.selection.racing import bounds, frontier, next_cases, stop_hopeless
from stages.selection.ranking import Attempt, Outcome, level_at_cut, number_kept, rank, ties
from stages.selection.settings import Keep, SelectionParams
from tests.unit.selection.attempts import attempt, development


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


@settings(deadline=None, max_examples=400)
@given(
    sizes=st.tuples(st.integers(1, 6), st.integers(0, 5), st.integers(1, 14), st.integers(1, 3)),
    count=st.integers(1, 4),
    keep=st.sampled_from(
        [Keep("fraction", value, "all") for value in (0.1, 0.3, 0.5, 0.9, 1.0)]
        + [Keep("threshold", value, "all") for value in (0.0, 0.25, 0.5, 1.0, 1.5)]
    ),
    seed=st.integers(0, 10**6),
)
def test_race_keeps_what_is_kept_without_stopping_and_tries_nobody_who_is_out_of_reach(sizes, count, keep, seed):
    (bad, good, candidates, group_count), rng = sizes, random.Random(seed)
    cases = development(bad, good)
    groups = {f"c{i}": f"g{rng.randrange(group_count)}" for i in range(candidates)}
    chances = {name: rng.random() for name in groups}
    table = {name: {case.id: random_outcomes(rng, chances[name]) for case in cases.cases()} for name in groups}
    whole = {name: Attempt(name, group, table[name]) for name, group in groups.items()}
    raced = [Attempt(name, group) for name, group in groups.items()]
    stop_hopeless(raced, cases, keep)
    while running := frontier(raced, cases, keep):
        for one in running:
            assert bounds(one, cases)[1] >= last_kept(whole.values(), one.group, cases, keep)
        for name, chosen in next_cases(running, raced, cases, count).items():
            (one,) = [one for one in raced if one.candidate_id == name]
            assert 1 <= len(chosen) <= count
            assert not one.outcomes.keys() & set(chosen)
            one.outcomes.update((case_id, table[name][case_id]) for case_id in chosen)
        stop_hopeless(raced, cases, keep)
    section = SelectionParams("accuracy", bad, good, keep)
    plain, early = (rank(attempts, cases, section) for attempts in (list(whole.values()), raced))
    assert [score for score in early if score.kept] == [score for score in plain if score.kept]
    # Where only those have gains that are level at the cut, the same ones are kept.
    decided = {one.candidate_id for one in level_at_cut(raced, cases, keep)}
    for one in raced:
        if one.candidate_id not in decided:
            one.outcomes = {case_id: replace(outcome, gain=None) for case_id, outcome in one.outcomes.items()}
    sparing = rank(raced, cases, section)
    assert {score.candidate_id for score in sparing if score.kept} == {s.candidate_id for s in plain if s.kept}
    assert len(decided) == ties(plain, groups)["tied_at_cut"]
    assert ties(early, groups)["tied_at_cut"] == ties(plain, groups)["tied_at_cut"]


def last_kept(whole, group, cases, keep):
    """Return the score of the last of a group that is kept, or the threshold."""
    scores = sorted((bounds(one, cases)[0] for one in whole if one.group == group), reverse=True)
    return scores[number_kept(keep, len(scores)) - 1] if keep.by == "fraction" else Fraction(str(keep.value))


@pytest.mark.parametrize(
    ("keep", "expected"),
    [
        # Upper bounds: a 1, b 3/4, c 3/4, d 1/2, e complete.
        pytest.param(Keep("fraction", 0.2, "all"), "a", id="best-one"),
        pytest.param(Keep("fraction", 0.4, "all"), "abc", id="ties-with-the-last"),
        pytest.param(Keep("fraction", 0.8, "all"), "abcd", id="more-than-are-ahead"),
        pytest.param(Keep("threshold", 0.6, "all"), "abc", id="threshold-in-reach"),
    ],
)
def test_frontier_holds_those_whose_best_end_is_among_the_best(keep, expected):
    rows = {"a": "1...", "b": "10..", "c": "1.0.", "d": "0.0.", "e": "0000"}
    attempts = [attempt(name, row) for name, row in rows.items()]
    assert "".join(one.candidate_id for one in frontier(attempts, development(4, 0), keep)) == expected


def test_frontier_is_each_groups_own():
    ahead, behind = attempt("a", "1...", group="s"), attempt("b", "000.", group="t")
    assert frontier([ahead, behind], development(4, 0), Keep("fraction", 0.5, "type")) == [ahead, behind]


def test_each_candidate_begins_with_another_case():
    attempts = [attempt(name) for name in "abc"]
    assert next_cases(attempts, attempts, development(2, 3), 2) == {
        "a": ["b0", "b1"],
        "b": ["g0", "g1"],
        "c": ["g2", "b0"],
    }


def test_case_that_lowers_the_bound_most_comes_first():
    others = [attempt("x", "01|1010"), attempt("y", "01|-010"), attempt("z", "..|10..")]
    one = attempt("a", "..|....")
    # (unsolved + prior) / (valid + 1) / cases of the half: b0 2.75/3/2, b1 0.75/3/2; g0 0.25/3/4, g1 3.25/4/4,
    # g2 0.25/3/4, g3 2.25/3/4.
    (order,) = next_cases([one], [*others, one], development(2, 4), 9).values()
    assert order == ["b0", "g1", "g3", "b1", "g0", "g2"]


def test_race_saves_trials():
    cases = development(6, 0)
    rows = {"a": "111111", "b": "111101", "c": "000000", "d": "000100"}
    raced = [attempt(name, "......") for name in rows]
    keep = Keep("fraction", 0.5, "all")
    while running := frontier(raced, cases, keep):
        for name, (case_id,) in next_cases(running, raced, cases, 1).items():
            (one,) = [one for one in raced if one.candidate_id == name]
            one.outcomes[case_id] = Outcome(rows[name][int(case_id[1])] == "1", 0.0)
        stop_hopeless(raced, cases, keep)
    # b ends with 5/6. Two trials that are not solved take c out of reach, and at most three take d.
    assert {one.candidate_id: one.stopped for one in raced} == {"a": False, "b": False, "c": True, "d": True}
    tried = {one.candidate_id: len(one.outcomes) for one in raced}
    assert tried["a"] == tried["b"] == 6
    assert tried["c"] == 2
    assert tried["d"] <= 3
