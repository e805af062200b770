"""The interface of all instructors.

All jobs take and return whole lists, so that an instructor behind a network can work on many requests at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stages.core.metrics import Usage
from stages.core.records import Case, Keyphrase


@dataclass(frozen=True)
class NamedType:
    """The name of an error type, and its mistake in one sentence."""

    name: str
    explanation: str


@dataclass(frozen=True)
class Grouping:
    """Error types that an instructor formed.

    Attributes:
        types: the types.
        members: the distinct keyphrases of each type, in the order of `types`; each in at most one type.
        dropped: keyphrases in no type.
        repeated: keyphrases in several types; the first one counts.
        invented: keyphrases that were not among those given.
    """

    types: list[NamedType]
    members: list[list[str]]
    dropped: list[str]
    repeated: list[str]
    invented: list[str]


@dataclass(frozen=True)
class Example:
    """A problem of the set `set` with its worked solution, as shown to an instructor."""

    id: str
    question: str
    solution: str
    answer: str
    set: str


@dataclass(frozen=True)
class SynthesisRequest:
    """Ask for `count` new problems of one error type, shown by bad cases of that type.

    Attributes:
        id: unique in a run, and equal in an equal run: a hash of the error type's id, the seed, the count, the ids of
            the examples, and the number of demonstrations drawn before. Requests with the same examples differ in it,
            so that an instructor can answer them differently.
        error_type_id: of the type, or empty where the strategy knows no types.
        error_type_name: of the type, or empty.
        error_type_explanation: of the type, or empty.
        demonstrations: problems of that type which the model got wrong.
        accepted: new problems of that type, accepted before.
        count: problems asked for.
        seed: of the sampling.
        exercises: whether short exercises of the skill behind the error are asked for, and no whole problems.
    """

    id: str
    error_type_id: str
    error_type_name: str
    error_type_explanation: str
    demonstrations: tuple[Example, ...]
    accepted: tuple[Example, ...]
    count: int
    seed: int
    exercises: bool = False


@dataclass(frozen=True)
class Draft:
    """A problem as the instructor wrote it, unchecked; `failure` is the reason where it wrote none.

    `certificate` is what stands for its answer before it is verified: `construction`, `gold` or `none`, and `skill`
    what an exercise practises, as in `Candidate`.
    """

    question: str
    solution: str
    answer: str
    demonstration_ids: tuple[str, ...]
    failure: str | None
    certificate: str
    skill: str | None = None


@dataclass(frozen=True)
class Attempt:
    """A try at a problem; `truncated` where its text was cut, `failure` the reason where there is none."""

    text: str
    truncated: bool
    failure: str | None


class Instructor(Protocol):
    """A teacher.

    Attributes:
        solves: whether it solves problems, so that its own are verified by independent solutions.
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

    def has_exercises(self, error_type_name: str) -> bool:
        """Tell whether it writes exercises for an error type of that name."""

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Write new problems for each request, in the same order; drafts that failed say why."""

    def corrections(self, cases: Sequence[Case]) -> list[Draft]:
        """Correct each bad case, in the same order: its own problem, its output up to the first mistake, and the rest.

        A draft that failed says why.
        """

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[Attempt]]:
        """Solve each question `samples` times, independently.

        An instructor that solves nothing returns an empty list for each question.
        """

    def usage(self) -> Usage | None:
        """Return the usage of all replies so far, or None for an instructor that costs nothing."""
