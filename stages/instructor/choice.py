"""Choose the instructor that `instructor.provider` names."""

from stages.core.exceptions import ParamsError
from stages.instructor.interface import Instructor, InstructorParams
from stages.instructor.language_model.instructor import LanguageModelInstructor
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.llm import settings


def make(params: InstructorParams) -> Instructor:
    """Return the instructor.

    Raises:
        ParamsError: the section of the provider is missing, or a key of `instructor` that no stage declares is wrong.
    """
    settings.load()
    if params.provider == "symbolic" and params.symbolic is not None:
        return SymbolicInstructor(params.symbolic)
    if params.provider == "openai" and params.openai is not None:
        return LanguageModelInstructor(params.openai)
    raise ParamsError(f"params.yaml: missing key `instructor.{params.provider}`")
