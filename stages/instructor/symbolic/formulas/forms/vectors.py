r"""Questions about points, vectors and matrices."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, form
from stages.instructor.symbolic.formulas.forms.patterns import SLOTS
from stages.instructor.symbolic.formulas.steps import latex
from stages.instructor.symbolic.formulas.trees import Tree, UnreadableError, is_smooth, parse
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, determinant, evaluate
from stages.instructor.symbolic.formulas.work import equal

Match = "re.Match[str]"
_POINT = re.compile(r"(?:[A-Z]\s*=?\s*)?(?:\\left)?\((.*?)(?:\\right)?\)", re.DOTALL)
_MATRIX = r"\\begin\{pmatrix\}(?:(?!pmatrix).)*\\end\{pmatrix\}"
_DOT = re.compile(rf"(?P<a>{_MATRIX})\s*\\cdot\s*(?P<b>{_MATRIX})", re.DOTALL)
_CROSS = re.compile(rf"(?P<a>{_MATRIX})\s*\\times\s*(?P<b>{_MATRIX})", re.DOTALL)


class _Point:
    """A point with its coordinates as text, by SymPy and as fractions."""

    def __init__(self, slot: str) -> None:
        found = _POINT.fullmatch(slot.strip())
        if found is None:
            raise UnreadableError
        self.texts = [text.strip() for text in _split(found[1])]
        self.trees = [parse(text) for text in self.texts]
        self.values = [evaluate(tree) for tree in self.trees]
        if not 2 <= len(self.values) <= 3 or not all(isinstance(value, Fraction) for value in self.values):
            raise UnreadableError

    def exact(self) -> list[Any]:
        return [exact.read(text) for text in self.texts]


def _split(text: str) -> list[str]:
    from stages.instructor.symbolic.formulas.facts import split_commas

    return split_commas(text)


def _points(slots: Sequence[str], count: int) -> list[_Point]:
    points = [_Point(piece) for slot in slots for piece in _apart(slot)]
    if len(points) != count or len({len(point.values) for point in points}) != 1 or len({tuple(p.values) for p in points}) < count:
        raise UnreadableError
    return points


def _apart(slot: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=\))\s*,?\s*(?:\\text\{ ?and ?\})?(?=\(|[A-Z]\()", slot) if piece]


def _held(text: str, tree: Tree) -> str:
    """Write a coordinate behind a minus sign."""
    return f"({text})" if tree.op in ("neg", "+", "-") else text


def _differences(first: _Point, second: _Point) -> list[str]:
    return [f"{b} - {_held(a, tree)}" for a, b, tree in zip(first.texts, second.texts, first.trees, strict=True)]


def _over(top: str, bottom: str) -> str:
    return f"\\frac{{{top}}}{{{bottom}}}"


def _matrix(cells: str) -> str:
    return f"\\begin{{pmatrix}} {cells} \\end{{pmatrix}}"


def _distance(groups: Groups, _: Match) -> Computed:
    first, second = _points(groups["points"], 2)

    def by_sympy() -> list[Any]:
        from sympy import Point

        return [exact.settled(Point(*first.exact()).distance(Point(*second.exact())))]

    def by_hand() -> list[Value]:
        squares = sum(((a - b) ** 2 for a, b in zip(first.values, second.values, strict=True)), Fraction(0))
        return [evaluate(Tree("root", (Tree("number", value=squares), Tree("number", value=Fraction(2)))))]

    def lines(written: Sequence[str]) -> list[str]:
        squares = sum(((a - b) ** 2 for a, b in zip(first.values, second.values, strict=True)), Fraction(0))
        terms = " + ".join(f"({one})^2" for one in _differences(first, second))
        roots = [f"\\sqrt{{{inner}}}" for inner in (terms, latex(Tree("number", value=squares)))]
        return [f"By the distance formula, {equal(list(dict.fromkeys([*roots, written[0]])))}."]

    return Computed(by_sympy, by_hand, lines)


def _midpoint(groups: Groups, match: Match) -> Computed:
    first, second = _points(groups["points"], 2)
    asked = match.groupdict().get("of") or ""
    size = len(first.values)

    def by_sympy() -> list[Any]:
        from sympy import Point

        middle = list(Point(*first.exact()).midpoint(Point(*second.exact())))
        return [{"sum": sum(middle), "product": _product(middle)}[asked]] if asked else middle

    def by_hand() -> list[Value]:
        middle = [(a + b) / 2 for a, b in zip(first.values, second.values, strict=True)]
        return [{"sum": sum(middle, Fraction(0)), "product": _product(middle)}[asked]] if asked else middle

    def lines(written: Sequence[str]) -> list[str]:
        middle = [latex(Tree("number", value=(a + b) / 2)) for a, b in zip(first.values, second.values, strict=True)]
        sums = [rf"\frac{{{a} + {_held(b, tree)}}}{{2}}" for a, b, tree in zip(first.texts, second.texts, second.trees, strict=True)]
        found = [f"The coordinates of the midpoint are {' and '.join(equal([s, m]) for s, m in zip(sums, middle, strict=True))}."]
        sign = {"sum": " + ", "product": " \\cdot "}.get(asked)
        held = [middle[0], *(f"({one})" if one.startswith("-") else one for one in middle[1:])]
        return [*found, f"Their {asked} is {equal([sign.join(held), written[0]])}."] if sign else found

    return Computed(by_sympy, by_hand, lines, "@" if asked else "(" + ", ".join("@" * size) + ")")


def _product(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total * value
    return total


def _other_end(groups: Groups, match: Match) -> Computed:
    (middle,), (end,) = ([*_points(groups[name], 1)] for name in ("middle", "end"))
    asked = match.groupdict().get("of") or ""
    if len(middle.values) != len(end.values):
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Matrix

        found = list(2 * Matrix(middle.exact()) - Matrix(end.exact()))
        return [sum(found)] if asked else found

    def by_hand() -> list[Value]:
        found = [m + (m - e) for m, e in zip(middle.values, end.values, strict=True)]
        return [sum(found, Fraction(0))] if asked else found

    def lines(written: Sequence[str]) -> list[str]:
        found = [latex(Tree("number", value=2 * m - e)) for m, e in zip(middle.values, end.values, strict=True)]
        steps = [f"{m} + ({m} - {_held(e, tree)})" for m, e, tree in zip(middle.texts, end.texts, end.trees, strict=True)]
        lead = "From the midpoint, the other end is as far away as the given one, in the opposite direction"
        first = f"{lead}: its coordinates are {' and '.join(equal([s, f]) for s, f in zip(steps, found, strict=True))}."
        held = [found[0], *(f"({one})" if one.startswith("-") else one for one in found[1:])]
        return [first, f"Their sum is {equal([' + '.join(held), written[0]])}."] if asked else [first]

    return Computed(by_sympy, by_hand, lines, "@" if asked else "(" + ", ".join("@" * len(end.values)) + ")")


def _slope(groups: Groups, _: Match) -> Computed:
    first, second = _points(groups["points"], 2)
    if len(first.values) != 2 or first.values[0] == second.values[0]:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Line, Point

        return [Line(Point(*first.exact()), Point(*second.exact())).slope]

    def by_hand() -> list[Value]:
        return [(first.values[1] - second.values[1]) / (first.values[0] - second.values[0])]

    def lines(written: Sequence[str]) -> list[str]:
        run, rise = _differences(first, second)
        return [f"The slope is {equal([_over(rise, run), written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _area(groups: Groups, _: Match) -> Computed:
    points = _points(groups["points"], 3)
    if len(points[0].values) != 2:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Point, Triangle

        shape = Triangle(*(Point(*point.exact()) for point in points))
        if not isinstance(shape, Triangle):
            raise UnsolvedError
        return [abs(shape.area)]

    def by_hand() -> list[Value]:
        (a, b), (c, d), (e, f) = (point.values for point in points)
        return [abs((c - a) * (f - b) - (e - a) * (d - b)) / 2]

    def lines(written: Sequence[str]) -> list[str]:
        (a, b), (c, d), (e, f) = (point.values for point in points)
        sides = [[latex(Tree("number", value=value)) for value in pair] for pair in ((c - a, d - b), (e - a, f - b))]
        lead = f"From the first vertex, the sides go by $({', '.join(sides[0])})$ and $({', '.join(sides[1])})$"
        inner = f"({sides[0][0]})({sides[1][1]}) - ({sides[1][0]})({sides[0][1]})"
        return [f"{lead}, so the area is {equal([_over('1', '2') + f'|{inner}|', written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _columns(slots: Sequence[str]) -> list[list[Fraction]]:
    found = [evaluate(parse(slot)) for slot in slots]
    if len({len(one) for one in found if isinstance(one, list)}) != 1 or not all(isinstance(one, list) and len(one[0]) == 1 for one in found):
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
        swapped = [[latex(Tree("number", value=value)) for value in row] for row in ((cells[1][1], -cells[0][1]), (-cells[1][0], cells[0][0]))]
        inner = " \\\\ ".join(" & ".join(row) for row in swapped)
        return [
            f"The determinant is $({a})({d}) - ({b})({c}) = {size}$.",
            f"The inverse is {equal([_over('1', size) + _matrix(inner), written[0]])}.",
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
        return sum((evaluate(a, {name: value}) * evaluate(b, {name: value}) for a, b in zip(first, second, strict=True)), Fraction(0))

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
            f"The projection is a multiple of the second vector, by the factor {equal([_over(top, bottom), factor])}.",
            f"So it is ${written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


_ASK = r"(?:what is|find|compute|determine|calculate|evaluate)"
_UNITS = r"(?: in units| in the coordinate plane| in the cartesian plane| in simplest radical form)?"
_SEGMENT = r"(?:the )?(?:line )?segment"
_ENDS = r"(?:with endpoints(?: at)?|joining|whose endpoints are(?: at)?|connecting|that joins|between|having endpoints|with ends at)"
_SLOTS = rf"(?P<points>{SLOTS})"
Build = Callable[[Groups, Match], Computed]

FORMS: tuple[Form, ...] = (
    form(rf"{_ASK} the distance{_UNITS} (?:between|from)(?: the)?(?: points| pair of points)?(?: with coordinates)? (?P<points>@(?: and| to)? @){_UNITS}", _distance),
    form(rf"{_ASK} the distance{_UNITS} between(?: the)?(?: points)? (?P<points>@)", _distance),
    form(rf"{_ASK} the (?:coordinates of the )?(?:midpoint|point halfway between|point) (?:of {_SEGMENT} {_ENDS} |of {_SEGMENT} from |halfway between |between )?(?:the )?(?:points )?(?P<points>@(?: and| to)? @)", _midpoint),
    form(rf"{_ASK} the (?P<of>sum|product) of the coordinates of the midpoint of (?:{_SEGMENT} {_ENDS}|the points) (?:the points )?(?P<points>@ and @)", _midpoint),
    form(r"the points (?P<points>@ and @) are the endpoints of a diameter of a circle what (?:is the (?P<of>sum) of|are) the coordinates of the center of the circle", _midpoint),
    form(r"the endpoints of a diameter of circle @ are (?P<points>@ and @) what are the coordinates of the center of circle @", _midpoint),
    form(r"a line segment has endpoints(?: at)? (?P<points>@ and @) what is the (?P<of>sum|product) of the coordinates of its midpoint", _midpoint),
    form(rf"the midpoint of (?:a )?(?:{_SEGMENT}) is(?: located at)? (?P<middle>@) if one of the endpoints is(?: located at)? (?P<end>@) what is the other endpoint", _other_end),
    form(rf"the point with coordinates (?P<middle>@) is the midpoint of {_SEGMENT} with one endpoint at (?P<end>@) find the (?P<of>sum) of the coordinates of the other endpoint", _other_end),
    form(rf"{_ASK} the slope of the line (?:passing through|containing|through|that passes through|that contains|connecting|joining)(?: the)?(?: points)? (?P<points>@ and @)", _slope),
    form(rf"{_ASK} the area(?: in square units)? of(?: the)?(?: a)? triangle (?:with|whose) vertices (?:at |are at |are |located at )?(?:the points )?(?P<points>{SLOTS})", _area),
    form(rf"{_ASK}(?: the dot product of)?(?: the vectors)? (?P<a>@(?: and @)?)", _dot),
    form(rf"{_ASK}(?: the cross product of)?(?: the vectors)? (?P<a>@(?: and @)?)", _cross),
    form(rf"{_ASK} the inverse of the matrix (?P<a>@)(?: if the inverse does not exist then enter the zero matrix)?", _inverse),
    form(r"find (?P<goal>@) so that(?: the vectors)? (?P<a>@ and @) are orthogonal", _orthogonal),
    form(r"(?:find|compute|determine) the projection of(?: the vector)? (?P<v>@) onto(?: the vector)? (?P<w>@)", _projection),
)
