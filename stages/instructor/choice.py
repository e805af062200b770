"""The table of instructors, and the one of a job, as `instructor.provider` and `instructor.providers` choose it.

An instructor is a folder with a class that offers what `interface.Instructor` asks for, with a name in `ProviderName`,
a line in `INSTRUCTORS` and, where it has settings, a field in `InstructorParams` for a section of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import KW_ONLY, field
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, model_validator

from stages.answers.final_answer import DEFAULT
from stages.core.params import section
from stages.instructor.interface import Instructor
from stages.instructor.language_model.instructor import open_instructor as open_served
from stages.instructor.local.instructor import NO_BATCHES, LocalTeacherParams
from stages.instructor.local.instructor import open_instructor as open_local
from stages.instructor.routing import RoutedInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.llm import settings
from stages.llm.completions import ChatClientParams
from stages.llm.settings import Settings

ProviderName = Literal["symbolic", "openai", "local"]
Job = Literal["keyphrases", "problems", "solutions"]


def _for_all_sets(value: Any) -> Any:
    return {DEFAULT: value} if isinstance(value, str) else value


def _without_sets(by_set: dict[str, ProviderName]) -> dict[str, ProviderName]:
    if not set(by_set) <= {DEFAULT}:
        raise ValueError("one provider solves the candidates of all sets; name it without sets")
    return by_set


BySet = Annotated[dict[str, ProviderName], BeforeValidator(_for_all_sets)]


@section
class JobProviders:
    """The `instructor.providers` section: of each job one provider, or, but for solutions, one by set and `default`.

    Attributes:
        keyphrases: of mistakes, and error types: their names, and forming them.
        problems: writing new ones, and solving them to verify them.
        solutions: solving accepted candidates.
    """

    _: KW_ONLY
    keyphrases: BySet = field(default_factory=dict)
    problems: BySet = field(default_factory=dict)
    solutions: Annotated[BySet, AfterValidator(_without_sets)] = field(default_factory=dict)


@section
class InstructorParams:
    """The params of `instructor` that change replies; `provider` is that of all that `providers` does not name."""

    provider: ProviderName
    providers: JobProviders
    openai: ChatClientParams
    local: LocalTeacherParams

    def by_set(self, job: Job) -> dict[str, ProviderName]:
        """Return a job's provider by problem set; that of sets without one is under `default`."""
        named: dict[str, ProviderName] = getattr(self.providers, job)
        return {**named, DEFAULT: named.get(DEFAULT, self.provider)}


@section
class InstructorSection(InstructorParams, Settings):
    """The whole `instructor` section, as `check_params` checks it."""

    @model_validator(mode="after")
    def _check_mode(self) -> Self:
        used = {provider for job in get_args(Job) for provider in self.by_set(job).values()}
        if "local" in used and self.mode == "batch":
            raise ValueError(NO_BATCHES)
        return self


INSTRUCTORS: dict[ProviderName, Callable[[Any], AbstractContextManager[Instructor]]] = {
    "symbolic": lambda _: nullcontext(SymbolicInstructor()),
    "openai": open_served,
    "local": open_local,
}
"""Each takes the provider's own section, or None where it has none, and ends what it started with the block."""


@contextmanager
def opened(params: InstructorParams, job: Job) -> Iterator[Instructor]:
    """Open the instructor of a job, for a block that ends when nothing more is asked.

    Raises:
        ParamsError: a key of `instructor` that no stage declares is wrong.
    """
    settings.load()
    by_set = params.by_set(job)
    with ExitStack() as stack:
        made = {
            name: stack.enter_context(INSTRUCTORS[name](getattr(params, name, None)))
            for name in dict.fromkeys(by_set.values())
        }
        yield made[by_set[DEFAULT]] if len(made) == 1 else RoutedInstructor({of: made[by_set[of]] for of in by_set})
