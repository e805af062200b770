"""Types that the instructor forms; a small instructor that answers as it is told stands for a language model."""

import pytest

from stages.core.exceptions import ParamsError
from stages.errors.clustering import cluster
from stages.instructor.interface import Grouping, NamedType
from stages.instructor.symbolic.instructor import SymbolicInstructor
from tests.unit.errors.conftest import EMPTY, SLIPS, UNITS


class Teacher:
    """Groups as told; records what it was asked."""

    def __init__(self, members, dropped=(), repeated=(), invented=()):
        types = [NamedType(f"type {i}", f"About type {i}.") for i in range(len(members))]
        self.grouping = Grouping(types, members, list(dropped), list(repeated), list(invented))
        self.asked = None

    def group_keyphrases(self, keyphrases):
        self.asked = list(keyphrases)
        return self.grouping


def test_types_have_the_members_and_names_that_the_instructor_gave(embedded, section):
    teacher = Teacher([UNITS, EMPTY])
    found = cluster(embedded(dict.fromkeys([*UNITS, *EMPTY], 2)), section("instructor"), teacher, 0)
    assert {c.named.name: set(c.keyphrases) for c in found.clusters} == {"type 0": set(UNITS), "type 1": set(EMPTY)}
    assert teacher.asked == sorted([*UNITS, *EMPTY])


def test_dropped_keyphrases_are_in_no_type_and_faults_are_counted(embedded, section):
    teacher = Teacher([UNITS, EMPTY], dropped=SLIPS[:2], repeated=UNITS[:1], invented=["made up", "too", "also"])
    found = cluster(embedded(dict.fromkeys([*UNITS, *EMPTY, *SLIPS[:2]], 1)), section("instructor"), teacher, 0)
    assert {text for one in found.clusters for text in one.keyphrases} == {*UNITS, *EMPTY}
    assert found.counts == {"dropped": 2, "repeated": 1, "invented": 3}


def test_type_without_members_is_left_out(embedded, section):
    found = cluster(embedded(dict.fromkeys(UNITS, 1)), section("instructor"), Teacher([[], UNITS]), 0)
    assert [c.named.name for c in found.clusters] == ["type 1"]


def test_instructor_that_drops_everything_leaves_no_type(embedded, section):
    found = cluster(embedded(dict.fromkeys(UNITS, 1)), section("instructor"), Teacher([], dropped=UNITS), 0)
    assert found.clusters == []


def test_symbolic_instructor_cannot_group(embedded, section):
    with pytest.raises(ParamsError, match=r"cluster_keyphrases\.method"):
        cluster(embedded(dict.fromkeys(UNITS, 1)), section("instructor"), SymbolicInstructor(), 0)
