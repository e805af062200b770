"""Silhouettes of many partitions of the same points in one pass over their distances.

Source: Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis" (1987).
"""

from collections.abc import Sequence
from typing import Any

_ROWS = 1024


def silhouettes(vectors: Any, partitions: Sequence[Any]) -> list[Any]:
    """Return the silhouette of every point in each partition, by Euclidean distance.

    The distances are computed once for all partitions, in blocks of rows: memory grows with n_points, not its square.

    Args:
        vectors: shape (n_points, n_dimensions).
        partitions: for each an array of labels 0, 1, ... without gaps, shape (n_points,).

    Returns:
        For each partition an array of shape (n_points,), between -1 and 1; 0 for a point alone in its cluster, and
        for every point where there is one cluster.
    """
    import numpy as np  # heavy

    points = np.asarray(vectors, dtype=np.float64)
    squares = np.einsum("ij,ij->i", points, points)
    members = [np.eye(int(labels.max()) + 1)[labels] for labels in partitions]
    found = [np.zeros(len(points)) for _ in partitions]
    for start in range(0, len(points), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(points)))
        distances = squares[rows, None] + squares[None, :] - 2 * points[rows] @ points.T
        distances = np.sqrt(np.maximum(distances, 0))
        distances[rows - start, rows] = 0
        for target, labels, belongs in zip(found, partitions, members, strict=True):
            target[rows] = _of_rows(distances @ belongs, labels[rows], belongs.sum(axis=0))
    return found


def _of_rows(sums: Any, labels: Any, sizes: Any) -> Any:
    """Return silhouettes from the summed distances of points to each cluster, shape (n_rows, n_clusters)."""
    import numpy as np  # heavy

    rows = np.arange(len(labels))
    if len(sizes) < 2:
        return np.zeros(len(labels))
    own = sums[rows, labels] / np.maximum(sizes[labels] - 1, 1)
    means = sums / sizes
    means[rows, labels] = np.inf
    nearest = means.min(axis=1)
    larger = np.maximum(own, nearest)
    values = np.divide(nearest - own, larger, out=np.zeros(len(labels)), where=larger > 0)
    return np.where(sizes[labels] > 1, values, 0.0)
