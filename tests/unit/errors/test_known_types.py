"""Types that are followed from one iteration to the next."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.metrics import GoneType, Usage
from stages.core.records import ErrorType, KnownType
from stages.errors.clustering import Cluster
from stages.errors.error_types import UNASSIGNED_ID
from stages.errors.known_types import carry_on, match, summarize


def direction(angle):
    return [float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))]


def known(name, angle, size=1, embedding="m", of=""):
    return KnownType(name, f"type {name}", f"About {name}.", embedding, direction(angle), "iter1", size, of)


def ids(found):
    return [earlier.id if earlier else None for earlier in found]


def test_type_near_a_known_one_is_that_one_and_one_far_from_all_is_new(make_cluster):
    clusters = [make_cluster(["near b"], 92), make_cluster(["far"], 45), make_cluster(["near a"], 3)]
    assert ids(match(clusters, [known("a", 0), known("b", 90)], "m", 0.9)) == ["b", None, "a"]


def test_cosine_of_the_threshold_matches_and_one_below_does_not(make_cluster):
    clusters = [make_cluster(["x"], 60)]  # cosine 0.5
    assert ids(match(clusters, [known("a", 0)], "m", 0.4999)) == ["a"]
    assert ids(match(clusters, [known("a", 0)], "m", 0.5001)) == [None]


def test_two_types_near_one_known_type_leave_one_new(make_cluster):
    clusters = [make_cluster(["x"], 5), make_cluster(["y"], 2)]
    assert ids(match(clusters, [known("a", 0)], "m", 0.9)) == [None, "a"]


def test_perfect_match_is_not_given_up_for_two_middling_ones(make_cluster):
    # x lies on a; y is 20 degrees from a (0.94) and x 20 from b (0.94): 1.88 in all, against 1 for x on a alone.
    clusters = [make_cluster(["x"], 0), make_cluster(["y"], 20)]
    assert ids(match(clusters, [known("a", 0), known("b", -20)], "m", 0.9)) == ["a", None]


def test_types_of_another_embedding_model_are_not_matched(make_cluster):
    assert ids(match([make_cluster(["x"], 0)], [known("a", 0, embedding="other")], "m", 0.9)) == [None]


@pytest.mark.parametrize("earlier", [[], [known("a", 0)]])
def test_nothing_matches_nothing(earlier):
    assert match([], earlier, "m", 0.9) == []


@given(
    angles=st.lists(st.integers(0, 359), max_size=6),
    earlier=st.lists(st.integers(0, 359), max_size=6, unique=True),
    min_cosine=st.floats(0.01, 1),
)
def test_no_known_type_is_matched_twice_nor_below_the_threshold(angles, earlier, min_cosine):
    clusters = [Cluster(["x"], 0.0, direction(angle), None) for angle in angles]
    seen = [known(str(angle), angle) for angle in earlier]
    found = [(angle, m) for angle, m in zip(angles, match(clusters, seen, "m", min_cosine), strict=True) if m]
    assert len({m.id for _, m in found}) == len(found)
    assert all(np.dot(direction(angle), m.centroid) >= min_cosine for angle, m in found)


def error_type(name, size):
    return ErrorType(name, f"type {name}", f"About {name}.", size, 0.5, ["x"], 0.1, "")


def test_met_types_are_updated_missing_ones_kept_at_size_0_and_new_ones_added(make_cluster):
    before = [known("away", 0, size=4), known("met", 90, size=2)]
    clusters = [make_cluster(["n"], 180), make_cluster(["m"], 91)]
    after = carry_on(before, clusters, [error_type("new", 3), error_type("met", 7)], "m", "iter2")
    assert [(k.id, k.size, k.first_iteration) for k in after] == [
        ("away", 0, "iter1"),
        ("met", 7, "iter1"),
        ("new", 3, "iter2"),
    ]
    assert [k.centroid for k in after] == [direction(0), direction(91), direction(180)]


def test_type_of_the_grandparent_comes_back_under_its_id(make_cluster):
    first = carry_on([], [make_cluster(["a"], 0)], [error_type("a", 5)], "m", "iter1")
    second = carry_on(first, [make_cluster(["b"], 90)], [error_type("b", 5)], "m", "iter2")
    assert ids(match([make_cluster(["a again"], 4)], second, "m", 0.9)) == ["a"]
    summary = summarize([error_type("a", 2)], second, "iter3", "m", {}, None)
    assert [(t.status, t.previous_size, t.first_iteration) for t in summary.types] == [("returned", 0, "iter1")]
    assert summary.gone == [GoneType("b", "type b", 5)]


def test_summary_tells_new_continued_and_unassigned_types():
    unassigned = replace(error_type("unassigned", 1), id=UNASSIGNED_ID)
    types = [error_type("new", 3), error_type("met", 7), unassigned]
    summary = summarize(types, [known("met", 0, size=9)], "iter2", "m", {}, None)
    assert [(t.id, t.size, t.status, t.previous_size, t.first_iteration) for t in summary.types] == [
        ("new", 3, "new", 0, "iter2"),
        ("met", 7, "continued", 9, "iter1"),
        (UNASSIGNED_ID, 1, "unassigned", None, None),
    ]
    assert summary.gone == []


def test_summary_counts_types_that_cannot_be_compared_and_what_others_counted():
    earlier = [known("a", 0, embedding="older"), known("b", 9, embedding="older"), known("c", 90)]
    usage = Usage(2, 30, 4, None)
    summary = summarize([], earlier, "iter2", "m", {"dropped": 3}, usage)
    assert (summary.known_under_another_embedding, summary.method, summary.usage) == (2, {"dropped": 3}, usage)
