"""What an instructor does for the pipeline, whoever it is.

All jobs take and return whole lists, so that a teacher behind a network can work on many requests at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stages.core.metrics import Usage
from stages.core.records import Case, Keyphrase


@dataclass(frozen=True)
class NamedType:
    """What an error type is called, and in one sentence what goes wrong in it."""

    name: str
    explanation: str


@dataclass(frozen=True)
class Grouping:
    """Error types that an instructor formed itself.

    Attributes:
        types: the types.
        members: the distinct keyphrases of each type, in the order of `types`; each stands in one type at most.
        dropped: keyphrases that it put into no type.
        repeated: keyphrases that it put into several types; the first one counts.
        invented: keyphrases that it wrote and nobody gave it.
    """

    types: list[NamedType]
    members: list[list[str]]
    dropped: list[str]
    repeated: list[str]
    invented: list[str]


@dataclass(frozen=True)
class Example:
    """A problem with its worked solution, as shown to an instructor."""

    id: str
    question: str
    solution: str
    answer: str


@dataclass(frozen=True)
class SynthesisRequest:
    """Ask for `count` new problems of one error type, shown by bad cases of that type.

    Attributes:
        id: unique in a run, and the same in an equal run: a hash of the error type's id, the seed, the count, the ids
            of the examples, and how many demonstrations were drawn for that type so far. Two requests that show the
            same examples differ in it, so that an instructor can answer them differently.
        error_type_id: of the type, or empty where the strategy knows no types.
        error_type_name: of the type, or empty.
        error_type_explanation: of the type, or empty.
        demonstrations: problems of that type which the model got wrong.
        accepted: new problems of that type which were accepted before.
        count: problems asked for.
        seed: of the sampling.
    """

    id: str
    error_type_id: str
    error_type_name: str
    error_type_explanation: str
    demonstrations: tuple[Example, ...]
    accepted: tuple[Example, ...]
    count: int
    seed: int


@dataclass(frozen=True)
class Draft:
    """A new problem as the instructor wrote it, unchecked, or the reason why it wrote none (`failure`)."""

    question: str
    solution: str
    answer: str
    demonstration_ids: tuple[str, ...]
    failure: str | None


class Instructor(Protocol):
    """A teacher.

    Attributes:
        solves: whether it solves problems, so that what it writes is to be verified by independent solutions.
    """

    solves: bool

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Name the reason of the first mistake of each bad case, one keyphrase a case, in the same order."""

    def name_types(self, groups: Sequence[Sequence[str]]) -> list[NamedType]:
        """Name the error type of each group of keyphrases, the most central first, in the same order."""

    def group_keyphrases(self, keyphrases: Sequence[str]) -> Grouping:
        """Form error types of distinct keyphrases.

        Raises:
            ParamsError: this instructor cannot.
        """

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Write new problems for each request, in the same order; drafts that failed say why."""

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[str]]:
        """Solve each question independently, `samples` times; a text for each solution, which grading reads.

        A sample that failed is missing; an instructor that solves nothing returns an empty list for each question.
        """

    def usage(self) -> Usage | None:
        """Return what the replies cost that were used so far, or None where nothing is ever paid for."""
