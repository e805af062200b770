"""The symbolic instructor: a teacher with a narrow subject, the arithmetic of worked solutions.

It needs no model, no key and no network. What it writes is right by construction.
"""

from collections.abc import Sequence

from stages.core.exceptions import ParamsError
from stages.core.records import Case, Keyphrase
from stages.instructor.interface import Attempt, Draft, Grouping, NamedType, SynthesisRequest
from stages.instructor.symbolic import corrections, diagnosis, new_problems
from stages.instructor.symbolic.exercises.skills import skill_of


class SymbolicInstructor:
    """An `Instructor` that costs nothing."""

    solves = False

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Name the first mistake of each case."""
        return [diagnosis.keyphrase(case) for case in cases]

    def name_types(self, groups: Sequence[Sequence[str]]) -> list[NamedType]:
        """Name each group by its most central keyphrase, and explain that kind of mistake."""
        return [diagnosis.named_type(group) for group in groups]

    def group_keyphrases(self, keyphrases: Sequence[str]) -> Grouping:
        """Refuse: grouping takes a language model or embeddings.

        Raises:
            ParamsError: always.
        """
        raise ParamsError(
            f"params.yaml: the symbolic instructor cannot group {len(keyphrases)} keyphrases into error types; "
            "set `instructor.providers.keyphrases: openai`, or another `cluster_keyphrases.method`"
        )

    def has_exercises(self, error_type_name: str) -> bool:
        """Tell whether the name of an error type is a keyphrase that says which skill is missing."""
        return skill_of(error_type_name) is not None

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Renumber the demonstrations of each request in turn, or write exercises of its error type's skill."""
        return [new_problems.drafts(request) for request in requests]

    def corrections(self, cases: Sequence[Case]) -> list[Draft]:
        """Correct each case by its equations and those of its gold solution."""
        return [corrections.draft(case) for case in cases]

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[Attempt]]:  # noqa: ARG002
        """Return no solutions: it recomputes worked solutions and cannot find one."""
        return [[] for _ in questions]

    def usage(self) -> None:
        """Return None: it costs nothing."""
