"""Each bad case's own problem with a correct solution: the control for new problems of its error type."""

from collections.abc import Sequence
from dataclasses import replace

from stages.core.files import content_id
from stages.core.records import Candidate
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Instructor
from stages.synthesis import reuse
from stages.synthesis.checks import faults
from stages.synthesis.material import Material, examples
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Synthesized
from stages.synthesis.settings import StrategyParams


def synthesize(
    params: StrategyParams, material: Material, known: NoveltyIndex, instructor: Instructor, seed: int
) -> Synthesized:
    """Draw bad cases; the instructor's solution replaces the gold one where it is correct and passes the checks."""
    drawn = reuse.draw(
        examples(material.bad), params.amount.candidates, material.history, known, strategy=params.strategy, seed=seed
    )
    solved = instructor.solve([candidate.question for candidate in drawn.accepted], 1, seed)
    accepted = [_with_solution(candidate, texts) for candidate, texts in zip(drawn.accepted, solved, strict=True)]
    return replace(drawn, accepted=accepted)


def _with_solution(candidate: Candidate, texts: Sequence[str]) -> Candidate:
    for text in texts:
        correct = grade(candidate.answer, text).verdict is Verdict.CORRECT
        if correct and not faults(candidate.question, text, candidate.answer):
            return replace(candidate, id=content_id(candidate.question, text), solution=text)
    return candidate
