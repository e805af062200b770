"""What a question asks for, as something that two independent ways can answer."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from stages.instructor.symbolic.formulas.values import Value

POINT: tuple[Mapping[str, Value], ...] = ({},)
"""Where an answer without names is compared: one point, at which nothing is set."""


class Task(Protocol):
    """A question that was read.

    Attributes:
        frame: the answer with `@` for each of its values, as in `(@, @)`.
        points: where the values are compared; several if they have names in them.
        inner: values on the way to the answer, whose kind new numbers should keep.
        cost: 1, or more if a numeric answer takes long.
    """

    frame: str
    points: Sequence[Mapping[str, Value]]
    inner: Sequence[Value]
    cost: int

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


def joined(frame: str, written: Sequence[str]) -> str:
    """Fill a frame with values."""
    for value in written:
        frame = frame.replace("@", value, 1)
    return frame
