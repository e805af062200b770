"""Names of error types, each used once."""

from collections.abc import Collection, Iterator, Sequence
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
    """Return name and explanation of each cluster: those of the known type that it is, or else new ones.

    Only new types are put to the instructor, and only where the clustering method did not name them. A new name that
    another type has, of this iteration or an earlier one, is told apart by the most central keyphrase or a number.
    """
    new = [c for c, earlier in zip(clusters, matched, strict=True) if earlier is None]
    unnamed = [c for c in new if c.named is None]
    made = iter(instructor.name_types([c.keyphrases for c in unnamed]) if unnamed else [])
    taken = {UNASSIGNED, *(earlier.name.casefold() for earlier in known)}
    names = []
    for cluster, earlier in zip(clusters, matched, strict=True):
        if earlier is not None:
            names.append(NamedType(earlier.name, earlier.explanation))
            continue
        proposed = cluster.named or next(made)
        name = _free(proposed.name, cluster.keyphrases[0], taken)
        taken.add(name.casefold())
        names.append(NamedType(name, proposed.explanation))
    return names


def _free(name: str, keyphrase: str, taken: Collection[str]) -> str:
    return next(candidate for candidate in _candidates(name, keyphrase) if candidate.casefold() not in taken)


def _candidates(name: str, keyphrase: str) -> Iterator[str]:
    yield name
    if keyphrase.casefold() != name.casefold():
        yield f"{name} ({keyphrase})"
    yield from (f"{name} ({number})" for number in count(2))
