"""HDBSCAN over the points: as many error types as there are dense groups, and noise that belongs to none.

Vectors are first reduced to a few principal components: in hundreds of dimensions all keyphrases are nearly equally
far from each other and density says little. HDBSCAN takes no weights, so a keyphrase counts as that many points as bad
cases have it, up to `min_cluster_size`: enough of them form a type without others, and more change nothing.
"""

import logging
from dataclasses import dataclass
from typing import Any

from stages.core.exceptions import ParamsError
from stages.errors.weighted_keyphrases import NOISE, Points

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class HdbscanParams:
    """Settings of HDBSCAN.

    Attributes:
        min_cluster_size: fewest bad cases of a type, at least 2.
        min_samples: neighbours, itself among them, that make a point dense; more of them give more noise. At least 1.
        dimensions: principal components that distances are measured in, at least 1.
    """

    min_cluster_size: int
    min_samples: int
    dimensions: int


def partition(points: Points, params: HdbscanParams) -> Any:
    """Return the label of each point: 0, 1, ..., or `NOISE`.

    Args:
        points: at least one.
        params: settings of HDBSCAN.

    Raises:
        ParamsError: a setting is too small.
    """
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.cluster import HDBSCAN

    _check(params)
    copies = np.minimum(points.weights, params.min_cluster_size)
    distinct, _ = points.distinct_vectors()
    if distinct < 2 or copies.sum() < max(params.min_cluster_size, params.min_samples):
        alone = distinct == 1 and copies.sum() >= params.min_cluster_size
        return np.full(len(copies), 0 if alone else NOISE)
    repeated = np.repeat(np.arange(len(copies)), copies)
    model = HDBSCAN(
        min_cluster_size=params.min_cluster_size, min_samples=params.min_samples, algorithm="kd_tree", copy=True
    )
    labels = model.fit_predict(_reduced(points, params.dimensions)[repeated])
    if labels.max() == NOISE:
        logger.warning(
            "hdbscan found no dense group among %d keyphrases, all are unassigned; "
            "lower cluster_keyphrases.hdbscan.min_cluster_size or min_samples, or choose kmeans",
            len(copies),
        )
    return labels[np.searchsorted(repeated, np.arange(len(copies)))]


def _check(params: HdbscanParams) -> None:
    if params.min_cluster_size < 2 or params.min_samples < 1 or params.dimensions < 1:
        raise ParamsError(
            "params.yaml: cluster_keyphrases.hdbscan: min_cluster_size must be at least 2, min_samples and dimensions "
            f"at least 1, not {params.min_cluster_size}, {params.min_samples} and {params.dimensions}"
        )


def _reduced(points: Points, dimensions: int) -> Any:
    """Return the weighted principal components, shape (n_points, at most `dimensions`)."""
    import numpy as np  # heavy

    vectors = np.asarray(points.vectors, dtype=np.float64)
    centred = vectors - np.average(vectors, axis=0, weights=points.weights)
    covariance = (centred * np.asarray(points.weights)[:, None]).T @ centred
    _, axes = np.linalg.eigh(covariance)
    return centred @ axes[:, -dimensions:]
