"""Formulas as trees, and what they are made of."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Tree:
    """A node of a formula: `op` with its `args`; a number has a `value`, a name or a call a `name`.

    The name of a number that is written as a decimal is "decimal"; that of a repeating decimal is what is written.
    """

    op: str
    args: tuple["Tree", ...] = ()
    value: Fraction = Fraction(0)
    name: str = ""


FUNCTIONS = ("sin", "cos", "tan", "cot", "sec", "csc")
CONSTANTS = frozenset(("pi", "e", "i"))
_SMOOTH = frozenset(("number", "name", "call", "+", "-", "*", "/", "neg", "mixed", "^", "list"))


def names(*trees: Tree) -> set[str]:
    """Return the names in formulas that stand for numbers, without those of constants."""
    own = {tree.name for tree in trees if tree.op == "name"} - CONSTANTS
    return own.union(*(names(*tree.args) for tree in trees if tree.args))


def operations(tree: Tree) -> set[str]:
    """Return what a formula is made of."""
    return {tree.op}.union(*map(operations, tree.args))


def is_smooth(tree: Tree) -> bool:
    """Return whether a formula has only sums, products, quotients and powers with whole exponents."""
    if tree.op == "^" and not (tree.args[1].op == "number" and tree.args[1].value.denominator == 1):
        return not names(tree)
    return (tree.op in _SMOOTH or not names(tree)) and all(map(is_smooth, tree.args))
