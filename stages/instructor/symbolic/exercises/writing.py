"""The exercise of a skill, with its worked solution."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from stages.answers.final_answer import MARKER
from stages.arithmetic.tokens import tokenize
from stages.instructor.symbolic.exercises import calculations, stories
from stages.instructor.symbolic.exercises.calculations import Worked
from stages.instructor.symbolic.exercises.numbers import size_of, write
from stages.instructor.symbolic.exercises.skills import Skill

_OPERATIONS = "+-*/"


@dataclass(frozen=True)
class Exercise:
    """A short problem; `solution` ends with its ``####`` line."""

    question: str
    solution: str
    answer: str


def write_exercise(skill: Skill, like: str, rng: random.Random) -> Exercise:
    """Write an exercise of a skill; its numbers are sized as the mistakes were, or as in the question `like`."""
    size = skill.size or _size_in(like, rng)
    question, lines, answer = FORMS[rng.choice(skill.forms)](skill, size, rng)
    return Exercise(question, "\n".join([*lines, f"{MARKER} {write(answer)}"]), write(answer))


def _size_in(question: str, rng: random.Random) -> str:
    """Return the size of one of a question's numbers."""
    values = [token.value for token in tokenize(question) if token.value is not None and token.value > 1]
    if not values:
        return "two-digit"
    value = rng.choice(values)
    return size_of([Decimal(value.numerator) / value.denominator])


def _calculation(skill: Skill, size: str, rng: random.Random) -> Worked:
    symbol = skill.symbol or rng.choice(_OPERATIONS)
    return calculations.chain(symbol, rng) if skill.steps == "ss" else calculations.calculation(symbol, size, rng)


def _story(skill: Skill, size: str, rng: random.Random) -> Worked:
    return stories.one_step(skill.symbol or rng.choice(_OPERATIONS), size, rng)


def _story_with_more(skill: Skill, size: str, rng: random.Random) -> Worked:
    return stories.one_step(skill.symbol or rng.choice(_OPERATIONS), size, rng, more=True)


def _two_steps(skill: Skill, size: str, rng: random.Random) -> Worked:
    symbol = skill.symbol or rng.choice(_OPERATIONS)
    return stories.two_steps([skill.steps.replace("s", symbol).replace("?", other) for other in _OPERATIONS], size, rng)


FORMS: dict[str, Callable[[Skill, str, random.Random], Worked]] = {
    "calculation": _calculation,
    "story": _story,
    "story with more": _story_with_more,
    "two steps": _two_steps,
    "percent": lambda _, __, rng: calculations.percentage(rng),
    "equation": lambda _, __, rng: calculations.equation(rng),
}
