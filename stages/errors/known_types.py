"""Error types across iterations: which type of an iteration is one that was seen before.

Each iteration hands the next all types that were ever seen on its branch, those that it did not meet with size 0, so
that a type which was away can come back under its old id and name. Types are matched by the cosine of their centroids,
each to at most one.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace

from stages.core.exceptions import ParamsError
from stages.core.records import ErrorType, KnownType
from stages.errors.clustering import Cluster
from stages.errors.error_types import UNASSIGNED_ID


def match(clusters: Sequence[Cluster], known: Sequence[KnownType], model: str, least: float) -> list[KnownType | None]:
    """Return for each cluster the known type that it is, or None.

    The sum of what the cosines of all matches exceed `least` by is the largest possible: the sum of the cosines
    themselves would rather have two middling matches than one perfect one. Types whose centroids come from another
    embedding model are not matched.

    Args:
        clusters: of this iteration.
        known: all types seen before.
        model: identity of the embedding model of the clusters' centroids.
        least: cosine below which no two match, above 0 and at most 1.

    Raises:
        ParamsError: `least` is out of its range.
    """
    import numpy as np  # heavy, as is scipy
    from scipy.optimize import linear_sum_assignment

    if not 0 < least <= 1:
        raise ParamsError(f"params.yaml: cluster_keyphrases.match must be above 0 and at most 1, not {least}")
    matched: list[KnownType | None] = [None] * len(clusters)
    comparable = [earlier for earlier in known if earlier.embedding == model]
    if clusters and comparable:
        cosines = np.array([c.centroid for c in clusters]) @ np.array([k.centroid for k in comparable]).T
        gains = np.maximum(cosines - least, 0.0)
        for row, column in zip(*linear_sum_assignment(gains, maximize=True), strict=True):
            if cosines[row, column] >= least:
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

    A type that was met has this iteration's centroid and size, one that was not keeps its centroid and has size 0.
    """
    met = {
        error_type.id: KnownType(
            id=error_type.id,
            name=error_type.name,
            explanation=error_type.explanation,
            embedding=model,
            centroid=cluster.centroid,
            first_iteration=iteration,
            size=error_type.size,
        )
        for cluster, error_type in zip(clusters, types, strict=True)
    }
    carried = [
        replace(met.pop(earlier.id), first_iteration=earlier.first_iteration)
        if earlier.id in met
        else replace(earlier, size=0)
        for earlier in known
    ]
    return [*carried, *met.values()]


def summarize(types: Sequence[ErrorType], known: Sequence[KnownType], iteration: str) -> dict[str, object]:
    """Return the types with what became of each since the parent iteration, and the parent's types that are `gone`.

    The `status` of a type is `new`; `continued` where the parent had it too; `returned` where only an older iteration
    had it; or `unassigned`. `previous_size` is its size in the parent, null where that is not known.
    """
    earlier = {known_type.id: known_type for known_type in known}
    ids = {error_type.id for error_type in types}
    return {
        "types": [asdict(found) | _history(found, earlier.get(found.id), iteration) for found in types],
        "gone": [
            {"id": known_type.id, "name": known_type.name, "previous_size": known_type.size}
            for known_type in known
            if known_type.size and known_type.id not in ids
        ],
    }


def _history(error_type: ErrorType, earlier: KnownType | None, iteration: str) -> dict[str, object]:
    if error_type.id == UNASSIGNED_ID:
        return {"status": "unassigned", "previous_size": None, "first_iteration": None}
    if earlier is None:
        return {"status": "new", "previous_size": 0, "first_iteration": iteration}
    status = "continued" if earlier.size else "returned"
    return {"status": status, "previous_size": earlier.size, "first_iteration": earlier.first_iteration}
