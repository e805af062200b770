"""K-means over the weighted keyphrases, with the number of error types chosen by silhouette."""

from typing import Self

from pydantic import model_validator

from stages.core.params import Count, section
from stages.errors.partition import Context, Partition
from stages.errors.weighted_keyphrases import WeightedKeyphrases, distances, silhouettes

_RESTARTS = 10


@section
class Params:
    """The range in which the number of error types is chosen, both ends included."""

    min_types: Count
    max_types: Count

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.max_types < self.min_types:
            raise ValueError("max_types must be at least min_types")
        return self


def partition(keyphrases: WeightedKeyphrases, params: Params, context: Context) -> Partition:
    """Return the partition with the largest mean silhouette over bad cases.

    With too few distinct vectors for `min_types` each vector is a type.

    Args:
        keyphrases: at least one.
        params: the range for the number of types.
        context: its seed is for the starting centroids.
    """
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.cluster import KMeans

    distinct, by_vector = keyphrases.distinct_vectors()
    candidates = [np.zeros(len(by_vector), dtype=int)] if params.min_types == 1 else []
    for k in range(max(2, params.min_types), min(params.max_types, distinct - 1) + 1):
        model = KMeans(k, n_init=_RESTARTS, random_state=context.seed)
        candidates.append(model.fit_predict(keyphrases.vectors, sample_weight=keyphrases.weights))
    if not candidates:
        return Partition(by_vector)
    between = distances(keyphrases.vectors)
    means = [np.average(silhouettes(between, labels), weights=keyphrases.weights) for labels in candidates]
    return Partition(candidates[int(np.argmax(means))])
