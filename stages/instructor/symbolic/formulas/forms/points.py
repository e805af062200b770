"""Questions about points: distances, midpoints, areas of triangles, and rectangular coordinates."""

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
from stages.instructor.symbolic.formulas.steps import fraction
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree
from stages.instructor.symbolic.formulas.values import Value, evaluate
from stages.instructor.symbolic.formulas.work import equal, over

_POINT = re.compile(r"(?:[A-Z]\s*=?\s*)?(?:\\left)?\((.*?)(?:\\right)?\)", re.DOTALL)
_BETWEEN_POINTS = re.compile(r"(?<=\))\s*,?\s*(?:\\text\{ ?and ?\})?(?=\(|[A-Z]\()")
_COORDINATES = re.compile(r"\((?:\\rho,\s*\\theta,\s*\\phi\)\s*=\s*(?:\\left\s*)?\()?(.*?)(?:\\right)?\s*\)", re.DOTALL)


class _Point:
    """A point with fractions as coordinates; they are kept as text too."""

    def __init__(self, text: str) -> None:
        found = _POINT.fullmatch(text.strip())
        if found is None:
            raise UnreadableError
        self.texts = [part.strip() for part in split_commas(found[1])]
        self.trees = [parse(part) for part in self.texts]
        self.values = [evaluate(tree) for tree in self.trees]
        if not 2 <= len(self.values) <= 3 or not all(isinstance(value, Fraction) for value in self.values):
            raise UnreadableError

    def exact(self) -> Any:
        from sympy import Point

        return Point(*map(exact.read, self.texts))


def _points(slots: Sequence[str], count: int) -> list[_Point]:
    """Read so many different points of one dimension."""
    points = [_Point(piece) for slot in slots for piece in _BETWEEN_POINTS.split(slot) if piece]
    sizes, different = {len(point.values) for point in points}, {tuple(point.values) for point in points}
    if len(points) != count or len(sizes) != 1 or len(different) < count:
        raise UnreadableError
    return points


def _held(text: str, tree: Tree) -> str:
    """Write a coordinate behind a sign."""
    return f"({text})" if tree.op in ("neg", "+", "-") else text


def _distance(groups: Groups, _: Match) -> Computed:
    first, second = _points(groups["points"], 2)
    squares = sum(((a - b) ** 2 for a, b in zip(first.values, second.values, strict=True)), Fraction(0))

    def by_hand() -> list[Value]:
        return [evaluate(Tree("root", (Tree("number", value=squares), Tree("number", value=Fraction(2)))))]

    def lines(written: Sequence[str]) -> list[str]:
        pairs = zip(second.texts, first.texts, first.trees, strict=True)
        terms = " + ".join(f"({b} - {_held(a, tree)})^2" for b, a, tree in pairs)
        roots = [f"\\sqrt{{{inner}}}" for inner in (terms, fraction(squares))]
        return [f"By the distance formula, {equal(list(dict.fromkeys([*roots, written[0]])))}."]

    return Computed(lambda: [exact.settled(first.exact().distance(second.exact()))], by_hand, lines)


def _midpoint(groups: Groups, match: Match) -> Computed:
    first, second = _points(groups["points"], 2)
    summed = match.groupdict().get("sum") is not None
    middle = [(a + b) / 2 for a, b in zip(first.values, second.values, strict=True)]

    def by_sympy() -> list[Any]:
        found = list(first.exact().midpoint(second.exact()))
        return [sum(found)] if summed else found

    def lines(written: Sequence[str]) -> list[str]:
        ends = zip(first.texts, second.texts, second.trees, strict=True)
        means = [over(f"{a} + {_held(b, tree)}", "2") for a, b, tree in ends]
        shown = [equal([mean, fraction(value)]) for mean, value in zip(means, middle, strict=True)]
        found = [f"The coordinates of the midpoint are {' and '.join(shown)}."]
        terms = " + ".join(fraction(value) if value >= 0 else f"({fraction(value)})" for value in middle)
        return [*found, f"Their sum is {equal([terms, written[0]])}."] if summed else found

    frame = "@" if summed else f"({', '.join('@' * len(middle))})"
    return Computed(by_sympy, lambda: [sum(middle, Fraction(0))] if summed else middle, lines, frame)


def _area(groups: Groups, _: Match) -> Computed:
    points = _points(groups["points"], 3)
    if len(points[0].values) != 2:
        raise UnreadableError
    (a, b), (c, d), (e, f) = (point.values for point in points)

    def by_sympy() -> list[Any]:
        from sympy import Triangle

        shape = Triangle(*(point.exact() for point in points))
        if not isinstance(shape, Triangle):
            raise UnsolvedError
        return [abs(shape.area)]

    def lines(written: Sequence[str]) -> list[str]:
        p, q, r, s = map(fraction, (c - a, d - b, e - a, f - b))
        return [
            f"From the first vertex, the sides go by $({p}, {q})$ and $({r}, {s})$, so the area is "
            f"{equal([over('1', '2') + f'|({p})({s}) - ({r})({q})|', written[0]])}."
        ]

    return Computed(by_sympy, lambda: [abs((c - a) * (f - b) - (e - a) * (d - b)) / 2], lines)


def _rectangular(groups: Groups, match: Match) -> Computed:
    """Convert polar, cylindrical or spherical coordinates to rectangular ones."""
    kind = match["kind"]
    inner = _COORDINATES.search(groups["a"][0].strip())
    texts = [text.strip() for text in split_commas(inner[1])] if inner else []
    if len(texts) != (2 if kind == "polar" else 3) or "=" in "".join(texts):
        raise UnreadableError
    shown = _products(kind, texts)

    def by_sympy() -> list[Any]:
        from sympy import cos, sin

        r, theta, *rest = map(exact.read, texts)
        if kind == "spherical":
            (phi,) = rest
            found = [r * sin(phi) * cos(theta), r * sin(phi) * sin(theta), r * cos(phi)]
        else:
            found = [r * cos(theta), r * sin(theta), *rest]
        return list(map(exact.settled, found))

    def lines(written: Sequence[str]) -> list[str]:
        parts = [
            equal(list(dict.fromkeys([name, text, value])))
            for name, text, value in zip("xyz", shown, written, strict=False)
        ]
        return [f"The rectangular coordinates are {', '.join(parts)}."]

    return Computed(
        by_sympy, lambda: [evaluate(parse(text)) for text in shown], lines, f"({', '.join('@' * len(texts))})"
    )


def _products(kind: str, texts: Sequence[str]) -> list[str]:
    """Write rectangular coordinates as products with sines and cosines."""
    r = texts[0] if texts[0].isdigit() else f"\\left({texts[0]}\\right)"
    theta, *rest = (f"\\left({text}\\right)" for text in texts[1:])
    if kind != "spherical":
        return [f"{r} \\cos {theta}", f"{r} \\sin {theta}", *texts[2:]]
    across = f"{r} \\sin {rest[0]}"
    return [f"{across} \\cos {theta}", f"{across} \\sin {theta}", f"{r} \\cos {rest[0]}"]


_MIDDLE = r"(?:midpoint of the (?:line )?segment (?:with endpoints|joining)|point halfway between)(?: the points)?"

FORMS: tuple[Form, ...] = (
    form(
        rf"{ASK} the distance(?: in units)? between(?: the)?(?: points)? (?P<points>@ and @)(?: in units)?", _distance
    ),
    form(
        rf"{ASK} the (?:(?P<sum>sum) of the )?(?:coordinates of the )?{_MIDDLE} (?P<points>@ and @)",
        _midpoint,
    ),
    form(
        rf"{ASK} the area(?: in square units)? of (?:the|a) triangle (?:with|whose) vertices (?:are )?(?:at )?"
        rf"(?P<points>{SLOTS})",
        _area,
    ),
    form(
        r"convert the point (?P<a>@) in (?P<kind>polar|cylindrical|spherical) coordinates to rectangular coordinates",
        _rectangular,
    ),
)
