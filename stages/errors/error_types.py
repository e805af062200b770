"""From clusters of keyphrases to error types, and from each bad case to its type."""

from collections.abc import Sequence

from stages.errors.clustering import CENTRAL, Cluster
from stages.pipeline.files import content_id
from stages.pipeline.records import Assignment, ErrorType, Keyphrase


def to_error_types(
    keyphrases: Sequence[Keyphrase], clusters: Sequence[Cluster]
) -> tuple[list[ErrorType], list[Assignment]]:
    """Return the error types, the largest first, and one assignment for each keyphrase, in the same order.

    A type is named by its most central keyphrase; its id depends on the bad cases that belong to it.
    """
    index_of = {text: i for i, cluster in enumerate(clusters) for text in cluster.keyphrases}
    members: list[list[Keyphrase]] = [[] for _ in clusters]
    for keyphrase in keyphrases:
        members[index_of[keyphrase.keyphrase]].append(keyphrase)
    types = [_error_type(cluster, group, len(keyphrases)) for cluster, group in zip(clusters, members, strict=True)]
    assignments = [
        Assignment(keyphrase.bad_case_id, keyphrase.id, types[index_of[keyphrase.keyphrase]].id)
        for keyphrase in keyphrases
    ]
    return sorted(types, key=lambda t: (-t.size, t.name)), assignments


def _error_type(cluster: Cluster, group: list[Keyphrase], total: int) -> ErrorType:
    name = cluster.keyphrases[0]
    return ErrorType(
        id=content_id(name, *sorted(keyphrase.bad_case_id for keyphrase in group)),
        name=name,
        size=len(group),
        share=round(len(group) / total, 4),
        central_keyphrases=cluster.keyphrases[:CENTRAL],
        silhouette=cluster.silhouette,
    )
