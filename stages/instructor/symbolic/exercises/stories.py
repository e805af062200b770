"""Stories of one step or two about quantities, from the situations of `stories.yaml`."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from stages.instructor.symbolic.exercises.calculations import Worked, apply
from stages.instructor.symbolic.exercises.numbers import draw, write

_FILE = Path(__file__).with_name("stories.yaml")
_SLOT = re.compile(r"\{(\$?)(\w+)(\$?)\}")
_ATTEMPTS = 200
_LARGEST = 30_000
_OBJECTS = {"he": "him", "she": "her"}


@dataclass(frozen=True)
class Situation:
    """A situation of `stories.yaml`; `steps` are triples such as ("a", "*", "b"), and then ("x", "+", "c")."""

    steps: tuple[tuple[str, str, str], ...]
    facts: str
    ask: str
    says: tuple[str, ...]
    most: Mapping[str, int] = field(default_factory=dict)
    decimal: bool = False
    whole: frozenset[str] = frozenset()

    @property
    def symbols(self) -> str:
        """The operations in their order, such as `*+`."""
        return "".join(symbol for _, symbol, _ in self.steps)


@dataclass(frozen=True)
class Situations:
    """All situations, and the words that fill them."""

    one_step: list[Situation]
    two_steps: list[Situation]
    besides: list[str]
    words: dict[str, Any]


@cache
def situations() -> Situations:
    """Read the situations."""
    content = yaml.safe_load(_FILE.read_text())
    one_step, two_steps = ([_situation(one) for one in content[name]] for name in ("one_step", "two_steps"))
    return Situations(one_step, two_steps, content["besides"], content["words"])


def _situation(given: dict[str, Any]) -> Situation:
    steps = [tuple(step.split()) for step in given.pop("steps").split(",")]
    says = given.pop("says")
    whole = frozenset(given.pop("whole", ()))
    return Situation(tuple(steps), says=tuple([says] if isinstance(says, str) else says), whole=whole, **given)


def one_step(symbol: str, size: str, rng: random.Random, *, more: bool = False) -> Worked:
    """Return a story of one step; with `more`, one with a number that the question does not need."""
    known = [one for one in situations().one_step if one.symbols == symbol]
    return _told(*_drawn(known, size, rng), rng, more=more)


def two_steps(symbols: Sequence[str], size: str, rng: random.Random) -> Worked:
    """Return a story of two steps, whose operations are one of the pairs, such as `*+`."""
    known = [one for one in situations().two_steps if one.symbols in symbols]
    return _told(*_drawn(known, size, rng), rng, more=False)


def _drawn(known: Sequence[Situation], size: str, rng: random.Random) -> tuple[Situation, dict[str, Decimal]]:
    """Draw a situation and numbers that go with each other, smaller ones where none of that size do."""
    for tried in (size, "two-digit", "one-digit"):
        fitting = [one for one in known if one.decimal or tried != "decimal"]
        for _ in range(_ATTEMPTS if fitting else 0):
            situation = rng.choice(fitting)
            values = _values(situation, tried, rng)
            if values and _fits(situation, values):
                return situation, values
    raise AssertionError(f"no situation for {size} numbers among {known}")


def _values(situation: Situation, size: str, rng: random.Random) -> dict[str, Decimal] | None:
    """Draw the numbers of a situation; None where they do not go with each other."""
    (_, first, _), *others = situation.steps
    a, b = draw(first, size, rng)
    values = {"a": a, "b": b, "x": apply(first, a, b)}
    if not others:
        return values
    left, second, _ = others[0]
    third = _third(values["x"], second, is_paid=left == "c", rng=rng)
    if third is None:
        return None
    operands = (third, values["x"]) if left == "c" else (values["x"], third)
    values |= {"c": third, "y": apply(second, *operands)}
    is_exact = second != "/" or values["y"] * third == values["x"]
    return values if is_exact and (size == "decimal" or values["y"] % 1 == 0) and values["y"] < _LARGEST else None


def _third(between: Decimal, symbol: str, *, is_paid: bool, rng: random.Random) -> Decimal | None:
    """Draw the number that goes with the result of the first step; None where there is none."""
    if is_paid:
        return _paid(between)
    if symbol in "*/":
        return Decimal(rng.randint(2, 12))
    largest = int(between) - 2 if symbol == "-" else max(3, int(between))
    return Decimal(rng.randint(2, largest)) if largest >= 2 else None


def _paid(price: Decimal) -> Decimal:
    """Return the round amount that a price is paid with."""
    note = next(
        note for note in (5, 10, 20, 50, 100, 500, 1000, 5000, 10_000, 50_000) if note > price or note == 50_000
    )
    return Decimal(note)


def _fits(situation: Situation, values: Mapping[str, Decimal]) -> bool:
    if any(value < 2 for value in values.values()) or values.get("c") == values["b"]:
        return False
    if any(values[name] > most for name, most in situation.most.items()):
        return False
    has_to_be_whole = values if not situation.decimal else situation.whole
    cents = all(value * 100 % 1 == 0 for value in values.values())
    return cents and all(values[name] % 1 == 0 for name in has_to_be_whole)


def _told(situation: Situation, values: Mapping[str, Decimal], rng: random.Random, *, more: bool) -> Worked:
    words = _words(rng)
    numbers = {name: value for name, value in values.items() if name in "abc"}
    facts = _fill(situation.facts, words, numbers)
    if more:
        shown = {*values.values()}
        other = rng.choice([Decimal(n) for n in range(2, 60) if Decimal(n) not in shown])
        facts = f"{facts} {_fill(rng.choice(situations().besides), words, {'n': other})}"
    lines, so_far = [], dict(values)
    for says, (left, symbol, right) in zip(situation.says, situation.steps, strict=True):
        operands = so_far[left], so_far[right]
        so_far["x"] = apply(symbol, *operands)
        lines.append(_fill(says, words, numbers, _equation(symbol, *operands, money="{eq$}" in says)))
    return f"{facts} {_fill(situation.ask, words, numbers)}", lines, so_far["x"]


def _equation(symbol: str, left: Decimal, right: Decimal, *, money: bool) -> str:
    result = write(apply(symbol, left, right), money=money)
    return f"{write(left)} {symbol} {write(right)} = {'$' * money}{result}"


def _words(rng: random.Random) -> dict[str, str]:
    given = situations().words
    people = [(name, pronoun) for pronoun, names in given["people"].items() for name in names]
    (first, he), (second, _) = rng.sample(people, 2)
    things, others = rng.sample(given["things"], 2)
    red, blue, green = rng.choice(given["kinds"])
    return {
        "A": first,
        "B": second,
        "he": he,
        "He": he.capitalize(),
        "him": _OBJECTS[he],
        "things": things,
        "others": others,
        "boxes": rng.choice(given["boxes"]),
        "place": rng.choice(given["places"]),
        "red": red,
        "blue": blue,
        "green": green,
    }


def _fill(text: str, words: Mapping[str, str], numbers: Mapping[str, Decimal], equation: str = "") -> str:
    def value(slot: re.Match[str]) -> str:
        before, name, _ = slot.groups()
        if name == "eq":
            return equation
        if name in numbers:
            return f"{before}{write(numbers[name], money=bool(before))}"
        return words[name]

    filled = _SLOT.sub(value, text)
    return filled[0].upper() + filled[1:]
