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
    for cluster, named, earlier in zip(clusters, names, matched, strict=True):
        inside = set(cluster.keyphrases)
        cases = sorted(keyphrase.bad_case_id for keyphrase in keyphrases if keyphrase.keyphrase in inside)
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
            )
        )
    return types


def unassigned(keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster]) -> list[ErrorType]:
    """Return the type of the keyphrases in no cluster, the most frequent first, or nothing where all are in one."""
    inside = {text for cluster in clusters for text in cluster.keyphrases}
    outside = Counter(sorted(k.keyphrase for k in keyphrases if k.keyphrase not in inside))
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
        )
    ]


def assign(
    keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster], types: Sequence[ErrorType]
) -> list[Assignment]:
    """Return one assignment for each keyphrase, in the same order, to the type of its cluster or to `unassigned`."""
    type_of = {text: kind.id for cluster, kind in zip(clusters, types, strict=True) for text in cluster.keyphrases}
    return [Assignment(k.bad_case_id, k.id, type_of.get(k.keyphrase, UNASSIGNED_ID)) for k in keyphrases]
