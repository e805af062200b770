"""Dividing problems over error types."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.synthesis.allocation import allocate, weigh_by_failure_rate

SIZES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(1, 500), min_size=1, max_size=12)


@given(sizes=SIZES, total=st.integers(0, 300))
def test_parts_sum_to_the_total_over_all_types(sizes, total):
    parts = allocate(sizes, total, 1)
    assert sum(parts.values()) == total
    assert list(parts) == list(sizes)


@given(sizes=SIZES, extra=st.integers(0, 300))
def test_every_type_gets_at_least_one_where_there_are_enough(sizes, extra):
    assert min(allocate(sizes, len(sizes) + extra, 1).values()) >= 1


@given(sizes=SIZES, total=st.integers(0, 300))
def test_larger_type_never_gets_less_than_a_smaller_one(sizes, total):
    parts = allocate(sizes, total, 1)
    ordered = sorted(sizes, key=lambda key: sizes[key])
    assert all(parts[a] <= parts[b] for a in ordered for b in ordered if sizes[a] < sizes[b])


@pytest.mark.parametrize(
    ("sizes", "total", "parts"),
    [
        # One each, then the rest in proportion: 10 spare as 50:30:20 -> 5, 3, 2.
        pytest.param({"a": 50, "b": 30, "c": 20}, 13, {"a": 6, "b": 4, "c": 3}, id="proportional"),
        # 3 spare as 5:3:2 -> 1.5, 0.9, 0.6: one whole for a, then the remainders .9 and .6.
        pytest.param({"a": 5, "b": 3, "c": 2}, 6, {"a": 2, "b": 2, "c": 2}, id="largest-remainders"),
        pytest.param({"a": 98, "b": 1, "c": 1}, 3, {"a": 1, "b": 1, "c": 1}, id="floor-of-one"),
        pytest.param({"a": 1, "b": 3, "c": 2}, 2, {"a": 0, "b": 1, "c": 1}, id="more-types-than-problems"),
        pytest.param({"b": 1, "a": 1}, 3, {"b": 1, "a": 2}, id="ties-by-key"),
        pytest.param({"a": 4}, 7, {"a": 7}, id="one-type"),
        pytest.param({"a": 4, "b": 2}, 0, {"a": 0, "b": 0}, id="nothing-to-divide"),
        pytest.param({}, 5, {}, id="no-types"),
    ],
)
def test_allocation_by_hand(sizes, total, parts):
    assert allocate(sizes, total, 1) == parts


@pytest.mark.parametrize(
    ("sizes", "total", "floor", "parts"),
    [
        # 3 each, 1 spare for the largest remainder: 98:1:1 of 1 is .98.
        pytest.param({"a": 98, "b": 1, "c": 1}, 10, 3, {"a": 4, "b": 3, "c": 3}, id="floor-of-three"),
        # Seven are too few for three each, enough for two; 1 spare.
        pytest.param({"a": 98, "b": 1, "c": 1}, 7, 3, {"a": 3, "b": 2, "c": 2}, id="floor-sinks-to-what-suffices"),
        pytest.param({"a": 98, "b": 1, "c": 1}, 10, 0, {"a": 10, "b": 0, "c": 0}, id="no-floor"),
        pytest.param({"a": 0, "b": 3}, 5, 1, {"a": 0, "b": 5}, id="no-weight"),
        pytest.param({"a": Fraction(3, 2), "b": Fraction(1, 2)}, 4, 0, {"a": 3, "b": 1}, id="fractions"),
    ],
)
def test_floor_by_hand(sizes, total, floor, parts):
    assert allocate(sizes, total, floor) == parts


def test_failure_rate_weighs_each_case_by_its_group(make_case):
    # Group a: 2 of 2 fail; group b: 1 of 4; no group: 4 of 7 over all, as the fourth bad case has none.
    groups = {"p-1": "a", "p-2": "a", "p-3": "b", "p-4": "", "p-5": "b", "p-6": "b", "p-7": "b"}
    bad = [make_case(name) for name in "1234"]
    good = [make_case(name) for name in "567"]
    cases = {"t1": [bad[0], bad[2]], "t2": [bad[1]], "t3": [bad[3]]}
    assert weigh_by_failure_rate(cases, bad, good, groups) == {
        "t1": Fraction(5, 4),
        "t2": Fraction(1),
        "t3": Fraction(4, 7),
    }


def test_failure_rate_without_groups_is_in_proportion_to_the_shares(make_case):
    bad, good = [make_case(name) for name in "123"], [make_case("4")]
    groups = {f"p-{name}": "" for name in "1234"}
    weights = weigh_by_failure_rate({"t1": bad[:2], "t2": bad[2:]}, bad, good, groups)
    assert weights["t1"] == 2 * weights["t2"]
