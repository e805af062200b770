"""K-means over the weighted points, with the number of error types chosen by silhouette."""

from dataclasses import dataclass
from typing import Any

from stages.core.exceptions import ParamsError
from stages.errors.silhouettes import silhouettes
from stages.errors.weighted_keyphrases import Points

_RESTARTS = 10


@dataclass(frozen=True)
class KMeansParams:
    """The range in which the number of error types is chosen, both ends included."""

    min_types: int
    max_types: int


def partition(points: Points, params: KMeansParams, seed: int) -> Any:
    """Return the label of each point, 0, 1, ..., in the partition with the largest mean silhouette over bad cases.

    With too few distinct vectors for `min_types` each vector is a type.

    Args:
        points: at least one.
        params: the range for the number of types.
        seed: for the starting centroids.

    Raises:
        ParamsError: the range is empty or starts below 1.
    """
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.cluster import KMeans

    if not 1 <= params.min_types <= params.max_types:
        raise ParamsError(
            f"params.yaml: cluster_keyphrases.kmeans: min_types {params.min_types} and max_types {params.max_types} "
            "must be at least 1 and in order"
        )
    distinct, by_vector = points.distinct_vectors()
    partitions = [np.zeros(len(by_vector), dtype=int)] if params.min_types == 1 else []
    for k in range(max(2, params.min_types), min(params.max_types, distinct - 1) + 1):
        model = KMeans(k, n_init=_RESTARTS, random_state=seed)
        partitions.append(model.fit_predict(points.vectors, sample_weight=points.weights))
    if not partitions:
        return by_vector
    scores = [np.average(values, weights=points.weights) for values in silhouettes(points.vectors, partitions)]
    return partitions[int(np.argmax(scores))]
