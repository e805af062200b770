"""Equations as their readers give them: what they just state, and what is left as zeros of functions."""

from collections.abc import Mapping

from stages.instructor.symbolic.formulas.roots import Point, Residual
from stages.instructor.symbolic.formulas.trees import Tree, names
from stages.instructor.symbolic.formulas.values import Function, UndefinedError, Value, evaluate

_TINY = 1e-6


def assigned(
    pairs: list[tuple[Tree, Tree]], functions: Mapping[str, Function]
) -> tuple[Point, list[tuple[Tree, Tree]]]:
    """Return the values of names that equations just state, and the other equations."""
    known: Point = {}
    left = list(pairs)
    for _ in range(len(pairs)):
        for pair in list(left):
            for name, side in (pair, pair[::-1]):
                if name.op == "name" and name.name not in known and names(side) <= set(known) and pair in left:
                    known[name.name] = evaluate(side, known, functions)
                    left.remove(pair)
    return known, left


def cleared_of(left: Tree, right: Tree, known: Point) -> Residual:
    """Return the difference of two sides times all denominators with names in them: of fractions, a polynomial."""
    bottoms = [part for side in (left, right) for part in _denominators(side)]

    def residual(point: Mapping[str, Value]) -> Value:
        values = known | dict(point)
        total = evaluate(left, values) - evaluate(right, values)
        for bottom in bottoms:
            total = total * evaluate(bottom, values)
        return total

    return residual


def _denominators(tree: Tree) -> list[Tree]:
    own = [tree.args[1]] if tree.op == "/" and names(tree.args[1]) else []
    return own + [found for part in tree.args for found in _denominators(part)]


def is_zero(residual: Residual, point: Point) -> bool:
    """Return whether a point is a solution, and not only a zero of denominators."""
    try:
        return bool(abs(residual(point)) < _TINY * max(1.0, *(abs(value) ** 2 for value in point.values())))
    except UndefinedError:
        return False
