"""Which cases are drawn, and in which order they are tried."""

import random
from collections import Counter

import pytest

from stages.core.metrics import TrialCaseCounts
from stages.selection.trial_cases import TrialCases, draw


@pytest.fixture
def bad(make_case):
    return [make_case(f"b{i}") for i in range(9)]


@pytest.fixture
def good(make_case):
    return [make_case(f"g{i}") for i in range(9)]


TYPES = {"b0": "large", "b1": "large", "b2": "large", "b3": "large", "b4": "small", "b5": "middle", "b6": "middle"}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        # b7 and b8 have no type.
        pytest.param(1, {"large": 1}, id="the-largest-first"),
        pytest.param(3, {"large": 1, "middle": 1, "small": 1}, id="one-of-each"),
        pytest.param(4, {"large": 1, "middle": 1, "small": 1, "": 1}, id="without-a-type-comes-last"),
        pytest.param(7, {"large": 2, "middle": 2, "small": 1, "": 2}, id="a-type-that-is-used-up-is-passed-over"),
        pytest.param(50, {"large": 4, "middle": 2, "small": 1, "": 2}, id="all-there-are"),
    ],
)
def test_bad_cases_come_from_each_type_in_turn(bad, count, expected):
    trial_cases = draw(bad, [], TYPES, count, 3, random.Random(0))
    assert Counter(TYPES.get(case.id, "") for case in trial_cases.bad) == expected
    assert len({case.id for case in trial_cases.bad}) == len(trial_cases.bad)


def test_draw_is_seeded(bad, good):
    def drawn(seed):
        return draw(bad, good, TYPES, 4, 3, random.Random(seed))

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert [len(drawn(1).bad), len({case.id for case in drawn(1).good})] == [4, 3]


def test_draw_does_not_depend_on_the_order_of_the_types(bad):
    one = draw(bad, [], TYPES, 4, 3, random.Random(0))
    assert draw(bad, [], dict(reversed(TYPES.items())), 4, 3, random.Random(0)) == one


def test_cases_are_bad_and_good_ones_in_turn(make_case):
    b1, b2, b3, g1 = (make_case(name) for name in ("b1", "b2", "b3", "g1"))
    assert TrialCases([b1, b2, b3], [g1], {}).cases() == [b1, g1, b2, b3]
    assert TrialCases([b1], [], {}).cases() == [b1]


def test_counts_tell_the_types_of_the_bad_cases(make_case):
    trial_cases = TrialCases(
        [make_case("b1"), make_case("b2"), make_case("b3")], [make_case("g1")], {"b1": "t2", "b2": "t1", "b3": "t2"}
    )
    assert trial_cases.counts() == TrialCaseCounts(3, 1, {"t1": 1, "t2": 2})
