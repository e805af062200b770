"""What a clustering method gets besides the keyphrases and its settings, and what it returns."""

from dataclasses import dataclass, field
from typing import Any

from stages.instructor.interface import Instructor, NamedType

NOISE = -1  # the label of a keyphrase that belongs to no error type


@dataclass(frozen=True)
class Context:
    """What a method may draw on; a method uses what it needs."""

    seed: int
    instructor: Instructor


@dataclass(frozen=True)
class Partition:
    """Keyphrases in groups.

    Attributes:
        labels: of each keyphrase, 0, 1, ... or `NOISE`, integers of shape (n,).
        names: of the labels 0, 1, ..., where the method gives them; else empty.
        counts: what the method counted, by name.
    """

    labels: Any
    names: list[NamedType] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
