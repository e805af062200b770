"""Problems that the target solves already, with its own right solutions: the control for new problems.

What it gains shows what format and an end alone bring: there is no mathematics in it that the target lacks.
"""

from stages.core.records import Case
from stages.instructor.interface import Example, Instructor
from stages.synthesis import reuse
from stages.synthesis.material import Material
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Synthesized
from stages.synthesis.settings import StrategyParams


def synthesize(
    params: StrategyParams,
    material: Material,
    known: NoveltyIndex,
    instructor: Instructor,  # noqa: ARG001  the signature of all strategies
    seed: int,
) -> Synthesized:
    """Draw good cases whose outputs were not cut."""
    own = [_own_solution(case) for case in material.good if not case.truncated]
    return reuse.draw(own, params.amount.candidates, material.history, known, strategy=params.strategy, seed=seed)


def _own_solution(case: Case) -> Example:
    return Example(case.id, case.question, case.output.strip(), case.answer, case.set)
