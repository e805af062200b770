"""Names of types: one each."""

import pytest

from stages.core.records import KnownType
from stages.errors.naming import name_clusters
from stages.instructor.interface import NamedType
from stages.instructor.symbolic.instructor import SymbolicInstructor


class Namer:
    """Gives the names that it is told, and records the groups that it was asked about."""

    def __init__(self, *names):
        self.names = list(names)
        self.asked = []

    def name_types(self, groups):
        self.asked += [list(group) for group in groups]
        return [NamedType(name, f"About {name}.") for name in self.names]


def known(name, identity="k"):
    return KnownType(identity, name, f"Long known {name}.", "m", [1.0, 0.0], "iter1", 1, "")


def names(clusters, namer, matched=None, seen=()):
    matched = matched or [None] * len(clusters)
    return [n.name for n in name_clusters(clusters, matched, seen, namer)]


def test_new_clusters_are_named_by_the_instructor(make_cluster):
    found = name_clusters([make_cluster(["a", "b"])], [None], [], Namer("Slips"))
    assert found == [NamedType("Slips", "About Slips.")]


def test_known_type_keeps_name_and_explanation_and_is_not_asked_about(make_cluster):
    namer = Namer("New")
    earlier = known("Old")
    found = name_clusters([make_cluster(["a"]), make_cluster(["b"])], [earlier, None], [earlier], namer)
    assert found == [NamedType("Old", "Long known Old."), NamedType("New", "About New.")]
    assert namer.asked == [["b"]]


def test_cluster_that_its_method_named_is_not_asked_about(make_cluster):
    namer = Namer()
    assert names([make_cluster(["a"], named="Given")], namer) == ["Given"]
    assert namer.asked == []


def test_types_of_one_name_are_told_apart_by_the_most_central_keyphrase(make_cluster):
    clusters = [make_cluster([text]) for text in ("adds", "takes", "slips")]
    assert names(clusters, Namer("Slip", "slip", "Other")) == ["Slip", "slip (takes)", "Other"]


def test_name_that_is_the_keyphrase_is_told_apart_by_a_number(make_cluster):
    clusters = [make_cluster([text]) for text in ("adds", "Adds", "ADDS")]
    assert names(clusters, Namer("adds", "Adds", "ADDS")) == ["adds", "Adds (2)", "ADDS (3)"]


@pytest.mark.parametrize("name", ["unassigned", "Unassigned"])
def test_name_of_the_unassigned_type_is_taken(make_cluster, name):
    assert names([make_cluster(["a"])], Namer(name)) == [f"{name} (a)"]


def test_name_of_a_type_that_is_away_is_taken(make_cluster):
    assert names([make_cluster(["a"])], Namer("Slip"), seen=[known("Slip")]) == ["Slip (a)"]


def test_symbolic_instructor_names_by_the_most_central_keyphrase(make_cluster):
    assert names([make_cluster(["slips", "also slips"])], SymbolicInstructor()) == ["slips"]
