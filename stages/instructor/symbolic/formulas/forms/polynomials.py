r"""Questions about polynomials: division, coefficients, all roots together."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact, roots
from stages.instructor.symbolic.formulas.exact import UnsolvedError, written
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, is_smooth, names
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_POINTS = tuple(Fraction(n, d) for n, d in ((7, 3), (11, 5), (-13, 4), (17, 6)))
_PROBE = Fraction(13, 7)
_MAX_DEGREE = 7


def _unknown(*trees: Tree) -> str:
    """Return the one name of formulas."""
    found = names(*trees)
    if len(found) != 1:
        raise UnreadableError
    return found.pop()


def _coefficients(tree: Tree, name: str) -> list[Fraction]:
    """Return the coefficients of a polynomial, lowest first, from its values."""
    points = [Fraction(k) for k in range(-5, 6)]
    values = [evaluate(tree, {name: point}) for point in points]
    if not is_smooth(tree) or not all(isinstance(value, Fraction) for value in values):
        raise UndefinedError("no polynomial")
    found = roots.interpolated(points, values)
    if len(found) > _MAX_DEGREE + 1 or _at(found, _PROBE) != evaluate(tree, {name: _PROBE}):
        raise UndefinedError("no polynomial")
    return found


def _at(coefficients: Sequence[Fraction], x: Fraction) -> Fraction:
    return sum((c * x**k for k, c in enumerate(coefficients)), Fraction(0))


def _divided(groups: Groups, match: Match) -> Computed:
    texts = groups["a"][0], groups["m"][0]
    trees = [parse(text) for text in texts]
    name, part = _unknown(*trees), match["part"]
    top, bottom = (_coefficients(tree, name) for tree in trees)
    if not 2 <= len(bottom) <= len(top):
        raise UnreadableError

    def divided() -> dict[str, Any]:
        from sympy import Symbol, div

        found = div(*(exact.read(text).expand() for text in texts), Symbol(name))
        return dict(zip(("quotient", "remainder"), found, strict=True))

    def by_hand() -> list[Value]:
        rest, quotient = list(top), [Fraction(0)] * (len(top) - len(bottom) + 1)
        while len(rest) >= len(bottom):
            factor, shift = rest[-1] / bottom[-1], len(rest) - len(bottom)
            quotient[shift] = factor
            rest = [c - (factor * bottom[k - shift] if k >= shift else 0) for k, c in enumerate(rest)][:-1]
        return [tuple(_at(quotient if part == "quotient" else rest, x) for x in _POINTS)]

    def lines(_: Sequence[str]) -> list[str]:
        quotient, remainder = map(written, divided().values())
        product = f"({written(exact.read(texts[1]).expand())})({quotient})"
        tail = "" if remainder == "0" else f" + ({remainder})"
        return [
            f"Long division gives the quotient ${quotient}$ and the remainder ${remainder}$:",
            f"{equal([written(exact.read(texts[0]).expand()), product + tail])}.",
        ]

    return Computed(lambda: [divided()[part]], by_hand, lines, points=[{name: x} for x in _POINTS])


def _coefficient(groups: Groups, _: Match) -> Computed:
    text, power = groups["a"][0], parse(groups["of"][0])
    tree = parse(text)
    name = _unknown(tree)
    base, exponent = power.args if power.op == "^" else (power, Tree("number", value=Fraction(1)))
    if base.name != name or exponent.op != "number" or exponent.value.denominator != 1:
        raise UnreadableError
    degree, coefficients = int(exponent.value), _coefficients(tree, name)

    def by_sympy() -> list[Any]:
        from sympy import Symbol

        return [exact.read(text).expand().coeff(Symbol(name), degree)]

    def lines(found: Sequence[str]) -> list[str]:
        return [
            f"Multiplying out and collecting like terms gives ${written(exact.read(text).expand())}$.",
            f"Its coefficient of ${groups['of'][0]}$ is ${found[0]}$.",
        ]

    return Computed(by_sympy, lambda: [[*coefficients, *[Fraction(0)] * (degree + 1)][degree]], lines)


def _all_roots(groups: Groups, match: Match) -> Computed:
    """Return the sum or product of all roots of a polynomial equation, which must be distinct."""
    left, right = groups["a"][0].split("=")
    trees = parse(left), parse(right)
    name, kind = _unknown(*trees), match["mode"]
    coefficients = _coefficients(Tree("-", trees), name)

    def polynomial() -> Any:
        from sympy import Poly, Symbol

        return Poly((exact.read(left) - exact.read(right)).expand(), Symbol(name))

    def by_sympy() -> list[Any]:
        from sympy import discriminant

        found = polynomial()
        first, second, *_, last = found.all_coeffs()
        if found.degree() < 2 or discriminant(found) == 0:
            raise UnsolvedError
        return [-second / first if kind == "sum" else (-1) ** found.degree() * last / first]

    def by_hand() -> list[Value]:
        import numpy as np

        zeros = np.roots([float(c) for c in reversed(coefficients)])
        return [complex(zeros.sum() if kind == "sum" else zeros.prod()).real]

    def lines(found: Sequence[str]) -> list[str]:
        rule = (
            "the negative of the second coefficient over the first"
            if kind == "sum"
            else "the constant over the first coefficient, with its sign changed for an odd degree"
        )
        return [
            f"With everything on one side, this is {equal([written(polynomial().as_expr()), '0'])}.",
            f"By Vieta's formulas, the {kind} of the roots is {rule}: ${found[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(r"(?:find|what is) the (?P<part>remainder|quotient) when (?P<a>@) is divided by (?P<m>@)", _divided),
    form(
        r"(?:find|what is) the coefficient of(?: the)? (?P<of>@)(?: term)? (?:in the expansion of|when)"
        r"(?: the product)? (?P<a>@)(?: is simplified)?",
        _coefficient,
    ),
    form(
        r"(?:find|compute) the (?P<mode>sum|product) of the roots of the equation (?P<a>@)",
        _all_roots,
    ),
)
