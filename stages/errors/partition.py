"""The context that a clustering method gets besides keyphrases and params, and the partition that it returns."""

from dataclasses import dataclass, field
from typing import Any

from stages.instructor.interface import Instructor, NamedType

NOISE = -1  # the label of a keyphrase that belongs to no error type


@dataclass(frozen=True)
class Context:
    """All that a method may need besides keyphrases and params."""

    seed: int
    instructor: Instructor


@dataclass(frozen=True)
class Partition:
    """A partition of keyphrases into error types.

    Attributes:
        labels: of each keyphrase, 0, 1, ... or `NOISE`, integers of shape (n,).
        names: of the labels 0, 1, ..., where the method gives them; else empty.
        counts: counts of the method, by name.
    """

    labels: Any
    names: list[NamedType] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
