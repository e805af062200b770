"""New problems shown by training problems drawn at random, right or wrong: the control for error types."""

from stages.instructor.interface import Instructor
from stages.synthesis import self_instruct
from stages.synthesis.material import Material, examples
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Synthesized
from stages.synthesis.settings import StrategyParams


def synthesize(
    params: StrategyParams, material: Material, known: NoveltyIndex, instructor: Instructor, seed: int
) -> Synthesized:
    """Write new problems of topics without a name, their demonstrations from all training problems."""
    material.add_past_questions(known)
    topics = self_instruct.topics_by_set(params.strategy, "", "", examples(material.problems), params.amount.candidates)
    return self_instruct.synthesize(
        instructor, topics, known, params.amount, params.verification, strategy=params.strategy, seed=seed
    )
