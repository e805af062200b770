"""Lines of worked solutions for equations in one or several unknowns."""

from collections.abc import Sequence
from typing import Any

from stages.instructor.symbolic.formulas import exact, work
from stages.instructor.symbolic.formulas.exact import written
from stages.instructor.symbolic.formulas.work import equal, listed


def solving(
    shown: Sequence[tuple[str, ...]], equations: Sequence[tuple[str, ...]], solutions: Sequence[dict[Any, Any]]
) -> list[str]:
    """Return how equations, `shown` as the question has them, lead to their solutions."""
    from sympy.functions.elementary.trigonometric import TrigonometricFunction

    sides = [tuple(map(exact.read, pair)) for pair in equations]
    open_ones = [pair for pair in sides if not _is_assignment(pair)]
    symbols = sorted(set().union(*(side.free_symbols for pair in open_ones for side in pair)), key=str)
    given = f"We have {listed([' = '.join(pair) for pair in shown])}."
    if not open_ones:
        return [given]
    if len(open_ones) == len(equations) == 1 and len(symbols) == 1:
        lines = work.equation(shown[0], sides[0], symbols[0])
    else:
        lines = [given, *(_elimination(open_ones, symbols) if len(open_ones) == len(symbols) == 2 else [])]
    values = [_values(solution) for solution in solutions]
    if len(values) == 1 and any(side.has(TrigonometricFunction) for pair in open_ones for side in pair):
        return [given, f"One solution is {values[0]}, and all others give the same value."]
    return [*lines, f"So {values[0]}." if len(values) == 1 else f"The solutions are {', or '.join(values)}."]


def _is_assignment(pair: Sequence[Any]) -> bool:
    return any(one.is_Symbol and other.is_number for one, other in (pair, pair[::-1]))


def _values(solution: dict[Any, Any]) -> str:
    pairs = sorted(solution.items(), key=lambda item: str(item[0]))
    return listed([f"{written(symbol)} = {written(_tidied(value))}" for symbol, value in pairs])


def _tidied(value: Any) -> Any:
    return exact.settled(value) if value.is_number else value


def _elimination(pairs: Sequence[tuple[Any, ...]], symbols: Sequence[Any]) -> list[str]:
    """Eliminate the second unknown of two linear equations."""
    from sympy import Matrix, Poly
    from sympy.polys.polyerrors import PolynomialError

    first, second = symbols
    try:
        polynomials = [Poly(left - right, *symbols) for left, right in pairs]
    except PolynomialError:
        return []
    if any(one.total_degree() != 1 or not one.is_linear for one in polynomials):
        return []
    (a, b, c), (d, e, f) = (
        [one.coeff_monomial(first), one.coeff_monomial(second), -one.coeff_monomial(1)] for one in polynomials
    )
    if 0 in (b, e) or Matrix([[a, b], [d, e]]).det() == 0:
        return []
    standard = [
        equal([written(a * first + b * second), written(c)]),
        equal([written(d * first + e * second), written(f)]),
    ]
    sign = -1 if e < 0 else 1
    combined = equal([written(sign * (a * e - d * b) * first), written(sign * (c * e - f * b))])
    other = f"{'minus' if sign * b > 0 else 'plus'} ${written(abs(b))}$ times the second"
    return [
        f"In standard form, these are {standard[0]} and {standard[1]}.",
        f"Taking ${written(abs(e))}$ times the first {other} eliminates ${written(second)}$: {combined}.",
    ]
