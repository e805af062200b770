"""HDBSCAN over the keyphrases: as many error types as there are dense groups, and noise that belongs to none.

Vectors are first reduced to a few principal components: in hundreds of dimensions all keyphrases are nearly equally
far from each other and density says little. HDBSCAN takes no weights: a keyphrase is repeated for each bad case, up to
`min_cluster_size`, at which it forms a type alone and more points change nothing.
"""

import logging
from typing import Annotated, Any

from pydantic import Field

from stages.core.params import Count, section
from stages.errors.partition import NOISE, Context, Partition
from stages.errors.weighted_keyphrases import WeightedKeyphrases

logger = logging.getLogger(__name__)


@section
class Params:
    """Settings of HDBSCAN.

    Attributes:
        min_cluster_size: smallest number of bad cases of a type.
        min_samples: neighbours, itself among them, that make a point dense; more of them give more noise.
        dimensions: principal components that distances are measured in.
    """

    min_cluster_size: Annotated[int, Field(ge=2)]
    min_samples: Count
    dimensions: Count


def partition(keyphrases: WeightedKeyphrases, params: Params, _context: Context) -> Partition:
    """Return the dense groups and the noise.

    Args:
        keyphrases: at least one.
        params: settings of HDBSCAN.
    """
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.cluster import HDBSCAN

    copies = np.minimum(keyphrases.weights, params.min_cluster_size)
    distinct, _ = keyphrases.distinct_vectors()
    if distinct < 2 or copies.sum() < max(params.min_cluster_size, params.min_samples):
        alone = distinct == 1 and copies.sum() >= params.min_cluster_size
        return Partition(np.full(len(copies), 0 if alone else NOISE))
    repeated = np.repeat(np.arange(len(copies)), copies)
    model = HDBSCAN(
        min_cluster_size=params.min_cluster_size, min_samples=params.min_samples, algorithm="kd_tree", copy=True
    )
    labels = model.fit_predict(_reduced(keyphrases, params.dimensions)[repeated])
    if labels.max() == NOISE:
        logger.warning(
            "hdbscan found no dense group among %d keyphrases, all are unassigned; "
            "lower cluster_keyphrases.hdbscan.min_cluster_size or min_samples, or choose kmeans",
            len(copies),
        )
    return Partition(labels[np.searchsorted(repeated, np.arange(len(copies)))])


def _reduced(keyphrases: WeightedKeyphrases, dimensions: int) -> Any:
    """Return the weighted principal components, shape (n, at most `dimensions`)."""
    import numpy as np  # heavy

    vectors = np.asarray(keyphrases.vectors, dtype=np.float64)
    centred = vectors - np.average(vectors, axis=0, weights=keyphrases.weights)
    covariance = (centred * np.asarray(keyphrases.weights)[:, None]).T @ centred
    _, axes = np.linalg.eigh(covariance)
    return centred @ axes[:, -dimensions:]
