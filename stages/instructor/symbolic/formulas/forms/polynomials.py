r"""Questions about polynomials: division, coefficients, roots together, and forms with constants to be found."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact, roots
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, form
from stages.instructor.symbolic.formulas.trees import Tree, UnreadableError, is_smooth, names, parse
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate
from stages.instructor.symbolic.formulas.work import equal, listed, written

Match = "re.Match[str]"
_POINTS = tuple(Fraction(n, d) for n, d in ((7, 3), (11, 5), (-13, 4), (17, 6), (5, 7), (-19, 9)))
_MAX_DEGREE = 7


def _unknown(*trees: Tree) -> str:
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
        name = _unknown(*trees)
        top, bottom = (_coefficients(tree, name) for tree in trees)
        if len(bottom) < 2 or len(top) < len(bottom):
            raise UnreadableError
        points = [{name: x} for x in _POINTS[:4]]

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
    name = _unknown(tree)
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
        return [f"Multiplying out and collecting like terms gives ${written(exact.read(text).expand())}$.", f"Its {what} is ${found[0]}$."]

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
    name, kind = _unknown(*trees), match["mode"]

    def by_sympy() -> list[Any]:
        from sympy import Poly, Symbol, discriminant

        polynomial = Poly((exact.read(left) - exact.read(right)).expand(), Symbol(name))
        degree, coefficients = polynomial.degree(), polynomial.all_coeffs()
        if not 2 <= degree <= _MAX_DEGREE - 1 or discriminant(polynomial) == 0:
            raise UnsolvedError
        return [-coefficients[1] / coefficients[0] if kind == "sum" else (-1) ** degree * coefficients[-1] / coefficients[0]]

    def by_hand() -> list[Value]:
        import numpy as np

        found = _coefficients(Tree("-", trees), name)
        zeros = np.roots([float(c) for c in reversed(found)])
        value = complex(zeros.sum() if kind == "sum" else zeros.prod())
        return [value.real]

    def lines(found: Sequence[str]) -> list[str]:
        polynomial = written((exact.read(left) - exact.read(right)).expand())
        rule = "the negative of the second coefficient over the first" if kind == "sum" else "the constant over the first coefficient, with its sign changed for an odd degree"
        return [f"With everything on one side, this is {equal([polynomial, '0'])}.", f"By Vieta's formulas, the {kind} of the roots is {rule}: ${found[0]}$."]

    return Computed(by_sympy, by_hand, lines)


def _sides(text: str) -> tuple[str, str]:
    sides = [side.strip() for side in text.split("=")]
    if len(sides) == 1:
        return sides[0], "0"
    if len(sides) != 2 or not all(sides):
        raise UnreadableError
    return sides[0], sides[1]


# Forms with constants


@dataclass
class _Constants:
    """The value of a formula in constants that make two expressions the same for all values of a name."""

    sides: tuple[str, str]
    goal: str
    constants: Sequence[str]
    frame: str = "@"
    inner: Sequence[Value] = ()
    cost: int = 1
    points: Sequence[Mapping[str, Value]] = ({},)

    def __post_init__(self) -> None:
        trees = [parse(side) for side in self.sides]
        free = set().union(*map(names, trees)) - set(self.constants) - {"pi", "i", "e"}
        if len(free) != 1 or not names(parse(self.goal)) <= set(self.constants):
            raise UnreadableError
        self.name = next(iter(free))
        self.trees = trees

    def exact(self) -> list[Any]:
        found = {exact.settled(exact.read(self.goal).subs(solution)) for solution in self._solved()}
        if len(found) != 1:
            raise UnsolvedError
        return list(found)

    def _solved(self) -> list[dict[Any, Any]]:
        from sympy import Poly, Symbol

        from stages.instructor.symbolic.formulas import algebra

        difference = (exact.read(self.sides[0]) - exact.read(self.sides[1])).expand()
        equations = [c for c in Poly(difference, Symbol(self.name)).all_coeffs() if c != 0]
        return [one for one in algebra.solve(equations) if all(value.is_real for value in one.values())]

    def numeric(self) -> list[list[Value]]:
        residuals = [
            lambda point, x=x: evaluate(self.trees[0], {**point, self.name: x}) - evaluate(self.trees[1], {**point, self.name: x})
            for x in _POINTS
        ]
        unknowns = sorted(set().union(*map(names, self.trees)) & set(self.constants))
        found: list[Value] = []
        points, self.cost = self._real(residuals, unknowns)
        for point in points:
            value = evaluate(parse(self.goal), point)
            if not any(close(value, other) for other in found):
                found.append(value)
        if len(found) != 1:
            raise UndefinedError("not one value")
        return [[found[0]]]

    def _real(self, residuals: Sequence[roots.Residual], unknowns: Sequence[str]) -> tuple[list[roots.Point], int]:
        points, searched = roots.solve(residuals, unknowns, smooth=all(map(is_smooth, self.trees)))
        return [point for point in points if not any(isinstance(v, complex) for v in point.values())], 3 if searched else 1

    def work(self, found: Sequence[str]) -> list[str]:
        solution = self._solved()[0]
        values = listed([f"{written(symbol)} = {written(value)}" for symbol, value in sorted(solution.items(), key=lambda one: str(one[0]))])
        expanded = [written(exact.read(side).subs(solution).expand()) for side in self.sides]
        both = f"then both sides are ${expanded[0]}$" if expanded[0] == expanded[1] else "then both sides are equal"
        lines = [f"Comparing the coefficients of both forms gives {values}: {both}."]
        return lines if parse(self.goal).op == "name" else [*lines, f"So {equal([self.goal, found[0]])}."]


def _constants(groups: Groups, _: Match) -> _Constants:
    constants = [name.strip() for slot in groups["names"] for name in split_commas(slot)]
    if not all(re.fullmatch(r"[a-zA-Z]", name) for name in constants):
        raise UnreadableError
    sides = tuple(side for slot in groups["sides"] for side in slot.split("="))
    if len(sides) != 2:
        raise UnreadableError
    return _Constants((sides[0].strip(), sides[1].strip()), groups["goal"][0], constants)


def _square(groups: Groups, _: Match) -> Computed:
    """Find the constant that makes a quadratic the square of a binomial."""
    tree, name = parse(groups["a"][0]), groups["goal"][0]
    unknown = _unknown(tree) if not names(tree) - {name} else next(iter(names(tree) - {name}))
    if len(names(tree)) != 2:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Symbol, discriminant

        from stages.instructor.symbolic.formulas import algebra

        found = algebra.solve([discriminant(exact.read(groups["a"][0]), Symbol(unknown))])
        values = [one[Symbol(name)] for one in found if one[Symbol(name)] != 0]
        if len(values) != 1:
            raise UnsolvedError
        return values

    def at(constant: Value) -> Value:
        values = [evaluate(tree, {name: constant, unknown: Fraction(x)}) for x in (0, 1, 2)]
        a = (values[2] - 2 * values[1] + values[0]) / 2
        b = values[1] - values[0] - a
        return b * b - 4 * a * values[0]

    def by_hand() -> list[Value]:
        points, _ = roots.solve([lambda point: at(point[name])], [name], smooth=is_smooth(tree))
        found = [point[name] for point in points if point[name]]
        if len(found) != 1:
            raise UndefinedError("not one value")
        return found

    def lines(found: Sequence[str]) -> list[str]:
        from sympy import Symbol, factor

        value = by_sympy()[0]
        square = exact.read(groups["a"][0]).subs(Symbol(name), value)
        return [
            f"A quadratic is the square of a binomial if its discriminant is $0$, which gives ${name} = {found[0]}$.",
            f"Indeed, {equal([written(square.expand()), written(factor(square))])}.",
        ]

    return Computed(by_sympy, by_hand, lines)


_WHERE = r"(?:where|for|with)(?: constants)? (?P<names>@(?: (?:and )?@)*) (?:are|is)(?: all| both)?(?: an?)?(?: real)?(?: positive)?(?: constants?| integers?| numbers?| real numbers?)?"
_CAN = r"(?:can be|is) (?:written|expressed|rewritten|factored|put)? ?(?:in the form|as|into the form|in form|into|for)"

FORMS: tuple[Form, ...] = (
    form(r"(?:find|what is|determine|compute) the remainder (?:when|if)(?: the polynomial)? (?P<a>@) is divided by (?P<m>@)", _division(1)),
    form(r"(?:find|what is|determine|compute) the quotient (?:when|if)(?: the polynomial)? (?P<a>@) is divided by (?P<m>@)", _division(0)),
    form(r"(?:find|what is|what's|determine|compute) the coefficient of(?: the)? (?P<of>@)(?: term)? (?:in|when)(?: the)?(?: polynomial)?(?: expansion of)?(?: the product)? ?(?P<a>@)(?: is (?:simplified|expanded|multiplied out and simplified))?", _coefficient),
    form(r"(?:find|what is|determine|compute) the constant term (?:in|of)(?: the)? (?:expansion|polynomial)(?: of)? (?P<a>@)", _coefficient),
    form(r"(?:find|what is|determine|compute) the (?P<mode>sum|product) of(?: all)?(?: the)? (?:roots|zeros) (?:of|to)(?: the)?(?: equation| polynomial| quadratic| quadratic equation)? (?P<a>@)", _all_roots),
    form(rf"(?:the )?(?:expression|quadratic|quadratic expression|polynomial|equation)? ?(?P<sides>@ {_CAN} @) {_WHERE} (?:what is|find|compute)(?: the value of)? (?P<goal>@)", _constants),
    form(rf"(?:the )?(?:expression|quadratic|quadratic expression|polynomial|equation)? ?(?P<sides>@ {_CAN} @) (?:what is|find|compute)(?: the value of)? (?P<goal>@) {_WHERE}", _constants),
    form(rf"(?:if|when)(?: we)?(?: write| express| rewrite)?(?: the)?(?: quadratic| expression)? (?P<sides>@ (?:in|into) the form @) {_WHERE} (?:then )?(?:what is|find|compute)(?: the value of)? (?P<goal>@)", _constants),
    form(rf"(?:if|given(?: that)?|suppose) (?P<sides>@) {_WHERE} (?:what is|find|compute)(?: the value of)? (?P<goal>@)", _constants),
    form(r"(?:find|what is|what value of|determine)(?: the)?(?: value of| constant)? ?(?P<goal>@) (?:such that|so that|if|for which|will make) (?P<a>@) (?:is |is equal to )?the square of a binomial", _square),
    form(r"if @ is a constant such that (?P<a>@) is (?:equal to )?the square of a binomial then what is (?P<goal>@)", _square),
)
