"""The choice of the method, and what is measured of its clusters."""

import dataclasses
import typing

import numpy as np
import pytest

from stages.errors.clustering import METHODS, ClusteringParams, cluster, cluster_sets
from stages.errors.error_types import assign, to_error_types
from stages.errors.methods import hdbscan, kmeans
from stages.errors.weighted_keyphrases import WeightedKeyphrases
from stages.instructor.interface import NamedType
from stages.instructor.symbolic.instructor import SymbolicInstructor
from tests.unit.errors.conftest import EMPTY, SLIPS, UNITS

TEACHER = SymbolicInstructor()


def test_chosen_method_forms_the_clusters(at_angles, section):
    keyphrases = at_angles({"a0": 2, "a1": 1, "b60": 1, "b61": 2, "c180": 1})
    by_kmeans = cluster(keyphrases, section("kmeans", kmeans.Params(3, 3)), TEACHER, 0)
    assert [sorted(c.keyphrases) for c in by_kmeans.clusters] == [["a0", "a1"], ["b60", "b61"], ["c180"]]
    by_hdbscan = cluster(keyphrases, section("hdbscan", hdbscan.Params(3, 2, 2)), TEACHER, 0)
    assert [sorted(c.keyphrases) for c in by_hdbscan.clusters] == [["a0", "a1"], ["b60", "b61"]]


def test_each_method_has_a_line_in_the_table_and_a_section():
    names = typing.get_args(typing.get_type_hints(ClusteringParams)["method"])
    assert len(names) == 3
    assert set(names) == set(METHODS)
    fields = {field.name for field in dataclasses.fields(ClusteringParams)}
    assert fields == {"method", "by", "match", "embedding", *names}


@pytest.mark.parametrize("method", ["kmeans", "hdbscan", "instructor"])
def test_no_keyphrases_give_no_clusters(section, method):
    found = cluster(WeightedKeyphrases([], np.zeros((0, 0)), np.zeros(0, dtype=int)), section(method), TEACHER, 0)
    assert found.clusters == []


@pytest.mark.parametrize("method", ["kmeans", "hdbscan"])
def test_same_seed_gives_the_same_clusters(embedded, section, method):
    keyphrases = embedded(dict.fromkeys([*SLIPS, *UNITS, *EMPTY], 1))
    once = cluster(keyphrases, section(method), TEACHER, 3)
    assert once == cluster(keyphrases, section(method), TEACHER, 3)
    assert len(once.clusters) == 3


def test_most_central_keyphrase_comes_first_and_clusters_are_ordered_by_it(at_angles, section):
    # By hand: the means of (0, 10, 40) and of (170, 180, 200) degrees point to about 16.5 and 183.2 degrees.
    keyphrases = at_angles(dict.fromkeys(["a0", "a10", "a40", "b170", "b180", "b200"], 1))
    found = cluster(keyphrases, section("kmeans", kmeans.Params(2, 2)), TEACHER, 0).clusters
    assert [c.keyphrases for c in found] == [["a10", "a0", "a40"], ["b180", "b170", "b200"]]


def test_repeated_keyphrase_weighs_more_in_the_centre(at_angles, section):
    # With a40 nine times the centre lies near 36 degrees, so that a40 is the most central.
    keyphrases = at_angles({"a0": 1, "a20": 1, "a40": 9, "b180": 1})
    found = cluster(keyphrases, section("kmeans", kmeans.Params(2, 2)), TEACHER, 0).clusters
    assert [c.keyphrases for c in found] == [["a40", "a20", "a0"], ["b180"]]


def test_centroid_is_the_weighted_mean_at_length_1(at_angles, section):
    # 3 (1, 0) + 1 (0, 1) is (3, 1), at length 1 (3, 1) / sqrt(10).
    found = cluster(at_angles({"a0": 3, "a90": 1}), section("kmeans", kmeans.Params(1, 1)), TEACHER, 0).clusters
    assert found[0].centroid == pytest.approx([0.948683, 0.316228], abs=1e-6)


def test_texts_of_one_vector_come_in_the_order_of_their_text(at_angles, section):
    keyphrases = at_angles({"c5": 1, "a5": 1, "b5": 1})
    found = cluster(keyphrases, section("kmeans", kmeans.Params(1, 1)), TEACHER, 0).clusters
    assert found[0].keyphrases == ["a5", "b5", "c5"]


def test_silhouette_of_two_tight_pairs_is_that_of_the_textbook(at_angles, section):
    # Within a pair a is about 0.0017, to the other pair b = 2: (b - a) / b is 0.9991.
    keyphrases = at_angles({"a0": 1, "a0.1": 1, "b180": 1, "b180.1": 1})
    found = cluster(keyphrases, section("kmeans", kmeans.Params(1, 3)), TEACHER, 0).clusters
    assert [c.silhouette for c in found] == [0.9991, 0.9991]


def test_silhouette_of_the_only_cluster_is_0(at_angles, section):
    (found,) = cluster(at_angles({"a0": 4}), section("kmeans"), TEACHER, 0).clusters
    assert (found.keyphrases, found.silhouette) == (["a0"], 0.0)


def by_set(make_keyphrase, model, section, vector_cache, monkeypatch, by):
    monkeypatch.setenv("SEI_CACHE", str(vector_cache))
    sets = {"sums": [*SLIPS, *UNITS], "products": [*SLIPS, *EMPTY]}
    keyphrases = [
        make_keyphrase(f"{of}-{number}", text, of) for of, texts in sets.items() for number, text in enumerate(texts)
    ]
    params = dataclasses.replace(section("kmeans", kmeans.Params(2, 3)), by=by)
    found = cluster_sets(keyphrases, params, model, TEACHER, 0)
    return keyphrases, found.clusters


def test_keyphrases_of_each_set_form_types_of_their_own(make_keyphrase, model, section, vector_cache, monkeypatch):
    keyphrases, clusters = by_set(make_keyphrase, model, section, vector_cache, monkeypatch, "set")
    expected = [("products", EMPTY), ("products", SLIPS), ("sums", SLIPS), ("sums", UNITS)]
    assert sorted((c.set, sorted(c.keyphrases)) for c in clusters) == sorted((of, sorted(k)) for of, k in expected)
    names = [NamedType(f"type {i}", "") for i in range(4)]
    types = to_error_types(keyphrases, clusters, names, [None] * 4, "iter1")
    assert [(one.set, one.size) for one in types] == [(c.set, 3) for c in clusters]
    of = {one.id: one.set for one in types}
    assigned = assign(keyphrases, clusters, types)
    assert [of[one.error_type_id] for one in assigned] == [one.set for one in keyphrases]


def test_keyphrases_of_all_sets_share_types(make_keyphrase, model, section, vector_cache, monkeypatch):
    keyphrases, clusters = by_set(make_keyphrase, model, section, vector_cache, monkeypatch, "all")
    assert sorted(sorted(c.keyphrases) for c in clusters) == sorted(map(sorted, (SLIPS, UNITS, EMPTY)))
    types = to_error_types(keyphrases, clusters, [NamedType(f"{i}", "") for i in range(3)], [None] * 3, "iter1")
    assert sorted((one.set, one.size) for one in types) == [("", 3), ("", 3), ("", 6)]
