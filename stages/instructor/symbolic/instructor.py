"""The symbolic instructor: a teacher with a narrow subject, the arithmetic of worked solutions.

It needs no model, no key and no network. It names a mistake by aligning the model's equations with those of the gold
solution, and it writes a new problem by giving a bad case's question new numbers and recomputing its solution through
the same chain of equations, so that every answer is right by construction. Like a teacher who sees that a step was too
large, it may take the calculations of the new solution apart.
"""

import random
from collections.abc import Sequence

from stages.arithmetic.explanations import explain
from stages.arithmetic.mistakes import find_first_mistake
from stages.arithmetic.renumbering import Refusal, renumber
from stages.arithmetic.small_steps import in_small_steps
from stages.core.exceptions import ParamsError
from stages.core.files import content_id
from stages.core.records import Case, Keyphrase
from stages.instructor.interface import Draft, Example, Grouping, NamedType, SymbolicParams, SynthesisRequest


class SymbolicInstructor:
    """Offers what `stages.instructor.interface.Instructor` asks for."""

    def __init__(self, params: SymbolicParams) -> None:
        self._params = params

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Name the first mistake of each case."""
        return [_keyphrase(case) for case in cases]

    def name_types(self, groups: Sequence[Sequence[str]]) -> list[NamedType]:
        """Call each group by its most central keyphrase, and explain the kind of mistake that this is."""
        return [NamedType(group[0], explain(group[0])) for group in groups]

    def group_keyphrases(self, keyphrases: Sequence[str]) -> Grouping:
        """Refuse: to see which mistakes belong together takes a language model, or embeddings.

        Raises:
            ParamsError: always.
        """
        raise ParamsError(
            f"params.yaml: the symbolic instructor cannot group {len(keyphrases)} keyphrases into error types; "
            "set `instructor.provider: openai`, or another `cluster_keyphrases.method`"
        )

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Renumber the demonstrations of each request in turn until `count` drafts or failures are reached."""
        return [self._drafts(request) for request in requests]

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[str]]:  # noqa: ARG002
        """Return no solutions: it recomputes worked solutions and cannot find one."""
        return [[] for _ in questions]

    def _drafts(self, request: SynthesisRequest) -> list[Draft]:
        rng = random.Random(f"{request.id}:{request.seed}")
        shown = request.demonstrations
        return [self._draft(shown[i % len(shown)], rng) for i in range(request.count)]

    def _draft(self, example: Example, rng: random.Random) -> Draft:
        made = renumber(example.question, example.solution, example.answer, rng)
        if isinstance(made, Refusal):
            return Draft("", "", "", (example.id,), made.reason)
        solution = in_small_steps(made.solution) if self._params.steps == "small" else made.solution
        return Draft(made.question, solution, made.answer, (example.id,), None)

    def usage(self) -> None:
        """Return None: it costs nothing."""


def _keyphrase(case: Case) -> Keyphrase:
    mistake = find_first_mistake(case.question, case.solution, case.output)
    return Keyphrase(
        id=content_id(case.id, mistake.keyphrase),
        bad_case_id=case.id,
        keyphrase=mistake.keyphrase,
        step=mistake.step,
        detail=mistake.detail,
        failure=None,
    )
