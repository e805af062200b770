"""Scores of one-shot selection, by hand."""

import random

import pytest

from stages.grading.verdict import Verdict
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.records import Score
from stages.selection.one_shot import (
    DevelopmentSet,
    SelectionParams,
    draw,
    rank,
    solved,
    trial_key,
    trials,
)
from stages.target.generation import Generation


@pytest.fixture
def development(make_case):
    return DevelopmentSet([make_case("b1"), make_case("b2")], [make_case("g1", verdict=Verdict.CORRECT)])


def params(score="accuracy", bad=2, good=1, keep=0.5):
    return SelectionParams(score, bad, good, keep)


def values(**by_candidate):
    """Trial values, given as candidate=(b1, b2, g1); `zero_shot` is the trial without an example."""
    return {
        trial_key("" if name == "zero_shot" else name, case): value
        for name, row in by_candidate.items()
        for case, value in zip(("b1", "b2", "g1"), row, strict=False)
    }


def test_accuracy_score_is_the_mean_of_both_halves(development, make_candidate):
    found = rank(
        [make_candidate("x"), make_candidate("y")],
        development,
        # Zero-shot values do not enter accuracy.
        values(zero_shot=(1.0, 1.0, 1.0), x=(1.0, 0.0, 0.0), y=(1.0, 0.0, 1.0)),
        params(),
    )
    # x mends half of the bad ones and spoils the good one: (1/2 + 0) / 2; y: (1/2 + 1) / 2.
    assert found == [Score("y", 0.75, 0.5, 1.0, 3, True), Score("x", 0.25, 0.5, 0.0, 3, False)]


def test_likelihood_score_is_relative_to_zero_shot(development, make_candidate):
    found = rank(
        [make_candidate("x"), make_candidate("y")],
        development,
        values(zero_shot=(-2.0, -3.0, -1.0), x=(-1.5, -3.5, -0.5), y=(-1.0, -2.0, -3.0)),
        params("likelihood"),
    )
    # x: bad (+0.5 - 0.5) / 2 = 0, good +0.5, mean 0.25; y: bad (+1 + 1) / 2 = 1, good -2, mean -0.5.
    assert found == [Score("x", 0.25, 0.0, 0.5, 3, True), Score("y", -0.5, 1.0, -2.0, 3, False)]


def test_without_good_cases_the_bad_ones_are_the_score(make_case, make_candidate):
    development = DevelopmentSet([make_case("b1"), make_case("b2")], [])
    found = rank([make_candidate("x")], development, values(x=(1.0, 0.0)), params())
    assert found == [Score("x", 0.5, 0.5, None, 2, True)]


def test_ties_go_by_id_and_the_fraction_is_rounded_up(development, make_candidate):
    names = ["c", "a", "e", "b", "d"]
    found = rank(
        [make_candidate(name) for name in names],
        development,
        values(**{name: (1.0, 1.0, 1.0) if name == "e" else (0.0, 0.0, 1.0) for name in names}),
        params(keep=0.5),
    )
    assert [(score.candidate_id, score.kept) for score in found] == [
        ("e", True), ("a", True), ("b", True), ("c", False), ("d", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("keep", "count", "kept"),
    [
        pytest.param(1.0, 7, 7, id="all"),
        pytest.param(0.8, 5, 4, id="four-of-five"),
        pytest.param(0.01, 5, 1, id="at-least-one"),
        pytest.param(0.5, 3, 2, id="rounded-up"),
        pytest.param(0.07, 100, 7, id="no-rounding-error-7-of-100"),
        pytest.param(0.55, 100, 55, id="no-rounding-error-55-of-100"),
        pytest.param(0.56, 25, 14, id="no-rounding-error-14-of-25"),
    ],
)
def test_number_kept(development, make_candidate, keep, count, kept):
    names = [f"c{i:03}" for i in range(count)]
    found = rank(
        [make_candidate(name) for name in names],
        development,
        values(**dict.fromkeys(names, (0.0, 0.0, 0.0))),
        params(keep=keep),
    )
    assert [score.candidate_id for score in found if score.kept] == names[:kept]


def test_no_candidates_give_no_scores(development):
    assert rank([], development, {}, params()) == []


def test_draw_is_seeded_without_repeats_and_within_the_numbers(make_case):
    bad = [make_case(f"b{i}") for i in range(9)]
    good = [make_case(f"g{i}") for i in range(9)]

    def drawn(seed):
        return draw(bad, good, params(bad=4, good=3), random.Random(seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert [len({case.id for case in half}) for half in (drawn(1).bad, drawn(1).good)] == [4, 3]
    assert {case.id for case in drawn(1).bad} <= {case.id for case in bad}
    assert drawn(1).cases() == [*drawn(1).bad, *drawn(1).good]


def test_draw_takes_what_there_is_when_there_are_fewer(make_case):
    development = draw([make_case("b1")], [], params(bad=4, good=3), random.Random(0))
    assert [case.id for case in development.cases()] == ["b1"]


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"bad": 0}, id="no-bad-case"),
        pytest.param({"good": -1}, id="negative"),
        pytest.param({"keep": 0.0}, id="keep-nothing"),
        pytest.param({"keep": 1.5}, id="keep-more-than-all"),
        pytest.param({"keep": float("nan")}, id="keep-no-number"),
    ],
)
def test_draw_with_values_out_of_range_is_refused(make_case, wrong):
    with pytest.raises(ParamsError, match=r"select_data: bad_cases must be at least 1, good_cases 0, keep above 0"):
        draw([make_case("b")], [], params(**wrong), random.Random(0))


def test_trials_show_each_candidate_before_each_case_and_each_case_alone(chat, make_candidate, make_case):
    prompts = trials([make_candidate("x", "X?", "x")], [make_case("b1", "B1?"), make_case("g1", "G1?")], chat)
    assert prompts == {
        "zero-shot/b1": chat.prompt("B1?"),
        "zero-shot/g1": chat.prompt("G1?"),
        "x/b1": chat.prompt("B1?", [("X?", "x")]),
        "x/g1": chat.prompt("G1?", [("X?", "x")]),
    }


@pytest.mark.parametrize(
    ("text", "stop", "value"),
    [
        pytest.param("1 + 1 = 2\n#### 2", "answer", 1.0, id="right"),
        pytest.param("1 + 1 = 3\n#### 3", "end", 0.0, id="wrong"),
        pytest.param("1 + 1 = 2", "length", 0.0, id="cut-before-its-answer"),
        pytest.param("", "end", 0.0, id="no-answer"),
    ],
)
def test_solved_is_1_for_a_correct_answer_alone(make_case, text, stop, value):
    assert solved(make_case("b"), Generation(text, 5, stop)) == value
