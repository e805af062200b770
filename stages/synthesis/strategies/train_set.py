"""Training problems as they are: the control for new problems."""

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
    """Draw training problems with their gold solutions."""
    wanted = params.amount.candidates
    return reuse.draw(examples(material.problems), wanted, material.history, known, strategy=params.strategy, seed=seed)
