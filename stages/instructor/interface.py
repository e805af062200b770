"""What an instructor does for the pipeline, whoever it is.

All jobs take and return whole lists, so that a teacher behind a network can work on many requests at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from stages.instructor.chat_client import ChatClientParams
from stages.pipeline.records import Case, Keyphrase


@dataclass(frozen=True)
class InstructorParams:
    """The `instructor` section; `openai` is read for that provider alone."""

    provider: Literal["symbolic", "openai"]
    openai: ChatClientParams


@dataclass(frozen=True)
class SynthesisRequest:
    """Ask for `count` new problems of one error type, shown by bad cases of that type.

    `id` depends on everything in the request, `seed` among it; the same id asks for the same problems.
    """

    id: str
    error_type_id: str
    error_type_name: str
    demonstrations: tuple[Case, ...]
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
    """A teacher."""

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Name the reason of the first mistake of each bad case, one keyphrase a case, in the same order."""

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Write new problems for each request, in the same order; drafts that failed say why."""
