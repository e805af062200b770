"""Error types of clusters, and the assignment of bad cases to them."""

from collections import Counter
from collections.abc import Sequence

from stages.core.files import content_id
from stages.core.records import UNASSIGNED, Assignment, ErrorType, Keyphrase, KnownType
from stages.errors.clustering import Cluster
from stages.instructor.interface import NamedType

CENTRAL = 5
UNASSIGNED_ID = content_id(UNASSIGNED)
_UNASSIGNED_EXPLANATION = "Bad cases whose keyphrase belongs to no error type, or that have none."


def to_error_types(
    keyphrases: Sequence[Keyphrase],
    clusters: Sequence[Cluster],
    names: Sequence[NamedType],
    matched: Sequence[KnownType | None],
    iteration: str,
) -> list[ErrorType]:
    """Return the error type of each cluster, in the same order.

    A known type keeps its id; the id of a new one depends on the iteration, its name and its bad cases.
    """
    types = []
    members = _members(keyphrases, clusters)
    for index, (cluster, named, earlier) in enumerate(zip(clusters, names, matched, strict=True)):
        cases = sorted(keyphrase.bad_case_id for keyphrase in members[index])
        new_id = content_id(iteration, named.name, *cases)
        types.append(
            ErrorType(
                id=earlier.id if earlier else new_id,
                name=named.name,
                explanation=named.explanation,
                size=len(cases),
                share=round(len(cases) / len(keyphrases), 4),
                central_keyphrases=cluster.keyphrases[:CENTRAL],
                silhouette=cluster.silhouette,
                set=cluster.set,
            )
        )
    return types


def unassigned(keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster]) -> list[ErrorType]:
    """Return the type of the keyphrases in no cluster, the most frequent first, or nothing where all are in one."""
    outside = Counter(sorted(keyphrase.keyphrase for keyphrase in _members(keyphrases, clusters)[None]))
    if not outside:
        return []
    return [
        ErrorType(
            id=UNASSIGNED_ID,
            name=UNASSIGNED,
            explanation=_UNASSIGNED_EXPLANATION,
            size=outside.total(),
            share=round(outside.total() / len(keyphrases), 4),
            central_keyphrases=[text for text, _ in outside.most_common(CENTRAL)],
            silhouette=0.0,
            set="",
        )
    ]


def assign(
    keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster], types: Sequence[ErrorType]
) -> list[Assignment]:
    """Return one assignment for each keyphrase, in the same order, to the type of its cluster or to `unassigned`."""
    return [
        Assignment(k.bad_case_id, k.id, UNASSIGNED_ID if place is None else types[place].id)
        for k, place in zip(keyphrases, _places(keyphrases, clusters), strict=True)
    ]


def _members(keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster]) -> dict[int | None, list[Keyphrase]]:
    """Return the keyphrases of each cluster by its index, and under None those in no cluster."""
    members: dict[int | None, list[Keyphrase]] = {index: [] for index in (None, *range(len(clusters)))}
    for keyphrase, place in zip(keyphrases, _places(keyphrases, clusters), strict=True):
        members[place].append(keyphrase)
    return members


def _places(keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster]) -> list[int | None]:
    """Return the index of each keyphrase's cluster, or None."""
    index = {(cluster.set, text): i for i, cluster in enumerate(clusters) for text in cluster.keyphrases}
    return [index.get(("", k.keyphrase), index.get((k.set, k.keyphrase))) for k in keyphrases]
