"""Clustering of keyphrases, with real sentence embeddings."""

import numpy as np
import pytest

from stages.errors.clustering import ClusteringParams, cluster
from stages.errors.embedding import EMBEDDED, EmbeddingParams, embed
from stages.pipeline.exceptions import ParamsError

EMBEDDING = EmbeddingParams(EMBEDDED, None)
SLIPS = ["slip in an addition", "slip in the addition of two numbers", "small slip in an addition"]
UNITS = ["confused hours with minutes", "confused minutes and hours", "mixed up hours and minutes"]
EMPTY = ["gave no answer", "no answer given", "wrote no answer at all"]


@pytest.fixture(scope="module")
def vectors_of():
    known = [*SLIPS, *UNITS, *EMPTY]
    vectors = dict(zip(known, embed(known, EMBEDDING), strict=True))
    return lambda texts: np.stack([vectors[text] for text in texts])


def run(texts, vectors_of, least=1, most=6, seed=0):
    return cluster(texts, vectors_of(texts), ClusteringParams(least, most), seed)


def test_obviously_different_keyphrases_are_separated_and_similar_ones_are_not(vectors_of):
    texts = [UNITS[0], EMPTY[0], SLIPS[0], UNITS[1], SLIPS[1], EMPTY[1], SLIPS[2], EMPTY[2], UNITS[2]]
    found = {frozenset(c.keyphrases) for c in run(texts, vectors_of)}
    assert found == {frozenset(SLIPS), frozenset(UNITS), frozenset(EMPTY)}


def test_same_seed_gives_the_same_clusters_in_any_order_of_the_keyphrases(vectors_of):
    texts = [*SLIPS, *UNITS, *EMPTY, *SLIPS]
    assert run(texts, vectors_of, seed=3) == run(texts, vectors_of, seed=3) == run(texts[::-1], vectors_of, seed=3)


def test_clusters_are_ordered_by_their_first_keyphrase(vectors_of):
    first = [c.keyphrases[0] for c in run([*UNITS, *SLIPS, *EMPTY], vectors_of)]
    assert first == sorted(first)
    assert len(first) == 3


def test_most_central_keyphrase_comes_first():
    angles = np.radians([0, 10, 40, 170, 180, 200])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # By hand: the means of (0, 10, 40) and of (170, 180, 200) degrees point to about 16.5 and 183.2 degrees.
    found = cluster(["a0", "a10", "a40", "b170", "b180", "b200"], vectors, ClusteringParams(2, 2), 0)
    assert [c.keyphrases for c in found] == [["a10", "a0", "a40"], ["b180", "b170", "b200"]]


def test_repeated_keyphrase_weighs_more_in_the_centre():
    angles = np.radians([0, 20, 40, 180])
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # With a40 nine times the centre lies near 36 degrees, so that a40 is the most central.
    texts = ["a0", "a20", "b180"] + ["a40"] * 9
    found = cluster(texts, unit[[0, 1, 3] + [2] * 9], ClusteringParams(2, 2), 0)
    assert [c.keyphrases for c in found] == [["a40", "a20", "a0"], ["b180"]]


def test_silhouette_of_two_tight_pairs_is_that_of_the_textbook():
    angles = np.radians([0, 0.0001, 180, 180.0001])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # Within a pair a = 1.7e-6, to the other pair b = 2: (b - a) / b is 1 in four digits.
    assert [c.silhouette for c in cluster(list("abcd"), vectors, ClusteringParams(1, 3), 0)] == [1.0, 1.0]


@pytest.mark.parametrize("least", [1, 2, 5])
def test_one_distinct_keyphrase_is_one_type(vectors_of, least):
    (found,) = run([SLIPS[0]] * 4, vectors_of, least)
    assert found.keyphrases == [SLIPS[0]]
    assert found.silhouette == 0.0


def test_no_keyphrases_give_no_types():
    assert cluster([], np.zeros((0, 3)), ClusteringParams(3, 12), 0) == []


@pytest.mark.parametrize("count", [2, 3])
def test_fewer_distinct_keyphrases_than_min_types_are_a_type_each(vectors_of, count):
    texts = [SLIPS[0], UNITS[0], EMPTY[0]][:count]
    found = run([*texts, *texts], vectors_of, 4, 8)
    assert [c.keyphrases for c in found] == [[text] for text in sorted(texts)]


def test_number_of_types_stays_in_its_range(vectors_of):
    texts = [*SLIPS, *UNITS, *EMPTY]
    assert len(run(texts, vectors_of, 2, 2)) == 2
    assert len(run(texts, vectors_of, 5, 6)) in {5, 6}
    assert len(run(texts, vectors_of, 1, 1)) == 1


SPELLINGS = ["WRONG OPERAND", "Wrong Operand", "Wrong operand", "wrong operand"]


@pytest.mark.parametrize(("least", "most"), [(1, 3), (2, 3), (3, 12)])
def test_keyphrases_that_differ_in_capitals_alone_are_one_type(least, most):
    # The embedding model reads lower case: four texts, one point.
    (found,) = cluster(SPELLINGS, embed(SPELLINGS, EMBEDDING), ClusteringParams(least, most), 0)
    assert sorted(found.keyphrases) == SPELLINGS


@pytest.mark.parametrize(("least", "most"), [(2, 3), (3, 12)])
def test_spellings_of_one_keyphrase_stay_together(least, most):
    texts = [*SPELLINGS, "gave no answer"]
    found = cluster(texts, embed(texts, EMBEDDING), ClusteringParams(least, most), 0)
    assert sorted(sorted(c.keyphrases) for c in found) == [SPELLINGS, ["gave no answer"]]


@pytest.mark.parametrize(
    ("least", "most"),
    [pytest.param(0, 3, id="below-1"), pytest.param(4, 3, id="empty"), pytest.param(-1, -1, id="neg")],
)
def test_range_out_of_order_is_refused(least, most):
    with pytest.raises(ParamsError, match=rf"min_types {least} and max_types {most} must be at least 1 and in order"):
        cluster(["a"], np.ones((1, 2)), ClusteringParams(least, most), 0)
