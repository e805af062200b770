"""Worked solutions in smaller steps: ``125 - 57 = 68`` becomes ``125 - 57 = 125 - 50 - 7 = 75 - 7 = 68``.

A small model that sets a problem up rightly still slips where one step asks for more than it can do at once. A solution
that takes such a step apart by place value, as it is taught at school, shows what to write in between.

Not covered: decimals, fractions, percent, powers and brackets. Equations with these stay as they are.
"""

import re
from collections.abc import Iterator

from stages.arithmetic.equations import Equation, read_all_equations
from stages.arithmetic.expressions import Expression, Number, Operation

_MOST_PRODUCTS = 4
_TIMES = re.compile(r"[x×*·]")  # noqa: RUF001


def in_small_steps(solution: str) -> str:
    """Return the solution with what stands between an equation's two sides written out.

    Only equations of whole numbers that hold exactly are touched, and what is added holds. The rest of the text stays
    as it is, the last line included.
    """
    pieces, done = [], 0
    for equation in read_all_equations(solution):
        sign = _sign(equation, solution)
        steps = list(_steps(equation, solution)) if sign is not None else []
        if sign is not None and steps:
            pieces.append(f"{solution[done:sign].rstrip()} = {' = '.join(steps)} = ")
            done = sign + 1 + (solution[sign + 1] == " ")
    return "".join([*pieces, solution[done:]])


def _sign(equation: Equation, text: str) -> int | None:
    """Return the place of the equals sign between a calculation and its result, if it is fit to be taken apart."""
    if equation.annotated or equation.value != equation.stated or equation.result is None:
        return None
    if any(not _is_plain(number) for number in (*equation.operands, equation.result)):
        return None
    place = text.find("=", equation.operands[-1].end, equation.result.start)
    # A result that is calculated with again, or a left side that is a result itself, is a chain already.
    chained = re.match(r"[^\n.;]{0,30}?=", text[equation.end :]) or re.search(
        r"=[^\n.;,]{0,12}$", text[: equation.start]
    )
    return None if place < 0 or chained else place


def _is_plain(number: Number) -> bool:
    return number.text.isdigit() and not number.percent and number.value.denominator == 1


def _steps(equation: Equation, text: str) -> Iterator[str]:
    left = equation.left
    terms = _terms(left)
    if terms is not None:
        yield from _sum_steps(*terms)
    elif isinstance(left, Operation) and isinstance(left.left, Number) and isinstance(left.right, Number):
        a, b = int(left.left.value), int(left.right.value)
        if left.symbol == "*":
            mark = _TIMES.search(text, left.left.end, left.right.start)
            yield from _product_steps(a, b, mark.group() if mark else "*")
        elif left.symbol == "/":
            yield from _quotient_steps(a, b)


def _terms(expression: Expression) -> list[int] | None:
    """Return the signed terms of a sum of numbers, or None for any other expression."""
    if isinstance(expression, Number):
        return [int(expression.value)]
    if not isinstance(expression, Operation) or expression.symbol not in ("+", "-"):
        return None
    before = _terms(expression.left)
    if before is None or not isinstance(expression.right, Number):
        return None
    last = int(expression.right.value)
    return [*before, last if expression.symbol == "+" else -last]


def _by_place(number: int) -> list[int]:
    """Return ``[100, 30, 5]`` for 135, and their negatives for -135."""
    digits = str(abs(number))
    parts = [int(digit) * 10 ** (len(digits) - 1 - place) for place, digit in enumerate(digits) if digit != "0"]
    return parts if number > 0 else [-part for part in parts]


def _sum_steps(first: int, second: int, *rest: int) -> Iterator[str]:
    if rest:
        yield from _shrinking(first + second, *rest)
    elif len(parts := _by_place(second)) > 1:
        yield from _shrinking(first, *parts)


def _product_steps(a: int, b: int, mark: str) -> Iterator[str]:
    pairs = [(x, y) for x in _by_place(a) for y in _by_place(b)]
    if 1 < len(pairs) <= _MOST_PRODUCTS:
        yield " + ".join(f"{x} {mark} {y}" for x, y in pairs)
        yield from _shrinking(*(x * y for x, y in pairs))


def _quotient_steps(a: int, b: int) -> Iterator[str]:
    parts = _by_place(a // b)
    if len(parts) > 1:
        yield " + ".join(f"{part * b} / {b}" for part in parts)
        yield from _shrinking(*parts)


def _shrinking(total: int, *terms: int) -> Iterator[str]:
    """Yield a sum, then the same with its first two terms added, down to two terms."""
    while terms:
        yield f"{total}" + "".join(f" {'-' if term < 0 else '+'} {abs(term)}" for term in terms)
        total, terms = total + terms[0], terms[1:]
