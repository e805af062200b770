"""Strategies on the symbolic instructor: what each one takes, and from where."""

from dataclasses import replace

import pytest

from stages.core.records import Problem
from stages.instructor.interface import SymbolicParams
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.synthesis import strategies
from stages.synthesis.allocation import AllocationParams
from stages.synthesis.novelty import NoveltyParams
from stages.synthesis.self_instruct import SynthesisParams
from stages.synthesis.strategies import Material, StrategyParams
from stages.synthesis.verification import VerificationParams

THINGS = ["pens", "hats", "cups", "nuts", "keys", "maps", "eggs", "toys"]


def problem(thing, number):
    """Return one of problems that differ in a word and in all numbers."""
    one, other = 10 * number + 15, 7 * number + 42
    question = f"Ann has {one} {thing} and buys {other} {thing}. How many {thing} does she have?"
    return Problem(
        f"p-{thing}", question, f"{one} + {other} = {one + other} {thing}\n#### {one + other}", str(one + other), "g"
    )


@pytest.fixture
def material(make_case, make_type):
    problems = [problem(thing, number) for number, thing in enumerate(THINGS)]
    bad = [
        replace(make_case(f"c-{one.id}", one.question, one.solution, one.answer), problem_id=one.id)
        for one in problems[:5]
    ]
    return Material(
        types=[make_type("t1", 3), make_type("t2", 2)],
        cases={"t1": bad[:3], "t2": bad[3:]},
        bad=bad,
        good=[replace(make_case(f"c-{one.id}"), problem_id=one.id) for one in problems[5:]],
        problems=problems,
        tests={"test": [problem("bags", 9)]},
        history=[],
    )


def run(strategy, material, wanted=6, seed=0, by="share"):
    amount = SynthesisParams(wanted, demonstrations=3, accepted_shown=2, problems_per_request=2, rounds=2, attempts=5)
    novelty = NoveltyParams(0.7, "words_and_numbers", 8)
    declared = StrategyParams(strategy, amount, AllocationParams(by, 1), novelty, VerificationParams(3, 2))
    return strategies.run(
        declared, material, SymbolicInstructor(SymbolicParams("plain")), solves=False, seed=seed, threads=1
    )


def sources(made):
    return {name for candidate in made.accepted for name in candidate.demonstration_ids}


@pytest.mark.parametrize("strategy", ["sei", "untargeted", "train_set"])
def test_wanted_number_is_reached_and_named_after_the_strategy(material, strategy):
    made = run(strategy, material)
    assert len(made.accepted) == 6
    assert {candidate.strategy for candidate in made.accepted} == {strategy}
    assert made.shortfall == {}


def test_sei_makes_new_problems_of_each_type_from_its_own_bad_cases(material):
    made = run("sei", material)
    for candidate in made.accepted:
        own = {case.id for case in material.cases[candidate.error_type_id]}
        assert set(candidate.demonstration_ids) <= own
    # One each, 4 spare as 3:2 -> 2.4 and 1.6.
    counts = [sum(one.error_type_id == name for one in made.accepted) for name in ("t1", "t2")]
    assert counts == [3, 3]


def test_sei_by_failure_rate_gives_more_where_the_model_still_fails(material):
    # t1's three problems are of group `g`, in which 3 of 6 fail; t2's two of group `h`, in which both do.
    problems = [replace(one, group="h") if one in material.problems[3:5] else one for one in material.problems]
    made = run("sei", replace(material, problems=problems), by="failure_rate", wanted=9)
    # One each, 7 spare as 3 * 1/2 : 2 * 1 -> 3 and 4.
    counts = [sum(one.error_type_id == name for one in made.accepted) for name in ("t1", "t2")]
    assert counts == [4, 5]


def test_type_without_cases_gets_nothing(material, make_type):
    made = run("sei", replace(material, types=[*material.types, make_type("empty", 4)]))
    assert {one.error_type_id for one in made.accepted} == {"t1", "t2"}
    assert made.shortfall == {}


def test_untargeted_makes_new_problems_from_any_training_problem_without_a_type(material):
    made = run("untargeted", material, wanted=20)
    assert {candidate.error_type_id for candidate in made.accepted} == {"untargeted"}
    assert sources(made) == {one.id for one in material.problems}
    assert not {one.question for one in made.accepted} & {one.question for one in material.problems}


def test_per_case_corrects_each_bad_case_and_reports_what_is_missing(material):
    made = run("per_case", material)
    assert {(one.question, one.solution) for one in made.accepted} == {(c.question, c.solution) for c in material.bad}
    assert sources(made) == {case.id for case in material.bad}
    assert {candidate.error_type_id for candidate in made.accepted} == {"per_case"}
    assert made.shortfall == {"per_case": 1}


def test_train_set_takes_training_problems_as_they_are(material):
    made = run("train_set", material)
    known = {(one.question, one.solution) for one in material.problems}
    assert {(one.question, one.solution) for one in made.accepted} <= known
    assert {candidate.error_type_id for candidate in made.accepted} == {"train_set"}


@pytest.mark.parametrize("strategy", ["per_case", "train_set"])
def test_existing_problem_that_is_a_test_problem_is_rejected(material, strategy):
    made = run(strategy, replace(material, tests={"ood/x": [replace(material.problems[0], id="held-out")]}), wanted=8)
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.copies, rejected.copies_from) == ("copies a test problem", "held-out", "ood/x")
    assert rejected.strategy == strategy


@pytest.mark.parametrize("strategy", ["untargeted", "sei", "per_case", "train_set"])
def test_later_iteration_repeats_no_row_of_the_history(material, make_row, strategy):
    first = run(strategy, material, wanted=4)
    rows = [make_row(one.id, one.question, one.solution) for one in first.accepted]
    second = run(strategy, replace(material, history=rows), wanted=4)
    assert second.accepted
    assert not {one.question for one in first.accepted} & {one.question for one in second.accepted}


@pytest.mark.parametrize("strategy", ["untargeted", "sei", "per_case", "train_set"])
def test_same_seed_makes_the_same(material, strategy):
    assert run(strategy, material) == run(strategy, material)
