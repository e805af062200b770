"""What a question asks for, as something that two independent ways can answer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from stages.instructor.symbolic.formulas.values import Value

POINT: tuple[Mapping[str, Value], ...] = ({},)
"""Where an answer without names is compared: one point, at which nothing is set."""


class Task(Protocol):
    """A question that was read."""

    @property
    def frame(self) -> str:
        """The answer with `@` for each of its values, as in `(@, @)`."""

    @property
    def points(self) -> Sequence[Mapping[str, Value]]:
        """Where the values are compared; several points if they have names in them."""

    @property
    def inner(self) -> Sequence[Value]:
        """Values on the way to the answer, whose kind new numbers should keep."""

    @property
    def cost(self) -> int:
        """1, or more if a numeric answer takes long."""

    def exact(self) -> list[Any]:
        """Return the values of the answer by SymPy, or as text where they are no numbers.

        Raises:
            UnsolvedError: not within its bounds, or not one answer.
        """

    def numeric(self) -> list[list[Value]]:
        """Return the values of the answer at each point by plain arithmetic.

        Raises:
            UndefinedError: there are none, or not one answer.
            UnreadableError: a formula has no single reading.
        """

    def work(self, written: Sequence[str]) -> list[str]:
        """Return the lines that lead to the values, which are `written` so."""
