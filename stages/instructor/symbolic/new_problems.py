"""The job of writing new problems: a bad case's question with new numbers, its solution recomputed, or an exercise.

The solution goes through the same chain of equations, or, where the answer is boxed as in MATH, two independent ways
from the question to its answer agree: every answer is right by construction.
"""

import random
from collections.abc import Sequence

from stages.answers.final_answer import is_boxed
from stages.arithmetic.renumbering import Renumbered, renumber
from stages.arithmetic.tracing import Refusal
from stages.instructor.interface import Draft, Example, SynthesisRequest
from stages.instructor.symbolic.exercises.skills import Skill, skill_of
from stages.instructor.symbolic.exercises.writing import write_exercise
from stages.instructor.symbolic.formulas.renumbering import renumber_formula


def drafts(request: SynthesisRequest) -> list[Draft]:
    """Renumber the demonstrations in turn until there are `count` drafts or failures, or write `count` exercises."""
    rng = random.Random(f"{request.id}:{request.seed}")
    shown = request.demonstrations
    skill = skill_of(request.error_type_name) if request.exercises else None
    if skill:
        return [_exercise(skill, shown, rng) for _ in range(request.count)]
    return [_draft(shown[i % len(shown)], rng) for i in range(request.count)]


def _exercise(skill: Skill, shown: Sequence[Example], rng: random.Random) -> Draft:
    written = write_exercise(skill, rng.choice(shown).question, rng)
    ids = tuple(example.id for example in shown)
    return Draft(written.question, written.solution, written.answer, ids, None, "construction", skill.name)


def _draft(example: Example, rng: random.Random) -> Draft:
    renumbered = _renumber(example, rng)
    if isinstance(renumbered, Refusal):
        return Draft("", "", "", (example.id,), renumbered.reason, "none")
    return Draft(renumbered.question, renumbered.solution, renumbered.answer, (example.id,), None, "construction")


def _renumber(example: Example, rng: random.Random) -> Renumbered | Refusal:
    if is_boxed(example.solution):
        return renumber_formula(example.question, example.answer, rng)
    return renumber(example.question, example.solution, example.answer, rng)
