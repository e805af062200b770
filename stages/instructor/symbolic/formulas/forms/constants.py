r"""Questions for the constants that give an expression a certain form."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import algebra, exact, roots
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.polynomials import POINTS
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.task import POINT
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import is_smooth, names
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate
from stages.instructor.symbolic.formulas.work import equal, listed, written

_WHERE = (
    r"(?:where|for|with)(?: constants)? (?P<names>@(?: (?:and )?@)*) (?:are|is)(?: all| both)?(?: an?)?(?: "
    r"real)?(?: positive)?(?: constants?| integers?| numbers?| real numbers?)?"
)
_CAN = r"(?:can be|is) (?:written|expressed|rewritten|factored|put)? ?(?:in the form|as|into the form|in form|into|for)"


@dataclass
class _Constants:
    """The value of a formula in constants that make two expressions the same for all values of a name."""

    sides: tuple[str, str]
    goal: str
    constants: Sequence[str]
    frame: str = "@"
    inner: Sequence[Value] = ()
    cost: int = 1
    points: Sequence[Mapping[str, Value]] = POINT

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

        difference = (exact.read(self.sides[0]) - exact.read(self.sides[1])).expand()
        if not difference.is_polynomial(Symbol(self.name)):
            raise UnsolvedError
        equations = [c for c in Poly(difference, Symbol(self.name)).all_coeffs() if c != 0]
        return [one for one in algebra.solve(equations) if all(value.is_real for value in one.values())]

    def numeric(self) -> list[list[Value]]:
        residuals = [
            lambda point, x=x: (
                evaluate(self.trees[0], {**point, self.name: x}) - evaluate(self.trees[1], {**point, self.name: x})
            )
            for x in POINTS
        ]
        unknowns = sorted(set().union(*map(names, self.trees)) & set(self.constants))
        found: list[Value] = []
        points, self.cost = self._real(residuals, unknowns)
        self.inner = [point[name] for point in points[:1] for name in unknowns]
        for point in points:
            value = evaluate(parse(self.goal), point)
            if not any(close(value, other) for other in found):
                found.append(value)
        if len(found) != 1:
            raise UndefinedError("not one value")
        return [[found[0]]]

    def _real(self, residuals: Sequence[roots.Residual], unknowns: Sequence[str]) -> tuple[list[roots.Point], int]:
        points, searched = roots.solve(residuals, unknowns, smooth=all(map(is_smooth, self.trees)))
        return [
            point for point in points if not any(isinstance(v, complex) for v in point.values())
        ], 3 if searched else 1

    def work(self, found: Sequence[str]) -> list[str]:
        solution = self._solved()[0]
        values = listed(
            [
                f"{written(symbol)} = {written(value)}"
                for symbol, value in sorted(solution.items(), key=lambda one: str(one[0]))
            ]
        )
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
    if len(names(tree)) != 2 or name not in names(tree):
        raise UnreadableError
    variable = next(iter(names(tree) - {name}))

    def by_sympy() -> list[Any]:
        from sympy import Symbol, discriminant, sqrt

        found = algebra.solve([discriminant(exact.read(groups["a"][0]), Symbol(variable))])
        values = [one[Symbol(name)] for one in found if one[Symbol(name)] != 0]
        if len(values) != 1:
            raise UnsolvedError
        square = exact.read(groups["a"][0]).subs(Symbol(name), values[0])
        if not sqrt(square.coeff(Symbol(variable), 2)).is_Rational:
            raise UnsolvedError
        return values

    def at(constant: Value) -> Value:
        values = [evaluate(tree, {name: constant, variable: Fraction(x)}) for x in (0, 1, 2)]
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


FORMS: tuple[Form, ...] = (
    form(
        rf"(?:the )?(?:expression|quadratic|quadratic expression|polynomial|equation)? ?(?P<sides>@ {_CAN} @) "
        rf"{_WHERE} (?:what is|find|compute)(?: the value of)? (?P<goal>@)",
        _constants,
    ),
    form(
        rf"(?:the )?(?:expression|quadratic|quadratic expression|polynomial|equation)? ?(?P<sides>@ {_CAN} @) "
        rf"(?:what is|find|compute)(?: the value of)? (?P<goal>@) {_WHERE}",
        _constants,
    ),
    form(
        rf"(?:if|when)(?: we)?(?: write| express| rewrite)?(?: the)?(?: quadratic| expression)? (?P<sides>@ "
        rf"(?:in|into) the form @) {_WHERE} (?:then )?(?:what is|find|compute)(?: the value of)? (?P<goal>@)",
        _constants,
    ),
    form(
        rf"(?:if|given(?: that)?|suppose) (?P<sides>@) {_WHERE} (?:what is|find|compute)(?: the value of)? (?P<goal>@)",
        _constants,
    ),
    form(
        r"(?:find|what is|what value of|determine)(?: the)?(?: value of| constant)? ?(?P<goal>@) (?:such that|so "
        r"that|if|for which|will make) (?P<a>@) (?:is |is equal to )?the square of a binomial",
        _square,
    ),
    form(
        r"if @ is a constant such that (?P<a>@) is (?:equal to )?the square of a binomial then what is (?P<goal>@)",
        _square,
    ),
)
