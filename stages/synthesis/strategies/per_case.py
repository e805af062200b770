"""Each bad case's own problem with its gold solution: the control for new problems of its error type."""

from stages.instructor.interface import Instructor
from stages.synthesis import reuse
from stages.synthesis.material import Material, examples
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
    """Draw bad cases."""
    wanted = params.amount.candidates
    return reuse.draw(examples(material.bad), wanted, material.history, known, strategy=params.strategy, seed=seed)
