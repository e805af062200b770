"""From clusters to error types and assignments."""

import pytest

from stages.core.records import KnownType
from stages.errors.error_types import UNASSIGNED_ID, assign, to_error_types, unassigned
from stages.instructor.interface import NamedType

NAMES = [NamedType("Late", "It is late."), NamedType("Slip", "It slips.")]
TEXTS = ["slip", "late", "s6", "slip", "later", "small slip", "s3", "noise", "unassigned", "noise"]


@pytest.fixture
def keyphrases(make_keyphrase):
    return [make_keyphrase(i, text) for i, text in enumerate(TEXTS)]


@pytest.fixture
def clusters(make_cluster):
    return [make_cluster(["late", "later"]), make_cluster(["slip", "small slip", "s3", "s4", "s5", "s6"])]


def types_of(keyphrases, clusters, matched=(None, None), iteration="iter1"):
    return to_error_types(keyphrases, clusters, NAMES, matched, iteration)


def test_types_have_the_names_and_measures_of_their_clusters_in_the_same_order(keyphrases, clusters):
    late, slip = types_of(keyphrases, clusters)
    assert (late.name, late.explanation, late.size, late.silhouette) == ("Late", "It is late.", 2, 0.5)
    assert (slip.name, slip.size) == ("Slip", 5)
    assert slip.central_keyphrases == ["slip", "small slip", "s3", "s4", "s5"]


def test_shares_are_fractions_of_all_bad_cases(keyphrases, clusters):
    shares = [t.share for t in [*types_of(keyphrases, clusters), *unassigned(keyphrases, clusters)]]
    assert shares == [0.2, 0.5, 0.3]  # 2, 5 and 3 of 10


def test_each_case_is_assigned_to_the_type_of_its_keyphrase_in_the_same_order(keyphrases, clusters):
    types = types_of(keyphrases, clusters)
    found = assign(keyphrases, clusters, types)
    assert [(a.bad_case_id, a.keyphrase_id) for a in found] == [(f"c{i}", f"k{i}") for i in range(10)]
    late, slip, rest = types[0].id, types[1].id, UNASSIGNED_ID
    assert [a.error_type_id for a in found] == [slip, late, slip, slip, late, slip, slip, rest, rest, rest]


def test_id_of_a_new_type_depends_on_iteration_name_and_cases_and_not_on_their_order(keyphrases, clusters):
    one = [t.id for t in types_of(keyphrases, clusters)]
    assert [t.id for t in types_of(keyphrases[::-1], clusters)] == one
    late, slip = (t.id for t in types_of([k for k in keyphrases if k.keyphrase != "s6"], clusters))
    assert (late == one[0], slip == one[1]) == (True, False)
    assert not set(one) & {t.id for t in types_of(keyphrases, clusters, iteration="iter2")}


def test_known_type_keeps_its_id(keyphrases, clusters):
    earlier = KnownType("old", "Late", "It is late.", "m", [1.0, 0.0], "iter1", 3, "")
    late, slip = types_of(keyphrases, clusters, (earlier, None))
    assert late.id == "old"
    assert slip.id == types_of(keyphrases, clusters)[1].id


def test_keyphrases_without_a_cluster_are_unassigned_the_most_frequent_first(keyphrases, clusters):
    (found,) = unassigned(keyphrases, clusters)
    assert (found.id, found.name, found.size, found.silhouette) == (UNASSIGNED_ID, "unassigned", 3, 0.0)
    assert found.central_keyphrases == ["noise", "unassigned"]
    assert found.explanation


def test_no_type_is_unassigned_where_every_keyphrase_has_a_cluster(keyphrases, clusters):
    assert unassigned(keyphrases[:7], clusters) == []
    assert unassigned([], []) == []
