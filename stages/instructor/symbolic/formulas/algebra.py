"""Solutions of equations by SymPy: exact, complete, and bounded by what is asked of it.

Linear systems, and polynomial equations that come down to one unknown whose irreducible factors have a degree of at
most 2; short equations with roots, powers, logarithms and moduli in one unknown.
"""

from collections.abc import Sequence
from typing import Any

from stages.instructor.symbolic.formulas.exact import UnsolvedError, settled

_MAX_DEGREE = 4
_MAX_OPERATIONS = 80
_MAX_FUNCTIONS = 13

Solution = dict[Any, Any]


def solve(residuals: Sequence[Any]) -> list[Solution]:
    """Return all solutions of equations, as zeros of residuals, real ones and others; free symbols may be left.

    Of equations that are no polynomials, only the real solutions are returned; of one for a sine, cosine or tangent,
    one of them.

    Raises:
        UnsolvedError: not within the bounds.
    """
    from sympy import fraction, together

    if sum(residual.count_ops() for residual in residuals) > _MAX_OPERATIONS:
        raise UnsolvedError
    cleared = [fraction(together(residual))[0].expand() for residual in residuals]
    symbols = sorted(set().union(*(residual.free_symbols for residual in residuals)), key=str)
    if not all(one.is_polynomial(*symbols) for one in cleared):
        return _of_functions(residuals, symbols)
    solutions = _eliminate([one for one in cleared if one != 0], {})
    return [solution for solution in solutions if _defined(residuals, solution)]


def _defined(residuals: Sequence[Any], solution: Solution) -> bool:
    """Return whether no denominator of the equations is zero at a solution."""
    from sympy import denom, together

    return all(denom(together(residual)).subs(solution).expand() != 0 for residual in residuals)


def _eliminate(equations: list[Any], known: Solution) -> list[Solution]:
    if not equations:
        return [known]
    equations = sorted(equations, key=lambda one: (len(one.free_symbols), one.count_ops()))
    for equation in equations:
        for symbol in sorted(equation.free_symbols, key=str):
            slope = equation.coeff(symbol, 1)
            if equation.is_polynomial(symbol) and equation.diff(symbol, 2) == 0 and slope.is_number and slope != 0:
                value = (-(equation - slope * symbol) / slope).expand()
                return _go_on([one for one in equations if one is not equation], known, symbol, value)
    first = equations[0]
    if len(first.free_symbols) != 1:
        return _by_product(equations, known)
    symbol = next(iter(first.free_symbols))
    return [
        solution
        for root in _roots(first, symbol)
        for solution in _go_on([one for one in equations if one is not first], known, symbol, root)
    ]


def _by_product(equations: list[Any], known: Solution) -> list[Solution]:
    """Solve for a symbol that another one multiplies, as in `xy = 24` beside another equation."""
    from sympy import fraction, together

    for equation in equations:
        for symbol in sorted(equation.free_symbols, key=str):
            slope = equation.coeff(symbol, 1)
            constant = (equation - slope * symbol).expand()
            # With a constant beside the product, none of its factors is 0.
            if len(equations) > 1 and (slope.is_Mul or slope.is_Symbol) and constant.is_number and constant != 0:
                value = -constant / slope
                others = [one.subs(symbol, value) for one in equations if one is not equation]
                rest = [fraction(together(one))[0].expand() for one in others]
                updated = {key: old.subs(symbol, value) for key, old in known.items()} | {symbol: value}
                solutions = _eliminate(rest, updated)
                return [_resolved(solution) for solution in solutions if slope.subs(solution) != 0]
    raise UnsolvedError


def _go_on(rest: list[Any], known: Solution, symbol: Any, value: Any) -> list[Solution]:
    left = [one.subs(symbol, value).expand() for one in rest]
    if any(one.is_number and one != 0 for one in left):
        return []
    updated = {key: old.subs(symbol, value) for key, old in known.items()} | {symbol: value}
    return [_resolved(solution) for solution in _eliminate([one for one in left if one != 0], updated)]


def _resolved(solution: Solution) -> Solution:
    """Write each value without the symbols that have one."""
    for _ in range(len(solution)):
        solution = {
            symbol: value.subs({s: v for s, v in solution.items() if s != symbol}) for symbol, value in solution.items()
        }
    return solution


def _roots(equation: Any, symbol: Any) -> list[Any]:
    from sympy import Poly, sqrt

    polynomial = Poly(equation, symbol)
    if polynomial.degree() > _MAX_DEGREE or not all(c.is_Rational for c in polynomial.all_coeffs()):
        raise UnsolvedError
    found = []
    for factor, _ in polynomial.factor_list()[1]:
        if factor.degree() == 1:
            a, b = factor.all_coeffs()
            found.append(-b / a)
        elif factor.degree() == 2:
            a, b, c = factor.all_coeffs()
            found += [(-b + sign * sqrt(b * b - 4 * a * c)) / (2 * a) for sign in (1, -1)]
        else:
            raise UnsolvedError
    return found


def _of_functions(residuals: Sequence[Any], symbols: Sequence[Any]) -> list[Solution]:
    r"""Solve what is no polynomial: one equation in one unknown, for all real solutions, or `\sin x = 2/3` for one."""
    from sympy import FiniteSet, S, Symbol, solveset
    from sympy.functions.elementary.trigonometric import TrigonometricFunction

    angle = _angle(residuals, symbols)
    if angle is not None:
        return [angle]
    if len(residuals) != 1 or len(symbols) != 1:
        raise UnsolvedError
    residual, symbol = residuals[0], symbols[0]
    if residual.count_ops() > _MAX_FUNCTIONS or residual.has(TrigonometricFunction):
        raise UnsolvedError  # solveset may take hours for those
    unknown = Symbol("unknown", real=True)
    found = solveset(residual.subs(symbol, unknown), unknown, S.Reals)
    if not isinstance(found, FiniteSet):
        raise UnsolvedError
    return [{symbol: settled(value)} for value in found]


def _angle(residuals: Sequence[Any], symbols: Sequence[Any]) -> Solution | None:
    from sympy import acos, asin, atan, cos, sin, tan

    inverses = {sin: asin, cos: acos, tan: atan}
    found: Solution = {}
    for residual in residuals:
        constant, terms = residual.as_coeff_Add()
        factor, function = terms.as_coeff_Mul()
        if function.func not in inverses or function.args[0] not in symbols or function.args[0] in found:
            return None
        found[function.args[0]] = inverses[function.func](-constant / factor)
    return found if len(found) == len(symbols) else None
