"""A task whose two ways and whose work are functions of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas.task import POINT
from stages.instructor.symbolic.formulas.values import Value


@dataclass
class Computed:
    """Values by SymPy and by hand; by hand, a tuple has the value at each of the `points`."""

    by_sympy: Callable[[], Sequence[Any]]
    by_hand: Callable[[], Sequence[Value]]
    lines: Callable[[Sequence[str]], list[str]]
    frame: str = "@"
    points: Sequence[Mapping[str, Value]] = POINT
    cost: int = 1
    inner: Sequence[Value] = ()

    def exact(self) -> list[Any]:
        from sympy import sympify

        return [value if isinstance(value, str) else sympify(value) for value in self.by_sympy()]

    def numeric(self) -> list[list[Value]]:
        values = [Fraction(value) if isinstance(value, int) else value for value in self.by_hand()]
        return [list(value) if isinstance(value, tuple) else [value] for value in values]

    def work(self, written: Sequence[str]) -> list[str]:
        return self.lines(written)
