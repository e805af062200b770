"""Whole numbers as questions write them."""

from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError

LARGEST = 10**7


def whole(text: str, *, least: int = 1) -> int:
    """Read a plain whole number.

    Raises:
        UnreadableError: it is none, or too small or large.
    """
    tree = parse(text)
    if tree.op != "number" or tree.value.denominator != 1 or not least <= tree.value <= LARGEST or tree.name:
        raise UnreadableError
    return int(tree.value)
