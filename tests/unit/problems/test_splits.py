"""Splits are disjoint, seeded, and even over groups."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.exceptions import ParamsError
from stages.core.records import Problem
from stages.problems.splits import SplitParams, split


def pool(groups, each):
    return [Problem(f"{g}-{i}", f"{g} {i}?", "#### 1", "1", str(g), None) for g in range(groups) for i in range(each)]


@given(st.integers(2, 6), st.integers(3, 8), st.integers(1, 5), st.integers(0, 99), st.data())
def test_no_problem_is_in_two_sets_and_no_ood_group_is_in_train_or_test(groups, each, held_out, seed, data):
    held_out = min(held_out, groups - 1)
    params = SplitParams(
        train=data.draw(st.integers(1, (groups - held_out) * each - 1)),
        test=1,
        ood=data.draw(st.integers(1, held_out * each)),
        ood_groups=held_out,
    )
    parts = split(pool(groups, each), params, random.Random(seed))
    assert (len(parts.train), len(parts.test), len(parts.ood)) == (params.train, params.test, params.ood)
    chosen = [problem.id for problem in [*parts.train, *parts.test, *parts.ood]]
    assert len(set(chosen)) == len(chosen)
    assert not {p.group for p in parts.ood} & {p.group for p in [*parts.train, *parts.test]}


def test_same_seed_gives_the_same_split_and_another_seed_another():
    params = SplitParams(8, 4, 2, 1)
    problems = pool(5, 6)
    assert split(problems, params, random.Random(1)) == split(problems, params, random.Random(1))
    assert split(problems, params, random.Random(1)) != split(problems, params, random.Random(2))


def test_train_test_and_ood_are_even_over_their_groups():
    parts = split(pool(6, 10), SplitParams(train=16, test=8, ood=6, ood_groups=2), random.Random(0))
    assert sorted(Counter(p.group for p in parts.train).values()) == [4, 4, 4, 4]
    assert sorted(Counter(p.group for p in parts.test).values()) == [2, 2, 2, 2]
    assert sorted(Counter(p.group for p in parts.ood).values()) == [3, 3]


def test_without_ood_no_group_is_held_out():
    parts = split(pool(3, 4), SplitParams(9, 3, 0, 0), random.Random(0))
    assert parts.ood == []
    assert {p.group for p in parts.train} == {"0", "1", "2"}


@pytest.mark.parametrize(
    ("problems", "params", "message"),
    [
        pytest.param([], (1, 1, 0, 0), r"the source holds no problem at all", id="empty-source"),
        pytest.param(pool(1, 5), (4, 2, 0, 0), r"train and test need 6 problems, there are 5", id="too-few"),
        pytest.param(pool(3, 5), (8, 3, 2, 1), r"train and test need 11 problems, there are 10", id="too-few-left"),
        pytest.param(pool(3, 5), (2, 2, 6, 1), r"ood need 6 problems, there are 5", id="too-few-ood"),
        pytest.param(pool(1, 5), (1, 1, 1, 1), r"ood_groups is 1, but the problems have 1 group", id="one-group"),
        pytest.param(pool(3, 5), (1, 1, 1, 3), r"ood_groups is 3, but the problems have 3 group", id="no-group-left"),
    ],
)
def test_split_that_cannot_be_had_says_why(problems, params, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: prepare_problems.*{message}"):
        split(problems, SplitParams(*params), random.Random(0))
