r"""Questions about right triangles and about points in other coordinates."""

import re
from collections.abc import Sequence
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import Value, evaluate
from stages.instructor.symbolic.formulas.work import equal, over

_RIGHT = re.compile(r"(?:m\s*)?\\angle\s*([A-Z]{1,3})\s*=\s*90(?:\^\s*\{?\\circ\}?)")
_SIDE = re.compile(r"([A-Z]{2})\s*=\s*(.+)")
_ASKED = re.compile(r"\\(sin|cos|tan)\s*(?:\\angle\s*)?([A-Z])")
_TRIANGLE = re.compile(r"(?:\\(?:triangle|bigtriangleup)\s*)?([A-Z]{3})")


def _right_triangle(groups: Groups, _: Match) -> Computed:
    """Find a sine, cosine or tangent from two sides."""
    triangle, asked = _TRIANGLE.fullmatch(groups["triangle"][0].strip()), _ASKED.fullmatch(groups["goal"][0].strip())
    right, sides = "", {}
    for slot in groups["facts"]:
        for piece in split_commas(slot):
            if found := _RIGHT.fullmatch(piece.strip()):
                right = found[1][len(found[1]) // 2]
            elif found := _SIDE.fullmatch(piece.strip()):
                sides[frozenset(found[1])] = found[2].strip()
            else:
                raise UnreadableError
    if not triangle or not asked or right not in triangle[1] or len(sides) != 2 or asked[2] not in triangle[1]:
        raise UnreadableError
    return _ratio(triangle[1], right, sides, asked[1], asked[2])


def _ratio(triangle: str, right: str, sides: dict[frozenset[str], str], function: str, corner: str) -> Computed:
    if corner == right or not all(len(side) == 2 and side <= set(triangle) for side in sides):
        raise UnreadableError
    third = next(iter(set(triangle) - {corner, right}))
    opposite, adjacent, hypotenuse = map(frozenset, ((right, third), (right, corner), (corner, third)))
    wanted = {"sin": (opposite, hypotenuse), "cos": (adjacent, hypotenuse), "tan": (opposite, adjacent)}[function]
    missing = next(iter({opposite, adjacent, hypotenuse} - set(sides)))

    def by_sympy() -> list[Any]:
        from sympy import sqrt

        lengths = {side: exact.read(text) for side, text in sides.items()}
        squares = [length**2 for side, length in lengths.items() if side != hypotenuse]
        inner = sum(squares) if missing == hypotenuse else lengths[hypotenuse] ** 2 - squares[0]
        if not inner.is_positive:
            raise UnsolvedError
        lengths[missing] = sqrt(inner)
        return [exact.settled(lengths[wanted[0]] / lengths[wanted[1]])]

    def lengths_by_hand() -> dict[frozenset[str], float]:
        found = {side: float(evaluate(parse(text))) for side, text in sides.items()}
        legs = [length for side, length in found.items() if side != hypotenuse]
        found[missing] = (
            sum(leg * leg for leg in legs) if missing == hypotenuse else found[hypotenuse] ** 2 - legs[0] ** 2
        ) ** 0.5
        return found

    def by_hand() -> list[Value]:
        found = lengths_by_hand()
        if isinstance(found[missing], complex) or found[missing] <= 0:
            raise UnreadableError
        return [found[wanted[0]] / found[wanted[1]]]

    def lines(written: Sequence[str]) -> list[str]:
        from sympy import sqrt

        named = {side: _named(side, triangle) for side in (*sides, missing)}
        legs = [side for side in sides if side != hypotenuse]
        sign = " + " if missing == hypotenuse else " - "
        order = legs if missing == hypotenuse else [hypotenuse, *legs]
        squares = [exact.read(sides[side]) ** 2 for side in order]
        length = exact.settled(sqrt(sum(squares) if missing == hypotenuse else squares[0] - squares[1]))
        texts = {**sides, missing: next(exact.writings(length))}
        root = f"\\sqrt{{{sign.join(f'({sides[side]})^2' for side in order)}}}"
        asked = f"\\{function} {corner}"
        quotients = [over(*(lengths[side] for side in wanted)) for lengths in (named, texts)]
        return [
            f"The hypotenuse is ${named[hypotenuse]}$, opposite the right angle at ${right}$.",
            f"By the Pythagorean theorem, {equal([named[missing], root, texts[missing]])}.",
            f"So {equal(list(dict.fromkeys([asked, *quotients, written[0]])))}.",
        ]

    return Computed(by_sympy, by_hand, lines, inner=())


def _named(side: frozenset[str], triangle: str) -> str:
    return "".join(sorted(side, key=triangle.index))


def _polar(groups: Groups, match: Match) -> Computed:
    """Convert polar, cylindrical or spherical coordinates to rectangular ones."""
    kind = match["kind"]
    inner = re.search(
        r"\((?:\\rho,\s*\\theta,\s*\\phi\)\s*=\s*(?:\\left\s*)?\()?(.*?)(?:\\right)?\s*\)\s*$",
        groups["a"][0].strip(),
        re.DOTALL,
    )
    texts = [text.strip() for text in split_commas(inner[1])] if inner else []
    if len(texts) != (2 if kind == "polar" else 3) or "=" in "".join(texts):
        raise UnreadableError
    shown = _rectangular_texts(kind, texts)

    def by_sympy() -> list[Any]:
        from sympy import cos, sin

        r, theta, *rest = map(exact.read, texts)
        if kind == "spherical":
            across = r * sin(rest[0])
            return [exact.settled(value) for value in (across * cos(theta), across * sin(theta), r * cos(rest[0]))]
        return [exact.settled(value) for value in (r * cos(theta), r * sin(theta), *rest)]

    def by_hand() -> list[Value]:
        return [evaluate(parse(text)) for text in shown]

    def lines(written: Sequence[str]) -> list[str]:
        parts = [
            equal([name, *([] if text == value else [text]), value])
            for name, text, value in zip("xyz", shown, written, strict=False)
        ]
        return [f"The rectangular coordinates are {', '.join(parts)}."]

    return Computed(by_sympy, by_hand, lines, "(" + ", ".join("@" * len(texts)) + ")")


def _rectangular_texts(kind: str, texts: Sequence[str]) -> list[str]:
    r = texts[0] if texts[0].isdigit() else f"\\left({texts[0]}\\right)"
    theta, *rest = (f"\\left({text}\\right)" for text in texts[1:])
    if kind == "spherical":
        across = f"{r} \\sin {rest[0]}"
        return [f"{across} \\cos {theta}", f"{across} \\sin {theta}", f"{r} \\cos {rest[0]}"]
    return [f"{r} \\cos {theta}", f"{r} \\sin {theta}", *texts[2:]]


FORMS: tuple[Form, ...] = (
    form(
        r"in(?: right)?(?: triangle)? (?P<triangle>@) (?:with |we have |where )?(?P<facts>@(?: (?:we have "
        r")?(?:and )?@)*) (?:find|what is|compute)(?: the value of)? (?P<goal>@)",
        _right_triangle,
    ),
    form(
        r"in(?: right)? triangle (?P<triangle>@) (?P<facts>@(?: (?:and )?@)*) (?:find|what is|compute)(?: the "
        r"value of)? (?P<goal>@)",
        _right_triangle,
    ),
    form(
        r"convert the point (?P<a>@) in (?P<kind>polar|cylindrical|spherical) coordinates to rectangular coordinates",
        _polar,
    ),
)
