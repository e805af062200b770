"""The table of instructors, and the one that `instructor.provider` chooses.

An instructor is a folder with a class that offers what `interface.Instructor` asks for, with a name in `ProviderName`,
a line in `INSTRUCTORS` and a field in `InstructorParams` for its own section.
"""

from collections.abc import Callable
from dataclasses import field
from typing import Any, Literal, Self

from pydantic import model_validator

from stages.core.params import section
from stages.instructor.interface import Instructor
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor, SymbolicParams
from stages.llm import settings
from stages.llm.completions import ChatClientParams
from stages.llm.settings import Settings

ProviderName = Literal["symbolic", "openai"]


@section
class InstructorParams:
    """The params of `instructor` that change replies; a stage declares the chosen provider's own section alone."""

    provider: ProviderName
    symbolic: SymbolicParams | None = field(default=None, kw_only=True)
    openai: ChatClientParams | None = field(default=None, kw_only=True)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if getattr(self, self.provider) is None:
            raise ValueError(f"the section {self.provider} of the chosen provider is missing")
        return self


@section
class InstructorSection(InstructorParams, Settings):
    """The whole `instructor` section, as `check_params` checks it."""


INSTRUCTORS: dict[ProviderName, Callable[[Any], Instructor]] = {
    "symbolic": lambda _: SymbolicInstructor(),
    "openai": LanguageModelInstructor,
}
"""Each takes the provider's own section."""


def make(params: InstructorParams) -> Instructor:
    """Return the instructor.

    Raises:
        ParamsError: a key of `instructor` that no stage declares is wrong.
    """
    settings.load()
    return INSTRUCTORS[params.provider](getattr(params, params.provider))
