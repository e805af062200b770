"""Questions about points: distances, midpoints, slopes, triangles."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK, SLOTS
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import latex
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree
from stages.instructor.symbolic.formulas.values import Value, evaluate
from stages.instructor.symbolic.formulas.work import equal, over

_POINT = re.compile(r"(?:[A-Z]\s*=?\s*)?(?:\\left)?\((.*?)(?:\\right)?\)", re.DOTALL)
_UNITS = r"(?: in units| in the coordinate plane| in the cartesian plane| in simplest radical form)?"
_SEGMENT = r"(?:the )?(?:line )?segment"
_ENDS = (
    r"(?:with endpoints(?: at)?|joining|whose endpoints are(?: at)?|connecting|that joins|between|having "
    r"endpoints|with ends at)"
)


class _Point:
    """A point with its coordinates as text, by SymPy and as fractions."""

    def __init__(self, slot: str) -> None:
        found = _POINT.fullmatch(slot.strip())
        if found is None:
            raise UnreadableError
        self.texts = [text.strip() for text in split_commas(found[1])]
        self.trees = [parse(text) for text in self.texts]
        self.values = [evaluate(tree) for tree in self.trees]
        if not 2 <= len(self.values) <= 3 or not all(isinstance(value, Fraction) for value in self.values):
            raise UnreadableError

    def exact(self) -> list[Any]:
        return [exact.read(text) for text in self.texts]


def _points(slots: Sequence[str], count: int) -> list[_Point]:
    points = [_Point(piece) for slot in slots for piece in _apart(slot)]
    if (
        len(points) != count
        or len({len(point.values) for point in points}) != 1
        or len({tuple(p.values) for p in points}) < count
    ):
        raise UnreadableError
    return points


def _apart(slot: str) -> list[str]:
    return [piece for piece in re.split(r"(?<=\))\s*,?\s*(?:\\text\{ ?and ?\})?(?=\(|[A-Z]\()", slot) if piece]


def _held(text: str, tree: Tree) -> str:
    """Write a coordinate behind a minus sign."""
    return f"({text})" if tree.op in ("neg", "+", "-") else text


def _differences(first: _Point, second: _Point) -> list[str]:
    return [f"{b} - {_held(a, tree)}" for a, b, tree in zip(first.texts, second.texts, first.trees, strict=True)]


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
        sums = [
            rf"\frac{{{a} + {_held(b, tree)}}}{{2}}"
            for a, b, tree in zip(first.texts, second.texts, second.trees, strict=True)
        ]
        found = [
            f"The coordinates of the midpoint are "
            f"{' and '.join(equal([s, m]) for s, m in zip(sums, middle, strict=True))}."
        ]
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
        steps = [
            f"{m} + ({m} - {_held(e, tree)})" for m, e, tree in zip(middle.texts, end.texts, end.trees, strict=True)
        ]
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
        return [f"The slope is {equal([over(rise, run), written[0]])}."]

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
        return [f"{lead}, so the area is {equal([over('1', '2') + f'|{inner}|', written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(
        rf"{ASK} the distance{_UNITS} (?:between|from)(?: the)?(?: points| pair of points)?(?: with "
        rf"coordinates)? (?P<points>@(?: and| to)? @){_UNITS}",
        _distance,
    ),
    form(rf"{ASK} the distance{_UNITS} between(?: the)?(?: points)? (?P<points>@)", _distance),
    form(
        rf"{ASK} the (?:coordinates of the )?(?:midpoint|point halfway between|point) (?:of {_SEGMENT} {_ENDS} |"
        rf"of {_SEGMENT} from |halfway between |between )?(?:the )?(?:points )?(?P<points>@(?: and| to)? @)",
        _midpoint,
    ),
    form(
        rf"{ASK} the (?P<of>sum|product) of the coordinates of the midpoint of (?:{_SEGMENT} {_ENDS}|the points) "
        rf"(?:the points )?(?P<points>@ and @)",
        _midpoint,
    ),
    form(
        r"the points (?P<points>@ and @) are the endpoints of a diameter of a circle what (?:is the (?P<of>sum) "
        r"of|are) the coordinates of the center of the circle",
        _midpoint,
    ),
    form(
        r"the endpoints of a diameter of circle @ are (?P<points>@ and @) what are the coordinates of the center "
        r"of circle @",
        _midpoint,
    ),
    form(
        r"a line segment has endpoints(?: at)? (?P<points>@ and @) what is the (?P<of>sum|product) of the "
        r"coordinates of its midpoint",
        _midpoint,
    ),
    form(
        rf"the midpoint of (?:a )?(?:{_SEGMENT}) is(?: located at)? (?P<middle>@) if one of the endpoints is(?: "
        rf"located at)? (?P<end>@) what is the other endpoint",
        _other_end,
    ),
    form(
        rf"the point with coordinates (?P<middle>@) is the midpoint of {_SEGMENT} with one endpoint at "
        rf"(?P<end>@) find the (?P<of>sum) of the coordinates of the other endpoint",
        _other_end,
    ),
    form(
        rf"{ASK} the slope of the line (?:passing through|containing|through|that passes through|that contains|"
        rf"connecting|joining)(?: the)?(?: points)? (?P<points>@ and @)",
        _slope,
    ),
    form(
        rf"{ASK} the area(?: in square units)? of(?: the)?(?: a)? triangle (?:with|whose) vertices (?:at |are at "
        rf"|are |located at )?(?:the points )?(?P<points>{SLOTS})",
        _area,
    ),
)
