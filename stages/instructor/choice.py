"""Choose the instructor that `instructor.provider` names."""

from stages.instructor.interface import Instructor, InstructorParams
from stages.instructor.language_model import LanguageModelInstructor
from stages.instructor.symbolic import SymbolicInstructor


def make(params: InstructorParams) -> Instructor:
    """Return the instructor."""
    if params.provider == "symbolic":
        return SymbolicInstructor()
    return LanguageModelInstructor(params.openai)
