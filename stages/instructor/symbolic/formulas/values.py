"""Values of formulas by plain arithmetic: fractions where they are exact, floats where they are not."""

import cmath
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree

Value = Any
"""A `Fraction`, a float, a complex number, or a list of rows of them for a matrix."""

_MAX_BITS = 4000
_TINY = 1e-9
_CONSTANTS = {"pi": math.pi, "e": math.e, "i": 1j}
_ARCS: dict[str, Callable[[float], float]] = {
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
}


class UndefinedError(ValueError):
    """A formula has no value at these numbers, or none that can be told."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a question defines."""

    params: tuple[str, ...]
    body: Tree


def evaluate(
    tree: Tree,
    point: Mapping[str, Value] | None = None,
    functions: Mapping[str, Function] | None = None,
    depth: int = 0,
) -> Value:
    """Return the value of a formula with its names set to numbers.

    Raises:
        UndefinedError: it has none.
    """
    try:
        return _Evaluation(point or {}, functions or {}, depth).of(tree)
    except (ArithmeticError, ValueError, TypeError, IndexError) as error:
        raise UndefinedError(str(error)) from error


def close(first: Value, second: Value) -> bool:
    """Return whether two values are the same, give or take the last digits of a float."""
    if isinstance(first, list) or isinstance(second, list):
        same = isinstance(first, list) and isinstance(second, list) and len(first) == len(second)
        return same and all(map(close, first, second))
    if isinstance(first, Fraction) and isinstance(second, Fraction):
        return first == second
    left, right = complex(first), complex(second)
    return abs(left - right) <= _TINY * max(1.0, abs(left), abs(right))


class _Evaluation:
    def __init__(self, point: Mapping[str, Value], functions: Mapping[str, Function], depth: int) -> None:
        self.point = point
        self.functions = functions
        self.depth = depth

    def of(self, tree: Tree) -> Value:
        if tree.op == "number":
            return tree.value
        if tree.op == "name":
            return self.name(tree.name)
        if tree.op in ("matrix", "row", "list"):
            return [self.of(part) for part in tree.args]
        if tree.op == "call":
            return self.call(tree)
        return _apply(tree.op, [self.of(part) for part in tree.args])

    def name(self, name: str) -> Value:
        if name in self.point:
            return self.point[name]
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        raise UndefinedError(name)

    def call(self, tree: Tree) -> Value:
        function = self.functions.get(tree.name)
        if function is None or len(function.params) != len(tree.args) or self.depth > 40:
            raise UndefinedError(tree.name)
        inner = dict(self.point) | dict(zip(function.params, map(self.of, tree.args), strict=True))
        return evaluate(function.body, inner, self.functions, self.depth + 1)


def _apply(op: str, values: list[Value]) -> Value:
    if any(isinstance(value, list) for value in values):
        return _of_matrices(op, values)
    left, right = values[0], values[-1]
    if op in ("+", "mixed"):
        return _real(left + right)
    if op == "-":
        return _real(left - right)
    if op == "*":
        return _real(left * right)
    if op == "/":
        return _real(left / right)
    if op == "^":
        return _power(left, right)
    if op == "root":
        return _root(left, right)
    return _of_one(op, values)


def _of_one(op: str, values: list[Value]) -> Value:
    value = values[0]
    if op == "neg":
        return -value
    if op == "abs":
        return abs(value)
    if op == "degrees":
        return value * math.pi / 180
    if op in ("floor", "ceil"):
        return _rounded(op, value)
    if op == "!":
        return Fraction(math.factorial(_whole(value, 120)))
    if op == "binom":
        return Fraction(math.comb(_whole(value, 400), _whole(values[1], 400)))
    if op == "log":
        return _logarithm(value, values[1])
    if op in _ARCS:
        return _ARCS[op](float(value))
    return _trigonometric(op, value)


def _trigonometric(op: str, value: Value) -> Value:
    angle = value if isinstance(value, complex) else float(value)
    sine, cosine = (
        (cmath.sin(angle), cmath.cos(angle)) if isinstance(angle, complex) else (math.sin(angle), math.cos(angle))
    )
    tops = {
        "sin": (sine, 1),
        "cos": (cosine, 1),
        "tan": (sine, cosine),
        "cot": (cosine, sine),
        "sec": (1, cosine),
        "csc": (1, sine),
    }
    if op not in tops:
        raise UnreadableError(op)
    top, bottom = tops[op]
    if abs(bottom) < _TINY:
        raise UndefinedError(op)
    return top / bottom


def _real(value: Value) -> Value:
    if isinstance(value, complex) and value.imag == 0:
        return value.real
    if isinstance(value, Fraction) and max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        raise UndefinedError("large")
    return value


def _power(base: Value, exponent: Value) -> Value:
    if base == 0 and exponent == 0:
        raise UndefinedError("0^0")
    if isinstance(exponent, Fraction) and exponent.denominator == 1 and isinstance(base, Fraction):
        if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(exponent) > _MAX_BITS:
            raise UndefinedError("large")
        return base ** int(exponent)
    if isinstance(exponent, Fraction) and isinstance(base, Fraction) and base >= 0:
        return _power(_root(base, Fraction(exponent.denominator)), Fraction(exponent.numerator))
    if isinstance(exponent, Fraction) and exponent.denominator == 1:
        return _real(base ** int(exponent))
    if not isinstance(base, complex) and not isinstance(exponent, complex) and base > 0:
        return float(base) ** float(exponent)
    return _real(complex(base) ** complex(exponent))


def _root(value: Value, index: Value) -> Value:
    whole = _whole(index, 60)
    if isinstance(value, complex):
        return value ** (1 / whole)
    if value < 0:
        if whole % 2:
            return -_root(-value, index)
        return complex(value) ** (1 / whole)
    if isinstance(value, Fraction):
        top, bottom = (_whole_root(part, whole) for part in (value.numerator, value.denominator))
        if top is not None and bottom is not None:
            return Fraction(top, bottom)
    return float(value) ** (1 / whole)


def _whole_root(number: int, index: int) -> int | None:
    guess = round(number ** (1 / index)) if number.bit_length() < 900 else 0
    return next((near for near in (guess - 1, guess, guess + 1) if near >= 0 and near**index == number), None)


def _logarithm(value: Value, base: Value) -> Value:
    if isinstance(value, complex) or isinstance(base, complex):
        return cmath.log(value) / cmath.log(base)
    if value <= 0 or base <= 0 or base == 1:
        raise UndefinedError("log")
    return math.log(value) / math.log(base)


def _rounded(op: str, value: Value) -> Value:
    if isinstance(value, complex) or (isinstance(value, float) and abs(value - round(value)) < _TINY):
        raise UndefinedError(op)
    return Fraction(math.floor(value) if op == "floor" else math.ceil(value))


def _whole(value: Value, limit: int) -> int:
    if not isinstance(value, Fraction) or value.denominator != 1 or not 0 <= value <= limit:
        raise UndefinedError("whole")
    return int(value)


def _of_matrices(op: str, values: list[Value]) -> Value:
    left, right = values[0], values[-1]
    if op == "det":
        return determinant(left)
    if op == "neg":
        return scaled(left, Fraction(-1))
    if op in "+-" and len(values) == 2:
        signed = right if op == "+" else scaled(right, Fraction(-1))
        return [[a + b for a, b in zip(one, other, strict=True)] for one, other in zip(left, signed, strict=True)]
    if op == "^" and isinstance(right, Fraction) and 1 <= right <= 12:
        return left if right == 1 else product(left, _of_matrices("^", [left, right - 1]))
    if op != "*":
        raise UndefinedError(op)
    if isinstance(left, list) and isinstance(right, list):
        return product(left, right)
    return scaled(left, right) if isinstance(left, list) else scaled(right, left)


def scaled(matrix: Value, factor: Value) -> Value:
    """Return a matrix with all cells multiplied."""
    return [[cell * factor for cell in row] for row in matrix]


def product(left: Value, right: Value) -> Value:
    """Return the product of two matrices; of two columns of the same length, their dot product."""
    if len(left[0]) == len(right[0]) == 1 and len(left) == len(right):
        return sum((a[0] * b[0] for a, b in zip(left, right, strict=True)), Fraction(0))
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in zip(*right, strict=True)]
        for row in left
    ]


def determinant(matrix: Value) -> Value:
    """Return a determinant by expansion along the first row."""
    if len(matrix) == 1:
        return matrix[0][0]
    if any(len(row) != len(matrix) for row in matrix):
        raise UndefinedError("det")
    minors = ([row[:k] + row[k + 1 :] for row in matrix[1:]] for k in range(len(matrix)))
    return sum(((-1) ** k * matrix[0][k] * determinant(minor) for k, minor in enumerate(minors)), Fraction(0))
