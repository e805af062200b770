"""Dividing problems over error types."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.synthesis.allocation import allocate

SIZES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(1, 500), min_size=1, max_size=12)


@given(sizes=SIZES, total=st.integers(0, 300))
def test_parts_sum_to_the_total_over_all_types(sizes, total):
    parts = allocate(sizes, total)
    assert sum(parts.values()) == total
    assert list(parts) == list(sizes)


@given(sizes=SIZES, extra=st.integers(0, 300))
def test_every_type_gets_at_least_one_where_there_are_enough(sizes, extra):
    assert min(allocate(sizes, len(sizes) + extra).values()) >= 1


@given(sizes=SIZES, total=st.integers(0, 300))
def test_larger_type_never_gets_less_than_a_smaller_one(sizes, total):
    parts = allocate(sizes, total)
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
    assert allocate(sizes, total) == parts
