"""Silhouettes over distances, against the textbook."""

import numpy as np
import pytest

from stages.errors.weighted_keyphrases import distances, silhouettes


def test_silhouettes_on_a_line_are_those_of_the_textbook():
    vectors = np.array([[0.0], [1.0], [4.0], [6.0]])
    # Point 0: a = 1, b = (4 + 6) / 2 = 5; point 1: a = 1, b = (3 + 5) / 2 = 4; point 4: a = 2, b = (4 + 3) / 2 = 3.5;
    # point 6: a = 2, b = (6 + 5) / 2 = 5.5.
    found = silhouettes(distances(vectors), np.array([0, 0, 1, 1]))
    assert found == pytest.approx([4 / 5, 3 / 4, 1.5 / 3.5, 3.5 / 5.5])


@pytest.mark.parametrize(
    ("labels", "alone"),
    [
        pytest.param([0, 0, 1], [2], id="one alone"),
        pytest.param([0, 0, 0], [0, 1, 2], id="one cluster"),
        pytest.param([0, 1, 2], [0, 1, 2], id="all alone"),
    ],
)
def test_vector_alone_in_its_cluster_and_vectors_of_a_single_cluster_have_silhouette_0(labels, alone):
    found = silhouettes(distances(np.array([[0.0], [1.0], [4.0]])), np.array(labels))
    assert found.shape == (3,)
    assert np.flatnonzero(found == 0).tolist() == alone


def test_single_vector_has_silhouette_0():
    assert silhouettes(distances(np.ones((1, 3))), np.array([0])).tolist() == [0]


def test_equal_vectors_in_two_clusters_have_silhouette_0():
    assert silhouettes(distances(np.ones((4, 3))), np.array([0, 0, 1, 1])).tolist() == [0, 0, 0, 0]


def test_labels_may_have_gaps():
    vectors = np.array([[0.0], [1.0], [4.0], [6.0]])
    dense = silhouettes(distances(vectors), np.array([0, 0, 1, 1]))
    assert silhouettes(distances(vectors), np.array([3, 3, 7, 7])).tolist() == dense.tolist()
