"""From clusters to error types."""

import pytest

from stages.errors.clustering import Cluster
from stages.errors.error_types import to_error_types

CLUSTERS = [Cluster(["late", "later"], 0.25), Cluster(["slip", "small slip", "s3", "s4", "s5", "s6"], 0.5)]
TEXTS = ["slip", "late", "s6", "slip", "later", "small slip", "s3"]


@pytest.fixture
def keyphrases(make_keyphrase):
    return [make_keyphrase(i, text) for i, text in enumerate(TEXTS)]


def test_types_are_named_by_their_most_central_keyphrase_the_largest_first(keyphrases):
    types, _ = to_error_types(keyphrases, CLUSTERS)
    assert [(t.name, t.size, t.silhouette) for t in types] == [("slip", 5, 0.5), ("late", 2, 0.25)]
    assert types[0].central_keyphrases == ["slip", "small slip", "s3", "s4", "s5"]


def test_shares_are_fractions_of_the_bad_cases_and_sum_to_1(keyphrases):
    types, _ = to_error_types(keyphrases, CLUSTERS)
    assert [t.share for t in types] == [0.7143, 0.2857]  # 5/7 and 2/7
    assert sum(t.share for t in types) == pytest.approx(1)


def test_each_case_is_assigned_to_the_type_of_its_keyphrase_in_the_same_order(keyphrases):
    types, assignments = to_error_types(keyphrases, CLUSTERS)
    slip, late = types
    assert [(a.bad_case_id, a.keyphrase_id) for a in assignments] == [(f"c{i}", f"k{i}") for i in range(7)]
    assert [a.error_type_id for a in assignments] == [slip.id, late.id, slip.id, slip.id, late.id, slip.id, slip.id]


def test_id_of_a_type_depends_on_name_and_cases_and_not_on_their_order(keyphrases):
    one = {t.name: t.id for t in to_error_types(keyphrases, CLUSTERS)[0]}
    assert {t.name: t.id for t in to_error_types(keyphrases[::-1], CLUSTERS)[0]} == one
    fewer = {t.name: t.id for t in to_error_types(keyphrases[:-1], CLUSTERS)[0]}
    assert fewer["slip"] != one["slip"]
    assert fewer["late"] == one["late"]


def test_types_of_one_size_are_ordered_by_name(make_keyphrase):
    clusters = [Cluster(["b"], 0.0), Cluster(["a"], 0.0)]
    types, _ = to_error_types([make_keyphrase(0, "b"), make_keyphrase(1, "a")], clusters)
    assert [t.name for t in types] == ["a", "b"]


def test_no_keyphrases_give_no_types_and_no_assignments():
    assert to_error_types([], []) == ([], [])
