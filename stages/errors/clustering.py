"""Group keyphrases into error types by the method that `cluster_keyphrases.method` names.

Everything numeric runs on one thread with a seed: the same keyphrases give the same types on any number of threads.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from stages.core.exceptions import ParamsError
from stages.errors.embedding import EmbeddingParams
from stages.errors.methods import hdbscan, kmeans
from stages.errors.methods import instructor as grouping
from stages.errors.methods.hdbscan import HdbscanParams
from stages.errors.methods.instructor import GroupingParams
from stages.errors.methods.kmeans import KMeansParams
from stages.errors.silhouettes import silhouettes
from stages.errors.weighted_keyphrases import NOISE, Points
from stages.instructor.interface import Instructor, NamedType


@dataclass(frozen=True)
class ClusteringParams:
    """The `cluster_keyphrases` section; dvc.yaml declares the chosen method's own section and not those of the others.

    Attributes:
        method: how types are formed.
        match: least cosine of two centroids at which a type is taken for one of an earlier iteration.
        embedding: the sentence-embedding model.
        kmeans: settings of that method.
        hdbscan: settings of that method.
        instructor: settings of that method.
    """

    method: Literal["kmeans", "hdbscan", "instructor"]
    match: float
    embedding: EmbeddingParams
    kmeans: KMeansParams | None
    hdbscan: HdbscanParams | None
    instructor: GroupingParams | None

    def chosen(self) -> KMeansParams | HdbscanParams | GroupingParams:
        """Return the settings of the chosen method.

        Raises:
            ParamsError: its section is missing.
        """
        section = {"kmeans": self.kmeans, "hdbscan": self.hdbscan, "instructor": self.instructor}[self.method]
        if section is None:
            raise ParamsError(f"params.yaml: cluster_keyphrases.{self.method}: the chosen method needs its section")
        return section


@dataclass(frozen=True)
class Cluster:
    """Distinct keyphrases of one error type, the most central first.

    Attributes:
        keyphrases: the texts.
        silhouette: the mean over its bad cases, between -1 and 1; 0 where there is one cluster.
        centroid: the mean vector over its bad cases, of length 1.
        named: name and explanation, where the method gives them.
    """

    keyphrases: list[str]
    silhouette: float
    centroid: list[float]
    named: NamedType | None


@dataclass(frozen=True)
class Clustering:
    """Clusters ordered by their first keyphrase, the keyphrases that belong to none, and what the method counted."""

    clusters: list[Cluster]
    noise: list[str]
    counts: dict[str, int] = field(default_factory=dict)


def cluster(points: Points, params: ClusteringParams, instructor: Instructor, seed: int) -> Clustering:
    """Group keyphrases into error types.

    Raises:
        ParamsError: the method's settings are wrong, or the instructor cannot form types.
    """
    from threadpoolctl import threadpool_limits  # with numpy and scikit-learn, heavy

    chosen = params.chosen()
    if not points.keyphrases:
        return Clustering([], [])
    names: list[NamedType] = []
    counts: dict[str, int] = {}
    if isinstance(chosen, GroupingParams):
        labels, found = grouping.partition(points, instructor)
        names = found.types
        counts = {"dropped": len(found.dropped), "repeated": len(found.repeated), "invented": len(found.invented)}
    with threadpool_limits(limits=1):
        if isinstance(chosen, KMeansParams):
            labels = kmeans.partition(points, chosen, seed)
        elif isinstance(chosen, HdbscanParams):
            labels = hdbscan.partition(points, chosen)
        clusters = _measure(points, labels, names)
    noise = [text for text, label in zip(points.keyphrases, labels, strict=True) if label == NOISE]
    return Clustering(clusters, noise, counts)


def _measure(points: Points, labels: Any, names: list[NamedType]) -> list[Cluster]:
    import numpy as np  # heavy

    inside = np.flatnonzero(labels != NOISE)
    if not len(inside):
        return []
    used, dense = np.unique(labels[inside], return_inverse=True)
    values = np.zeros(len(labels))
    values[inside] = silhouettes(points.vectors[inside], [dense])[0]
    found = []
    for label in used.tolist():
        members = np.flatnonzero(labels == label)
        weights = points.weights[members]
        centroid = _unit(np.average(points.vectors[members].astype(np.float64), axis=0, weights=weights))
        # Rounded, so that texts of one vector stay in the order of their text.
        order = np.argsort(-np.round(points.vectors[members] @ centroid, 9), kind="stable")
        found.append(
            Cluster(
                keyphrases=[points.keyphrases[members[i]] for i in order],
                silhouette=round(float(np.average(values[members], weights=weights)), 4),
                centroid=[round(value, 6) for value in centroid.tolist()],
                named=names[label] if names else None,
            )
        )
    return sorted(found, key=lambda c: c.keyphrases[0])


def _unit(vector: Any) -> Any:
    """Return the vector at length 1; one of length 0 stays as it is."""
    import numpy as np  # heavy

    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector
