"""The table of clustering methods, and the clusters of keyphrases that the chosen one forms.

A method is a module of `methods/` with a section `Params` and one function, `partition`, with a name in `MethodName`, a
line in `METHODS` and a field in `ClusteringParams`. Everything numeric runs on one thread with a seed: the same
keyphrases give the same clusters on any number of threads.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from pydantic import model_validator

from stages.core.params import PositiveShare, section
from stages.core.records import UNASSIGNED, Keyphrase
from stages.errors.embedding import EmbeddingModel, EmbeddingParams
from stages.errors.methods import hdbscan as by_hdbscan
from stages.errors.methods import instructor as by_instructor
from stages.errors.methods import kmeans as by_kmeans
from stages.errors.partition import NOISE, Context, Partition
from stages.errors.weighted_keyphrases import WeightedKeyphrases, distances, embedded, silhouettes
from stages.instructor.interface import Instructor, NamedType

MethodName = Literal["kmeans", "hdbscan", "instructor"]
Method = Callable[[WeightedKeyphrases, Any, Context], Partition]
"""`partition(keyphrases, params, context)`, with the method's own params."""

METHODS: dict[MethodName, Method] = {
    "kmeans": by_kmeans.partition,
    "hdbscan": by_hdbscan.partition,
    "instructor": by_instructor.partition,
}


@section
class ClusteringParams:
    """The `cluster_keyphrases` section; a stage declares the chosen method's own section and none of the others.

    Attributes:
        method: the clustering method.
        by: whether the keyphrases of `all` problem sets are clustered together, or those of each `set` alone.
        match: smallest cosine of two centroids at which a type counts as one of an earlier iteration.
        embedding: the sentence-embedding model.
        kmeans: settings of that method.
        hdbscan: settings of that method.
        instructor: settings of that method.
    """

    method: MethodName
    by: Literal["all", "set"]
    match: PositiveShare
    embedding: EmbeddingParams
    kmeans: by_kmeans.Params | None = field(default=None, kw_only=True)
    hdbscan: by_hdbscan.Params | None = field(default=None, kw_only=True)
    instructor: by_instructor.Params | None = field(default=None, kw_only=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if getattr(self, self.method) is None:
            raise ValueError(f"the section {self.method} of the chosen method is missing")
        return self


@dataclass(frozen=True)
class Cluster:
    """Distinct keyphrases of one error type, the most central first.

    Attributes:
        keyphrases: the texts.
        silhouette: the mean over its bad cases, between -1 and 1; 0 where there is one cluster.
        centroid: the mean vector over its bad cases, of length 1.
        named: name and explanation, where the method gives them; else None.
        set: the problem set that it was formed of, or empty where it holds those of all sets.
    """

    keyphrases: list[str]
    silhouette: float
    centroid: list[float]
    named: NamedType | None
    set: str = ""


@dataclass(frozen=True)
class Clustering:
    """Clusters ordered by their first keyphrase, and counts of the method by name."""

    clusters: list[Cluster]
    counts: dict[str, int] = field(default_factory=dict)


def cluster_sets(
    keyphrases: Sequence[Keyphrase], params: ClusteringParams, model: EmbeddingModel, instructor: Instructor, seed: int
) -> Clustering:
    """Group the keyphrases of all problem sets, or of each by itself, into error types.

    Raises:
        ParamsError: the instructor cannot form types.
        SourceError: the embedding model cannot be loaded.
        RecordsError: the cache of embeddings is damaged.
    """
    texts: dict[str, list[str]] = {}
    for keyphrase in keyphrases:
        if keyphrase.keyphrase != UNASSIGNED:
            texts.setdefault(keyphrase.set if params.by == "set" else "", []).append(keyphrase.keyphrase)
    found = {name: cluster(embedded(own, model), params, instructor, seed) for name, own in sorted(texts.items())}
    counts: Counter[str] = Counter()
    for one in found.values():
        counts.update(one.counts)
    return Clustering(
        [replace(each, set=name) for name, one in found.items() for each in one.clusters],
        dict(counts),
    )


def cluster(keyphrases: WeightedKeyphrases, params: ClusteringParams, instructor: Instructor, seed: int) -> Clustering:
    """Group keyphrases into error types.

    Raises:
        ParamsError: the instructor cannot form types.
    """
    from threadpoolctl import threadpool_limits  # with numpy and scikit-learn, heavy

    if not keyphrases.texts:
        return Clustering([])
    with threadpool_limits(limits=1):
        partition = METHODS[params.method](keyphrases, getattr(params, params.method), Context(seed, instructor))
        clusters = _measure(keyphrases, partition)
    return Clustering(clusters, partition.counts)


def _measure(keyphrases: WeightedKeyphrases, partition: Partition) -> list[Cluster]:
    import numpy as np  # heavy

    labels = partition.labels
    inside = np.flatnonzero(labels != NOISE)
    if not len(inside):
        return []
    values = np.zeros(len(labels))
    values[inside] = silhouettes(distances(keyphrases.vectors[inside]), labels[inside])
    clusters = []
    for label in np.unique(labels[inside]).tolist():
        members = np.flatnonzero(labels == label)
        weights = keyphrases.weights[members]
        centroid = _unit(np.average(keyphrases.vectors[members].astype(np.float64), axis=0, weights=weights))
        # Rounded, so that texts of one vector stay in the order of their text.
        order = np.argsort(-np.round(keyphrases.vectors[members] @ centroid, 9), kind="stable")
        clusters.append(
            Cluster(
                keyphrases=[keyphrases.texts[members[i]] for i in order],
                silhouette=round(float(np.average(values[members], weights=weights)), 4),
                centroid=[round(value, 6) for value in centroid.tolist()],
                named=partition.names[label] if partition.names else None,
            )
        )
    return sorted(clusters, key=lambda c: c.keyphrases[0])


def _unit(vector: Any) -> Any:
    """Return the vector at length 1; one of length 0 stays as it is."""
    import numpy as np  # heavy

    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector
