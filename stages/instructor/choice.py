"""The table of instructors, and the one that `instructor.provider` chooses.

An instructor is a folder with a class that offers what `interface.Instructor` asks for, with a name in `ProviderName`,
a line in `INSTRUCTORS` and a field in `InstructorParams` for its own section.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import field
from typing import Any, Literal, Self

from pydantic import model_validator

from stages.core.params import section
from stages.instructor.interface import Instructor
from stages.instructor.language_model.instructor import open_instructor as open_served
from stages.instructor.local.instructor import NO_BATCHES, LocalTeacherParams
from stages.instructor.local.instructor import open_instructor as open_local
from stages.instructor.symbolic.instructor import SymbolicInstructor, SymbolicParams
from stages.llm import settings
from stages.llm.completions import ChatClientParams
from stages.llm.settings import Settings

ProviderName = Literal["symbolic", "openai", "local"]


@section
class InstructorParams:
    """The params of `instructor` that change replies; a stage declares the chosen provider's own section alone."""

    provider: ProviderName
    symbolic: SymbolicParams | None = field(default=None, kw_only=True)
    openai: ChatClientParams | None = field(default=None, kw_only=True)
    local: LocalTeacherParams | None = field(default=None, kw_only=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if getattr(self, self.provider) is None:
            raise ValueError(f"the section {self.provider} of the chosen provider is missing")
        return self


@section
class InstructorSection(InstructorParams, Settings):
    """The whole `instructor` section, as `check_params` checks it."""

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        if self.provider == "local" and self.mode == "batch":
            raise ValueError(NO_BATCHES)
        return self


INSTRUCTORS: dict[ProviderName, Callable[[Any], AbstractContextManager[Instructor]]] = {
    "symbolic": lambda _: nullcontext(SymbolicInstructor()),
    "openai": open_served,
    "local": open_local,
}
"""Each takes the provider's own section, and ends what it started with the block."""


def opened(params: InstructorParams) -> AbstractContextManager[Instructor]:
    """Return the instructor, for a block that ends when nothing more is asked.

    Raises:
        ParamsError: a key of `instructor` that no stage declares is wrong.
    """
    settings.load()
    return INSTRUCTORS[params.provider](getattr(params, params.provider))
