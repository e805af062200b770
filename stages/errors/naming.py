"""Names of error types, each used once."""

from collections.abc import Iterator, Sequence
from itertools import count

from stages.core.records import UNASSIGNED, KnownType
from stages.errors.clustering import Cluster
from stages.instructor.interface import Instructor, NamedType


def name_clusters(
    clusters: Sequence[Cluster],
    matched: Sequence[KnownType | None],
    known: Sequence[KnownType],
    instructor: Instructor,
) -> list[NamedType]:
    """Return name and explanation of each cluster: those of its known type, or else new ones.

    The instructor names only new types that the clustering method did not name. A new name that another type has, in
    this iteration or an earlier one, is made unique by the most central keyphrase or a number.
    """
    new = [c for c, earlier in zip(clusters, matched, strict=True) if earlier is None]
    unnamed = [c for c in new if c.named is None]
    new_names = iter(instructor.name_types([c.keyphrases for c in unnamed]) if unnamed else [])
    taken = {UNASSIGNED, *(earlier.name.casefold() for earlier in known)}
    names = []
    for cluster, earlier in zip(clusters, matched, strict=True):
        if earlier is not None:
            names.append(NamedType(earlier.name, earlier.explanation))
            continue
        proposed = cluster.named or next(new_names)
        candidates = _candidates(proposed.name, cluster.keyphrases[0])
        name = next(candidate for candidate in candidates if candidate.casefold() not in taken)
        taken.add(name.casefold())
        names.append(NamedType(name, proposed.explanation))
    return names


def _candidates(name: str, keyphrase: str) -> Iterator[str]:
    yield name
    if keyphrase.casefold() != name.casefold():
        yield f"{name} ({keyphrase})"
    yield from (f"{name} ({number})" for number in count(2))
