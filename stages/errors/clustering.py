"""K-means over embedded keyphrases, with the number of error types chosen by silhouette.

Equal keyphrases are one point with a weight, so that thousands of bad cases cluster in seconds. Everything runs on one
thread with a seed: the same keyphrases give the same types on any machine.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.pipeline.exceptions import ParamsError

_RESTARTS = 10
CENTRAL = 5


@dataclass(frozen=True)
class ClusteringParams:
    """The range in which the number of error types is chosen, both ends included."""

    min_types: int
    max_types: int


@dataclass(frozen=True)
class Cluster:
    """Distinct keyphrases of one error type, the most central first; `silhouette` is their mean."""

    keyphrases: list[str]
    silhouette: float


def cluster(keyphrases: Sequence[str], vectors: Any, params: ClusteringParams, seed: int) -> list[Cluster]:
    """Group keyphrases into error types.

    Args:
        keyphrases: texts, repeats allowed.
        vectors: their unit vectors, shape (n_keyphrases, n_dimensions).
        params: the range for the number of types; fewer distinct keyphrases give fewer types.
        seed: for the starting centroids.

    Returns:
        Clusters of distinct keyphrases, ordered by their first keyphrase.

    Raises:
        ParamsError: the range is empty or starts below 1.
    """
    from threadpoolctl import threadpool_limits  # with numpy and scikit-learn, heavy

    if not 1 <= params.min_types <= params.max_types:
        raise ParamsError(
            f"params.yaml: cluster_keyphrases: min_types {params.min_types} and max_types {params.max_types} "
            "must be at least 1 and in order"
        )
    counts = Counter(keyphrases)
    distinct = sorted(counts)
    if not distinct:
        return []
    first = {text: i for i, text in reversed(list(enumerate(keyphrases)))}
    points = vectors[[first[text] for text in distinct]]
    weights = [counts[text] for text in distinct]
    with threadpool_limits(limits=1):
        labels, silhouettes = _best_partition(points, weights, params, seed)
    return _clusters(distinct, points, weights, labels, silhouettes)


def _best_partition(points: Any, weights: list[int], params: ClusteringParams, seed: int) -> tuple[Any, Any]:
    """Return labels and silhouettes per point of the partition with the largest mean silhouette."""
    import numpy as np  # heavy, as are the next
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_samples

    n = len(points)
    # Keyphrases that differ in capitals alone have one vector: there are no more clusters than distinct vectors.
    vectors, by_vector = np.unique(points, axis=0, return_inverse=True)
    distinct = len(vectors)
    best = (np.zeros(n, dtype=int), np.zeros(n))
    best_score = -np.inf if params.min_types > 1 else 0.0
    for k in range(max(2, params.min_types), min(params.max_types, distinct - 1) + 1):
        labels = KMeans(k, n_init=_RESTARTS, random_state=seed).fit_predict(points, sample_weight=weights)
        silhouettes = silhouette_samples(points, labels)
        score = float(np.average(silhouettes, weights=weights))
        if score > best_score:
            best, best_score = (labels, silhouettes), score
    if best_score == -np.inf:
        return by_vector.flatten(), np.zeros(n)  # too few distinct keyphrases to measure: each is a type
    return best


def _clusters(distinct: list[str], points: Any, weights: list[int], labels: Any, silhouettes: Any) -> list[Cluster]:
    import numpy as np  # heavy

    found = []
    for label in sorted(set(labels.tolist())):
        members = np.flatnonzero(labels == label)
        weight = np.asarray(weights)[members]
        centroid = np.average(points[members], axis=0, weights=weight)
        order = np.argsort(-(points[members] @ centroid), kind="stable")
        silhouette = float(np.average(silhouettes[members], weights=weight))
        found.append(Cluster([distinct[members[i]] for i in order], round(silhouette, 4)))
    return sorted(found, key=lambda c: c.keyphrases[0])
