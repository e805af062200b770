r"""Questions about polynomials: division, coefficients, all roots together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact, roots
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, is_smooth, names
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal, written

POINTS = tuple(Fraction(n, d) for n, d in ((7, 3), (11, 5), (-13, 4), (17, 6), (5, 7), (-19, 9)))
_MAX_DEGREE = 7


def unknown(*trees: Tree) -> str:
    """Return the one name of formulas."""
    found = set().union(*map(names, trees)) - {"e", "i", "pi"}
    if len(found) != 1:
        raise UnreadableError
    return next(iter(found))


def _coefficients(tree: Tree, name: str) -> list[Fraction]:
    """Return the coefficients of a polynomial, lowest first, from its values."""
    if not is_smooth(tree):
        raise UndefinedError("no polynomial")
    points = [Fraction(k) for k in range(-5, 6)]
    values = [evaluate(tree, {name: point}) for point in points]
    if not all(isinstance(value, Fraction) for value in values):
        raise UndefinedError("not exact")
    found = roots.interpolated(points, values)
    probe = Fraction(13, 7)
    if len(found) > _MAX_DEGREE + 1 or _at(found, probe) != evaluate(tree, {name: probe}):
        raise UndefinedError("no polynomial")
    return found


def _at(coefficients: Sequence[Fraction], x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(coefficients)), Fraction(0))


def _long_division(top: Sequence[Fraction], bottom: Sequence[Fraction]) -> tuple[list[Fraction], list[Fraction]]:
    rest, quotient = list(top), [Fraction(0)] * max(len(top) - len(bottom) + 1, 1)
    while len(rest) >= len(bottom):
        factor, shift = rest[-1] / bottom[-1], len(rest) - len(bottom)
        quotient[shift] = factor
        rest = [c - (factor * bottom[k - shift] if k >= shift else 0) for k, c in enumerate(rest)][:-1]
    return quotient, rest or [Fraction(0)]


def _division(part: int) -> Callable[[Groups, Match], Computed]:
    def build(groups: Groups, _: Match) -> Computed:
        texts = groups["a"][0], groups["m"][0]
        trees = [parse(text) for text in texts]
        name = unknown(*trees)
        top, bottom = (_coefficients(tree, name) for tree in trees)
        if len(bottom) < 2 or len(top) < len(bottom):
            raise UnreadableError
        points = [{name: x} for x in POINTS[:4]]

        def by_sympy() -> list[Any]:
            from sympy import Symbol, div

            return [div(*(exact.read(text).expand() for text in texts), Symbol(name))[part]]

        def by_hand() -> list[Value]:
            found = _long_division(top, bottom)[part]
            return [[_at(found, point[name]) for point in points]]

        def lines(_: Sequence[str]) -> list[str]:
            from sympy import Symbol, div

            quotient, rest = div(*(exact.read(text).expand() for text in texts), Symbol(name))
            product = f"({written(exact.read(texts[1]).expand())})({written(quotient)})"
            remainder = written(rest)
            tail = "" if rest == 0 else f" + ({remainder})"
            return [
                f"Long division gives the quotient ${written(quotient)}$ and the remainder ${remainder}$:",
                f"{equal([written(exact.read(texts[0]).expand()), product + tail])}.",
            ]

        return _Expressions(by_sympy, by_hand, lines, points=points)

    return build


@dataclass
class _Expressions(Computed):
    """Values with names in them, each compared at several points."""

    def numeric(self) -> list[list[Value]]:
        return list(self.by_hand())


def _coefficient(groups: Groups, _: Match) -> Computed:
    text = groups["a"][0]
    tree = parse(text)
    name = unknown(tree)
    power = parse(groups["of"][0]) if groups.get("of") else None
    degree = _degree(power, name) if power else 0

    def by_sympy() -> list[Any]:
        from sympy import Symbol

        return [exact.read(text).expand().coeff(Symbol(name), degree)]

    def by_hand() -> list[Value]:
        found = _coefficients(tree, name)
        return [found[degree] if degree < len(found) else Fraction(0)]

    def lines(found: Sequence[str]) -> list[str]:
        what = f"coefficient of ${groups['of'][0]}$" if power else "constant term"
        return [
            f"Multiplying out and collecting like terms gives ${written(exact.read(text).expand())}$.",
            f"Its {what} is ${found[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _degree(power: Tree, name: str) -> int:
    if power.op == "name" and power.name == name:
        return 1
    if power.op == "^" and power.args[0].name == name and power.args[1].op == "number":
        return int(power.args[1].value)
    raise UnreadableError


def _all_roots(groups: Groups, match: Match) -> Computed:
    """Return the sum or product of all roots of a polynomial equation, which must be distinct."""
    left, right = _sides(groups["a"][0])
    trees = parse(left), parse(right)
    name, kind = unknown(*trees), match["mode"]

    def by_sympy() -> list[Any]:
        from sympy import Poly, Symbol, discriminant

        difference = (exact.read(left) - exact.read(right)).expand()
        if not difference.is_polynomial(Symbol(name)):
            raise UnsolvedError
        polynomial = Poly(difference, Symbol(name))
        degree, coefficients = polynomial.degree(), polynomial.all_coeffs()
        if not 2 <= degree <= _MAX_DEGREE - 1 or discriminant(polynomial) == 0:
            raise UnsolvedError
        return [
            -coefficients[1] / coefficients[0] if kind == "sum" else (-1) ** degree * coefficients[-1] / coefficients[0]
        ]

    def by_hand() -> list[Value]:
        import numpy as np

        found = _coefficients(Tree("-", trees), name)
        zeros = np.roots([float(c) for c in reversed(found)])
        value = complex(zeros.sum() if kind == "sum" else zeros.prod())
        return [value.real]

    def lines(found: Sequence[str]) -> list[str]:
        polynomial = written((exact.read(left) - exact.read(right)).expand())
        rule = (
            "the negative of the second coefficient over the first"
            if kind == "sum"
            else "the constant over the first coefficient, with its sign changed for an odd degree"
        )
        return [
            f"With everything on one side, this is {equal([polynomial, '0'])}.",
            f"By Vieta's formulas, the {kind} of the roots is {rule}: ${found[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _sides(text: str) -> tuple[str, str]:
    sides = [side.strip() for side in text.split("=")]
    if len(sides) == 1:
        return sides[0], "0"
    if len(sides) != 2 or not all(sides):
        raise UnreadableError
    return sides[0], sides[1]


FORMS: tuple[Form, ...] = (
    form(
        r"(?:find|what is|determine|compute) the remainder (?:when|if)(?: the polynomial)? (?P<a>@) is divided "
        r"by (?P<m>@)",
        _division(1),
    ),
    form(
        r"(?:find|what is|determine|compute) the quotient (?:when|if)(?: the polynomial)? (?P<a>@) is divided by "
        r"(?P<m>@)",
        _division(0),
    ),
    form(
        r"(?:find|what is|what's|determine|compute) the coefficient of(?: the)? (?P<of>@)(?: term)? (?:in|"
        r"when)(?: the)?(?: polynomial)?(?: expansion of)?(?: the product)? ?(?P<a>@)(?: is (?:simplified|"
        r"expanded|multiplied out and simplified))?",
        _coefficient,
    ),
    form(
        r"(?:find|what is|determine|compute) the constant term (?:in|of)(?: the)? (?:expansion|polynomial)(?: "
        r"of)? (?P<a>@)",
        _coefficient,
    ),
    form(
        r"(?:find|what is|determine|compute) the (?P<mode>sum|product) of(?: all)?(?: the)? (?:roots|zeros) "
        r"(?:of|to)(?: the)?(?: equation| polynomial| quadratic| quadratic equation)? (?P<a>@)",
        _all_roots,
    ),
)
