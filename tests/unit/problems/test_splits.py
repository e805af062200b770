"""Splits are disjoint, seeded, and even over groups."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.exceptions import ParamsError
from stages.core.records import Problem
from stages.problems.splits import Sizes, split


def pool(groups, each):
    return [
        Problem(f"{g}-{i}", f"{g} {i}?", "#### 1", "1", str(g), None, "s", None, None)
        for g in range(groups)
        for i in range(each)
    ]


@given(st.integers(2, 6), st.integers(3, 8), st.integers(1, 5), st.integers(0, 99), st.data())
def test_no_problem_is_in_two_sets_and_no_ood_group_is_in_train_or_test(groups, each, held_out, seed, data):
    held_out = min(held_out, groups - 1)
    params = Sizes(
        train=data.draw(st.integers(1, (groups - held_out) * each - 2)),
        dev=1,
        test=1,
        ood=data.draw(st.integers(1, held_out * each)),
        ood_groups=held_out,
    )
    parts = split(pool(groups, each), params, random.Random(seed), "s")
    assert (len(parts.train), len(parts.dev), len(parts.test), len(parts.ood)) == (params.train, 1, 1, params.ood)
    chosen = [problem.id for problem in [*parts.train, *parts.dev, *parts.test, *parts.ood]]
    assert len(set(chosen)) == len(chosen)
    assert not {p.group for p in parts.ood} & {p.group for p in [*parts.train, *parts.dev, *parts.test]}


def test_same_seed_gives_the_same_split_and_another_seed_another():
    params = Sizes(8, 0, 4, 2, 1)
    problems = pool(5, 6)
    assert split(problems, params, random.Random(1), "s") == split(problems, params, random.Random(1), "s")
    assert split(problems, params, random.Random(1), "s") != split(problems, params, random.Random(2), "s")


def test_train_test_and_ood_are_even_over_their_groups():
    parts = split(pool(6, 10), Sizes(train=16, dev=0, test=8, ood=6, ood_groups=2), random.Random(0), "s")
    assert sorted(Counter(p.group for p in parts.train).values()) == [4, 4, 4, 4]
    assert sorted(Counter(p.group for p in parts.test).values()) == [2, 2, 2, 2]
    assert sorted(Counter(p.group for p in parts.ood).values()) == [3, 3]


def test_without_ood_no_group_is_held_out():
    parts = split(pool(3, 4), Sizes(9, 0, 3, 0, 0), random.Random(0), "s")
    assert parts.ood == []
    assert {p.group for p in parts.train} == {"0", "1", "2"}


def test_all_that_is_left_is_trained_on_and_each_part_has_the_mixture_of_the_whole():
    # Nine tenths are of one group; cut off the end of an even order, the dev part would be of that group alone.
    problems = [replace(one, group="large" if i % 10 else "small") for i, one in enumerate(pool(1, 400))]
    parts = split(problems, Sizes(None, 100, 100, 0, 0), random.Random(0), "s")
    assert (len(parts.train), len(parts.dev), len(parts.test)) == (200, 100, 100)
    for part in (parts.train, parts.dev, parts.test):
        assert 0.03 < sum(problem.group == "small" for problem in part) / len(part) < 0.17


@pytest.mark.parametrize(
    ("problems", "params", "message"),
    [
        pytest.param(pool(1, 5), (4, 0, 2, 0, 0), r"train, dev and test need 6 problems, there are 5", id="too-few"),
        pytest.param(
            pool(3, 5), (8, 0, 3, 2, 1), r"train, dev and test need 11 problems, there are 10", id="too-few-left"
        ),
        pytest.param(pool(3, 5), (2, 0, 2, 6, 1), r"ood need 6 problems, there are 5", id="too-few-ood"),
        pytest.param(pool(1, 5), (1, 0, 1, 1, 1), r"ood_groups is 1, but the problems have 1 group", id="one-group"),
        pytest.param(
            pool(3, 5), (1, 0, 1, 1, 3), r"ood_groups is 3, but the problems have 3 group", id="no-group-left"
        ),
    ],
)
def test_split_that_cannot_be_had_says_why(problems, params, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: prepare_problems\.sets\.s: {message}"):
        split(problems, Sizes(*params), random.Random(0), "s")
