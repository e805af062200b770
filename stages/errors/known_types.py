"""Error types across iterations: recognition of known types.

Each iteration passes on all types seen on its branch, with size 0 those that it lacks, so that a type can return under
its old id and name. Types are matched by the cosine of their centroids, each to at most one.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

from stages.core.metrics import GoneType, TypeChange, TypeCounts, Usage
from stages.core.records import ErrorType, KnownType
from stages.errors.clustering import Cluster
from stages.errors.error_types import UNASSIGNED_ID


def match(
    clusters: Sequence[Cluster], known: Sequence[KnownType], model: str, min_cosine: float
) -> list[KnownType | None]:
    """Return the known type of each cluster, or None.

    The matching maximizes the sum of cosine minus `min_cosine` over all matches: the sum of cosines itself would prefer
    two middling matches to one perfect one. Types whose centroids come from another embedding model, or that were
    formed of another problem set, are not matched.

    Args:
        clusters: of this iteration.
        known: all types seen before.
        model: identity of the embedding model of the clusters' centroids.
        min_cosine: smallest cosine of a match, above 0 and at most 1.
    """
    import numpy as np  # heavy, as is scipy
    from scipy.optimize import linear_sum_assignment

    matched: list[KnownType | None] = [None] * len(clusters)
    comparable = [earlier for earlier in known if earlier.embedding == model]
    if clusters and comparable:
        cosines = np.array([c.centroid for c in clusters]) @ np.array([k.centroid for k in comparable]).T
        cosines[np.array([[c.set != k.set for k in comparable] for c in clusters])] = -1.0
        gains = np.maximum(cosines - min_cosine, 0.0)
        for row, column in zip(*linear_sum_assignment(gains, maximize=True), strict=True):
            if cosines[row, column] >= min_cosine:
                matched[row] = comparable[column]
    return matched


def carry_on(
    known: Sequence[KnownType],
    clusters: Sequence[Cluster],
    types: Sequence[ErrorType],
    model: str,
    iteration: str,
) -> list[KnownType]:
    """Return all types seen up to this iteration: earlier ones in their order, then the new ones.

    A type of this iteration has its centroid and size; any other keeps its centroid and has size 0.
    """
    current = {
        error_type.id: KnownType(
            id=error_type.id,
            name=error_type.name,
            explanation=error_type.explanation,
            embedding=model,
            centroid=cluster.centroid,
            first_iteration=iteration,
            size=error_type.size,
            set=error_type.set,
        )
        for cluster, error_type in zip(clusters, types, strict=True)
    }
    carried = [
        replace(current.pop(earlier.id), first_iteration=earlier.first_iteration)
        if earlier.id in current
        else replace(earlier, size=0)
        for earlier in known
    ]
    return [*carried, *current.values()]


def summarize(
    types: Sequence[ErrorType],
    known: Sequence[KnownType],
    iteration: str,
    model: str,
    method: dict[str, int],
    usage: Usage | None,
) -> TypeCounts:
    """Return the types with their change since the parent iteration, and the parent's types that are gone.

    Args:
        types: of this iteration, `unassigned` included.
        known: all types seen before.
        iteration: the name of this one.
        model: identity of the embedding model of this iteration.
        method: counts of the clustering method, by name.
        usage: of the instructor.
    """
    earlier = {known_type.id: known_type for known_type in known}
    ids = {error_type.id for error_type in types}
    return TypeCounts(
        types=[_change(error_type, earlier.get(error_type.id), iteration) for error_type in types],
        gone=[GoneType(k.id, k.name, k.size) for k in known if k.size and k.id not in ids],
        method=method,
        known_under_another_embedding=sum(known_type.embedding != model for known_type in known),
        usage=usage,
    )


def _change(error_type: ErrorType, earlier: KnownType | None, iteration: str) -> TypeChange:
    fields = asdict(error_type)
    if error_type.id == UNASSIGNED_ID:
        return TypeChange(**fields, status="unassigned", previous_size=None, first_iteration=None)
    if earlier is None:
        return TypeChange(**fields, status="new", previous_size=0, first_iteration=iteration)
    return TypeChange(
        **fields,
        status="continued" if earlier.size else "returned",
        previous_size=earlier.size,
        first_iteration=earlier.first_iteration,
    )
