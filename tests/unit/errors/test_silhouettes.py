"""Silhouettes against the textbook and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples

from stages.errors import silhouettes as module
from stages.errors.silhouettes import silhouettes


def test_silhouettes_on_a_line_are_those_of_the_textbook():
    vectors = np.array([[0.0], [1.0], [4.0], [6.0]])
    # Point 0: a = 1, b = (4 + 6) / 2 = 5; point 1: a = 1, b = (3 + 5) / 2 = 4; point 4: a = 2, b = (4 + 3) / 2 = 3.5;
    # point 6: a = 2, b = (6 + 5) / 2 = 5.5.
    (found,) = silhouettes(vectors, [np.array([0, 0, 1, 1])])
    assert found == pytest.approx([4 / 5, 3 / 4, 1.5 / 3.5, 3.5 / 5.5])


def test_point_alone_in_its_cluster_and_points_of_a_single_cluster_have_silhouette_0():
    vectors = np.array([[0.0], [1.0], [4.0]])
    alone, single = silhouettes(vectors, [np.array([0, 0, 1]), np.array([0, 0, 0])])
    assert alone[2] == 0
    assert single.tolist() == [0, 0, 0]


def test_equal_points_in_two_clusters_have_silhouette_0():
    (found,) = silhouettes(np.ones((4, 3)), [np.array([0, 0, 1, 1])])
    assert found.tolist() == [0, 0, 0, 0]


@given(
    points=st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=4, max_size=30),
    k=st.integers(2, 3),
    rows=st.integers(1, 9),
)
def test_silhouettes_equal_those_of_scikit_learn_in_blocks_of_any_size(points, k, rows):
    vectors = np.array(points, dtype=float)
    labels = np.arange(len(points)) % k
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_ROWS", rows)
        first, second = silhouettes(vectors, [labels, labels[::-1].copy()])
    assert first == pytest.approx(silhouette_samples(vectors, labels), abs=1e-6)
    assert second == pytest.approx(silhouette_samples(vectors, labels[::-1]), abs=1e-6)


def test_no_points_have_no_silhouettes():
    assert silhouettes(np.zeros((0, 2)), []) == []
