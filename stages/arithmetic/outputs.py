"""A model's output, line by line: its steps, its equations, and the numbers its prose brings in."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from stages.arithmetic.answers import stated_answer
from stages.arithmetic.equations import Equation, read_equations, step_number
from stages.arithmetic.expressions import numbers
from stages.arithmetic.tokens import tokenize

_FIRST_UNUSUAL = 13


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the number of its step, its equations, and the unusual numbers that no equation there computes.

    A number is unusual if it is 13 or more or not whole; below that, counting words say too little.
    """

    step: int
    text: str
    equations: tuple[Equation, ...]
    mentions: tuple[Fraction, ...]

    def says(self, value: Fraction) -> bool:
        """Return whether the line contains the value as a number."""
        return any(token.value == value for token in tokenize(self.text))


@dataclass(frozen=True, slots=True)
class Output:
    lines: tuple[Line, ...]
    answer: Fraction | None

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(equation for line in self.lines for equation in line.equations)


def read_output(text: str) -> Output:
    """Read an output of any quality; what is not arithmetic is skipped."""
    lines = text.split("\n")
    by_line: dict[int, list[Equation]] = {}
    for equation in read_equations(text):
        by_line.setdefault(equation.line, []).append(equation)
    offsets = accumulate((len(line) + 1 for line in lines[:-1]), initial=0)
    steps = _steps(lines)
    read = (
        Line(step, line, tuple(by_line.get(index, ())), _mentions(line, offset, by_line.get(index, ())))
        for index, (line, step, offset) in enumerate(zip(lines, steps, offsets, strict=True))
    )
    return Output(tuple(read), stated_answer(text))


def _steps(lines: Sequence[str]) -> list[int]:
    """Number the lines by their own labels, or else by counting those that are not blank."""
    labels = [step_number(line) for line in lines]
    labelled = sum(label is not None for label in labels) >= 2
    steps, current = [], 0
    for line, label in zip(lines, labels, strict=True):
        if labelled:
            current = label if label is not None else max(current, 1)
        elif line.strip() or not current:
            current += 1
        steps.append(current)
    return steps


def _mentions(line: str, offset: int, equations: Sequence[Equation]) -> tuple[Fraction, ...]:
    computed = {number.start - offset for equation in equations for number in numbers(equation.right)}
    stated = {equation.stated for equation in equations}
    label = step_number(line)
    return tuple(
        token.value
        for index, token in enumerate(tokenize(line))
        if token.value is not None
        and (token.value >= _FIRST_UNUSUAL or token.value.denominator > 1)
        and token.start not in computed
        and token.value not in stated
        and not (label == token.value and index < 2)
    )
