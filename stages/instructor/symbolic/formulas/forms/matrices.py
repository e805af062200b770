"""Questions about vectors and matrices: products, inverses, projections, right angles."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import latex
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, is_smooth
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, determinant, evaluate
from stages.instructor.symbolic.formulas.work import equal, over

_MATRIX = r"\\begin\{pmatrix\}(?:(?!pmatrix).)*\\end\{pmatrix\}"
_DOT = re.compile(rf"(?P<a>{_MATRIX})\s*\\cdot\s*(?P<b>{_MATRIX})", re.DOTALL)
_CROSS = re.compile(rf"(?P<a>{_MATRIX})\s*\\times\s*(?P<b>{_MATRIX})", re.DOTALL)


def _matrix(cells: str) -> str:
    return f"\\begin{{pmatrix}} {cells} \\end{{pmatrix}}"


def _columns(slots: Sequence[str]) -> list[list[Fraction]]:
    found = [evaluate(parse(slot)) for slot in slots]
    if len({len(one) for one in found if isinstance(one, list)}) != 1 or not all(
        isinstance(one, list) and len(one[0]) == 1 for one in found
    ):
        raise UnreadableError
    return [[row[0] for row in one] for one in found]


def _texts(column: str) -> list[str]:
    return [latex(row.args[0]) for row in parse(column).args]


def _dot(groups: Groups, _: Match) -> Computed:
    found = _DOT.fullmatch(groups["a"][0].strip()) if len(groups["a"]) == 1 else None
    slots = [found["a"], found["b"]] if found else groups["a"]
    first, second = _columns(slots)

    def by_sympy() -> list[Any]:
        return [exact.read(slots[0]).dot(exact.read(slots[1]))]

    def by_hand() -> list[Value]:
        return [sum((a * b for a, b in zip(first, second, strict=True)), Fraction(0))]

    def lines(written: Sequence[str]) -> list[str]:
        terms = " + ".join(f"({a})({b})" for a, b in zip(*map(_texts, slots), strict=True))
        return [f"The dot product is {equal([terms, written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _cross(groups: Groups, _: Match) -> Computed:
    found = _CROSS.fullmatch(groups["a"][0].strip()) if len(groups["a"]) == 1 else None
    slots = [found["a"], found["b"]] if found else groups["a"]
    first, second = _columns(slots)
    if len(first) != 3:
        raise UnreadableError
    order = ((1, 2), (2, 0), (0, 1))

    def by_sympy() -> list[Any]:
        return [exact.read(slots[0]).cross(exact.read(slots[1]))]

    def by_hand() -> list[Value]:
        return [[[first[i] * second[j] - first[j] * second[i]] for i, j in order]]

    def lines(written: Sequence[str]) -> list[str]:
        a, b = map(_texts, slots)
        cells = " \\\\ ".join(f"({a[i]})({b[j]}) - ({a[j]})({b[i]})" for i, j in order)
        return [f"The cross product is {equal([_matrix(cells), written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _inverse(groups: Groups, _: Match) -> Computed:
    tree = parse(groups["a"][0])
    cells = evaluate(tree)
    if not isinstance(cells, list) or len(cells) != 2 or len(cells[0]) != 2 or determinant(cells) == 0:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        return [exact.read(groups["a"][0]).inv()]

    def by_hand() -> list[Value]:
        (a, b), (c, d) = cells
        size = a * d - b * c
        return [[[d / size, -b / size], [-c / size, a / size]]]

    def lines(written: Sequence[str]) -> list[str]:
        (a, b), (c, d) = ([latex(Tree("number", value=value)) for value in row] for row in cells)
        size = latex(Tree("number", value=determinant(cells)))
        swapped = [
            [latex(Tree("number", value=value)) for value in row]
            for row in ((cells[1][1], -cells[0][1]), (-cells[1][0], cells[0][0]))
        ]
        inner = " \\\\ ".join(" & ".join(row) for row in swapped)
        return [
            f"The determinant is $({a})({d}) - ({b})({c}) = {size}$.",
            f"The inverse is {equal([over('1', size) + _matrix(inner), written[0]])}.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _orthogonal(groups: Groups, _: Match) -> Computed:
    """Find the name that makes two columns orthogonal."""
    slots, name = groups["a"], groups["goal"][0]
    first, second = ([row.args[0] for row in parse(slot).args] for slot in slots)
    if len(first) != len(second) or not all(map(is_smooth, (*first, *second))):
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Symbol

        product = exact.read(slots[0]).dot(exact.read(slots[1])).expand()
        symbol = Symbol(name)
        slope = product.coeff(symbol, 1)
        if product.free_symbols != {symbol} or product.diff(symbol, 2) != 0 or slope == 0:
            raise UnsolvedError
        return [-(product - slope * symbol).expand() / slope]

    def at(value: Fraction) -> Fraction:
        return sum(
            (evaluate(a, {name: value}) * evaluate(b, {name: value}) for a, b in zip(first, second, strict=True)),
            Fraction(0),
        )

    def by_hand() -> list[Value]:
        start, slope = at(Fraction(0)), at(Fraction(1)) - at(Fraction(0))
        if not slope or at(Fraction(5)) != start + 5 * slope:
            raise UndefinedError("not linear")
        return [-start / slope]

    def lines(written: Sequence[str]) -> list[str]:
        terms = " + ".join(f"({latex(a)})({latex(b)})" for a, b in zip(first, second, strict=True))
        return [f"The dot product must be $0$: {equal([terms, '0'])}.", f"So {equal([name, written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _projection(groups: Groups, _: Match) -> Computed:
    slots = [*groups["v"], *groups["w"]]
    vector, onto = _columns(slots)

    def by_sympy() -> list[Any]:
        return [exact.read(slots[0]).project(exact.read(slots[1]))]

    def scale() -> Fraction:
        length = sum((b * b for b in onto), Fraction(0))
        if not length:
            raise UndefinedError("zero")
        return sum((a * b for a, b in zip(vector, onto, strict=True)), Fraction(0)) / length

    def by_hand() -> list[Value]:
        return [[[scale() * b] for b in onto]]

    def lines(written: Sequence[str]) -> list[str]:
        a, b = map(_texts, slots)
        top = " + ".join(f"({x})({y})" for x, y in zip(a, b, strict=True))
        bottom = " + ".join(f"({y})^2" for y in b)
        factor = latex(Tree("number", value=scale()))
        return [
            f"The projection is a multiple of the second vector, by the factor {equal([over(top, bottom), factor])}.",
            f"So it is ${written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(rf"{ASK}(?: the dot product of)?(?: the vectors)? (?P<a>@(?: and @)?)", _dot),
    form(rf"{ASK}(?: the cross product of)?(?: the vectors)? (?P<a>@(?: and @)?)", _cross),
    form(
        rf"{ASK} the inverse of the matrix (?P<a>@)(?: if the inverse does not exist then enter the zero matrix)?",
        _inverse,
    ),
    form(r"find (?P<goal>@) so that(?: the vectors)? (?P<a>@ and @) are orthogonal", _orthogonal),
    form(
        r"(?:find|compute|determine) the projection of(?: the vector)? (?P<v>@) onto(?: the vector)? (?P<w>@)",
        _projection,
    ),
)
