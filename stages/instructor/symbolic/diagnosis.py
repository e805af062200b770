"""The jobs of naming a mistake and explaining its kind, from the equations of the output and of the gold solution."""

from collections.abc import Sequence

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.explanations import explain
from stages.arithmetic.mistakes import find_first_mistake
from stages.core.files import content_id
from stages.core.records import Case, Keyphrase
from stages.instructor.interface import NamedType


def keyphrase(case: Case) -> Keyphrase:
    """Name the first mistake of a case."""
    mistake = find_first_mistake(case.question, case.solution, without_thoughts(case.output))
    return Keyphrase(
        id=content_id(case.id, mistake.keyphrase),
        bad_case_id=case.id,
        keyphrase=mistake.keyphrase,
        line=mistake.line,
        quote=mistake.quote,
        detail=mistake.detail,
        failure=None,
        set=case.set,
    )


def named_type(group: Sequence[str]) -> NamedType:
    """Name a group of keyphrases by its most central one, the first, and explain that kind of mistake."""
    return NamedType(group[0], explain(group[0]))
