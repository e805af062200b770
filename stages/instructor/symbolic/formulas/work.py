"""Lines of worked solutions for equations and functions."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas.exact import UnsolvedError, written
from stages.instructor.symbolic.formulas.steps import chain, fraction, latex, substituted
from stages.instructor.symbolic.formulas.trees import Tree, names
from stages.instructor.symbolic.formulas.values import Function, evaluate


def equal(parts: Sequence[str]) -> str:
    """Write formulas as a chain of equations."""
    return f"${' = '.join(parts)}$"


def over(top: str, bottom: str) -> str:
    """Write a fraction."""
    return f"\\frac{{{top}}}{{{bottom}}}"


def listed(parts: Sequence[str]) -> str:
    """Write formulas as a list in words."""
    written = [f"${part}$" for part in parts]
    return " and ".join(filter(None, [", ".join(written[:-1]), written[-1]]))


def evaluation(tree: Tree, functions: Mapping[str, Function], answer: str) -> list[str]:
    """Return how a formula without names comes to its value, one call of a function after the other."""
    lines: list[str] = []
    while (call := _innermost(tree)) is not None:
        function = functions[call.name]
        point = {param: part.value for param, part in zip(function.params, call.args, strict=True)}
        body = substituted(function.body, point)
        value = _value_of(body, functions) if _calls(body) else _number(evaluate(body))
        shown = chain(body, latex(value)) if not _calls(body) else [latex(body), latex(value)]
        lines.append(f"{'First, ' if not lines else 'Then '}{equal([latex(call), *shown])}.")
        tree = _replaced(tree, call, value)
    if tree.args or not lines:
        lines.append(f"{equal(chain(tree, answer))}.")
    lines = list(dict.fromkeys(lines))
    return lines if len(lines) > 1 else [lines[0].removeprefix("First, ")]


def repeating(number: Tree, answer: str) -> list[str]:
    """Return how a repeating decimal becomes a fraction: what repeats cancels in a difference."""
    digits, period = (len(found) for found in re.findall(r"\.(\d*)\\overline\s*\{(\d+)", number.name)[0])
    factors = [10 ** (digits + period), 10**digits]
    ends = [number.value * factor for factor in factors]
    names = ["x" if factor == 1 else f"{factor}x" for factor in factors]
    difference = equal([f"{names[0]} - {names[1]}", fraction(ends[0] - ends[1])])
    return [
        f"Let $x = {number.name}$. What repeats cancels in {difference}.",
        f"So {equal([f'{factors[0] - factors[1]}x', fraction(ends[0] - ends[1])])} and {equal(['x', answer])}.",
    ]


def _value_of(body: Tree, functions: Mapping[str, Function]) -> Tree:
    return _number(evaluate(body, {}, functions))


def _number(value: Any) -> Tree:
    if not isinstance(value, Fraction):
        raise UnsolvedError
    return Tree("number", value=value)


def _calls(tree: Tree) -> bool:
    return tree.op == "call" or any(map(_calls, tree.args))


def _innermost(tree: Tree) -> Tree | None:
    """Return a call all of whose arguments are numbers, working out arguments on the way."""
    for part in tree.args:
        if (found := _innermost(part)) is not None:
            return found
    if tree.op != "call":
        return None
    return (
        tree
        if all(part.op == "number" for part in tree.args)
        else replace(tree, args=tuple(_worked_out(part) for part in tree.args))
    )


def _worked_out(tree: Tree) -> Tree:
    return _number(evaluate(tree))


def _replaced(tree: Tree, call: Tree, value: Tree) -> Tree:
    if tree.op == "call" and tree.name == call.name:
        same = [evaluate(a) == evaluate(b) for a, b in zip(tree.args, call.args, strict=True) if not _calls(a)]
        if len(same) == len(call.args) and all(same):
            return value
    return replace(tree, args=tuple(_replaced(part, call, value) for part in tree.args))


def equation(shown: Sequence[str], sides: Sequence[Any], symbol: Any) -> list[str]:
    """Return how an equation in one unknown is solved: by collecting, factoring or the quadratic formula."""
    from sympy import Poly, together
    from sympy import fraction as split

    lines = [f"We solve {equal(shown)} for ${written(symbol)}$."]
    cleared = split(together(sides[0] - sides[1]))[0].expand()
    if not cleared.is_polynomial(symbol):
        return lines
    polynomial = Poly(cleared, symbol)
    if polynomial.degree() == 1:
        return [*lines, _linear(shown, sides, polynomial, symbol)]
    if polynomial.degree() == 2:
        return [*lines, *_quadratic(polynomial, symbol)]
    return [
        *lines,
        f"Everything on one side, this is {equal([written(cleared), '0'])}, with the factors "
        f"{equal([written(polynomial.as_expr().factor()), '0'])}.",
    ]


def _linear(shown: Sequence[str], sides: Sequence[Any], polynomial: Any, symbol: Any) -> str:
    a, b = polynomial.all_coeffs()
    collected = equal([written(a * symbol), written(-b)])
    if not all(side.is_polynomial(symbol) for side in sides):
        return f"Clearing the denominators and collecting terms gives {collected}."
    expanded = [side.expand() for side in sides]
    difference = expanded[0] - expanded[1]
    collected = equal([written(difference.coeff(symbol, 1) * symbol), written(-difference.coeff(symbol, 0))])
    simplified = equal(list(map(written, expanded)))
    if simplified.replace(" ", "") in (collected.replace(" ", ""), equal(shown).replace(" ", "")):
        return f"Collecting terms gives {collected}."
    return f"This is {simplified}, so {collected}."


def _quadratic(polynomial: Any, symbol: Any) -> list[str]:
    a, b, c = polynomial.primitive()[1].all_coeffs()
    form = a * symbol**2 + b * symbol + c
    lines = [f"Everything on one side, this is {equal([written(form), '0'])}."]
    factored = form.factor()
    if factored != form:
        return [*lines, f"The left side factors, so {equal([written(factored), '0'])}."]
    inside = b**2 - 4 * a * c
    square = equal(["b^2 - 4ac", written(inside)])
    return [*lines, f"With {square}, the quadratic formula gives its solutions."]


def check(equations: Sequence[tuple[Tree, Tree]], point: Mapping[str, Fraction]) -> str:
    """Show that numbers satisfy equations, as far as a side is more than a number."""
    shown = []
    for pair in equations:
        value = fraction(_number(evaluate(pair[1], point)).value)
        shown += [equal(chain(substituted(side, point), value)) for side in pair if side.args and names(side)]
    return f"Indeed, {' and '.join(shown)}."
