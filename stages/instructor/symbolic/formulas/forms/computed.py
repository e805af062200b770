"""A task whose two ways and whose work are functions of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stages.instructor.symbolic.formulas.task import POINT
from stages.instructor.symbolic.formulas.values import Value


@dataclass
class Computed:
    """One or several values by SymPy and by hand."""

    by_sympy: Callable[[], list[Any]]
    by_hand: Callable[[], list[Value]]
    lines: Callable[[Sequence[str]], list[str]]
    frame: str = "@"
    inner: Sequence[Value] = ()
    cost: int = 1
    points: Sequence[Mapping[str, Value]] = POINT

    def exact(self) -> list[Any]:
        return self.by_sympy()

    def numeric(self) -> list[list[Value]]:
        return [[value] for value in self.by_hand()]

    def work(self, written: Sequence[str]) -> list[str]:
        return self.lines(written)
