"""The job of writing new problems: a bad case's question with new numbers, its solution recomputed.

The solution goes through the same chain of equations, so that every answer is right by construction.
"""

import random

from stages.arithmetic.renumbering import renumber
from stages.arithmetic.tracing import Refusal
from stages.instructor.interface import Draft, Example, SynthesisRequest


def drafts(request: SynthesisRequest) -> list[Draft]:
    """Renumber the demonstrations in turn until there are `count` drafts or failures."""
    rng = random.Random(f"{request.id}:{request.seed}")
    shown = request.demonstrations
    return [_draft(shown[i % len(shown)], rng) for i in range(request.count)]


def _draft(example: Example, rng: random.Random) -> Draft:
    renumbered = renumber(example.question, example.solution, example.answer, rng)
    if isinstance(renumbered, Refusal):
        return Draft("", "", "", (example.id,), renumbered.reason, "none")
    return Draft(renumbered.question, renumbered.solution, renumbered.answer, (example.id,), None, "construction")
