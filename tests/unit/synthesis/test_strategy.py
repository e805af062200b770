"""What all strategies have in common."""

from dataclasses import replace
from typing import get_args

import pytest

from stages.synthesis.settings import StrategyName
from stages.synthesis.strategy import STRATEGIES

EVERY = pytest.mark.parametrize("name", STRATEGIES)


def test_every_strategy_that_can_be_chosen_is_in_the_table():
    assert tuple(STRATEGIES) == get_args(StrategyName)


@EVERY
def test_wanted_number_is_reached_and_named_after_the_strategy(material, run_strategy, name):
    made = run_strategy(name, material, wanted=5)
    assert len(made.accepted) == 5
    assert {candidate.strategy for candidate in made.accepted} == {name}
    assert made.shortfall == {}


@EVERY
def test_copy_of_a_held_out_problem_is_rejected_and_named(material, run_strategy, name):
    held_out = [replace(one, id=f"held-out-{one.id}") for one in run_strategy(name, material, wanted=5).accepted]
    rejected = run_strategy(name, replace(material, tests={"ood/x": held_out}), wanted=5).rejected
    assert {one.strategy for one in rejected} == {name}
    assert {one.copies for one in rejected if one.copies_from == "ood/x"} & {one.id for one in held_out}
    assert {one.reason for one in rejected if one.copies_from == "ood/x"} == {"copies a test problem"}


@EVERY
def test_later_iteration_repeats_no_row_of_the_history(material, make_row, run_strategy, name):
    first = run_strategy(name, material, wanted=4)
    rows = [make_row(one.id, one.question, one.solution) for one in first.accepted]
    second = run_strategy(name, replace(material, history=rows), wanted=4)
    assert second.accepted
    assert not {one.question for one in first.accepted} & {one.question for one in second.accepted}


@EVERY
def test_same_seed_makes_the_same(material, run_strategy, name):
    assert run_strategy(name, material) == run_strategy(name, material)
