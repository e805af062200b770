r"""Questions in words for a calculation: products and quotients, rounding, decimals and their digits."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import Facts
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.given import Given
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.forms.whole import whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import Value, evaluate
from stages.instructor.symbolic.formulas.work import equal, over

_PLACES = {"integer": 0, "whole number": 0, "tenth": 1, "hundredth": 2, "thousandth": 3}
_LONGEST_PERIOD = 60


def _product(groups: Groups, _: Match) -> Given:
    return Given(Facts(), r" \cdot ".join(f"({slot})" if re.search("[-+]", slot) else slot for slot in groups["a"]))


def _quotient(groups: Groups, _: Match) -> Given:
    return Given(Facts(), over(*groups["a"]))


def _rounded(groups: Groups, match: Match) -> Computed:
    text, places = groups["a"][0], _PLACES[match["place"]]
    digits = text.partition(".")[2]
    if not re.fullmatch(r"\d+\.\d+", text) or len(digits) <= places or digits[places:].rstrip("0") == "5":
        raise UnreadableError  # half way between two is rounded in two ways

    def by_sympy() -> list[Any]:
        from sympy import Rational, floor

        scale = Rational(10) ** places
        return [f"{float(floor(Rational(text) * scale + Rational(1, 2)) / scale):.{places}f}"]

    def by_hand() -> list[Value]:
        return [Fraction(Decimal(text).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))]

    def lines(written: Sequence[str]) -> list[str]:
        unit = Fraction(1, 10**places)
        low = Fraction(text) // unit * unit
        below, above = (f"{float(value):.{places}f}" for value in (low, low + unit))
        return [
            f"The number ${text}$ lies between ${below}$ and ${above}$.",
            f"The middle between them is ${float(low + unit / 2):.{places + 1}f}$, so the nearest is ${written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _as_decimal(groups: Groups, _: Match) -> Computed:
    text = groups["a"][0]
    tree = parse(text)

    def by_sympy() -> list[Any]:
        value = exact.read(text)
        if not value.is_Rational or value.q == 1:
            raise UnsolvedError
        return [value]

    def lines(written: Sequence[str]) -> list[str]:
        value = Fraction(evaluate(tree))
        places = next((k for k in range(1, 8) if 10**k % value.denominator == 0), 0)
        if not places:
            raise UnsolvedError
        shown = chain(tree, written[0])[:-1]
        widened = [over(str(value * 10**places), str(10**places))] if "\\frac" in shown[-1] else []
        return [f"{equal(list(dict.fromkeys([*shown, *widened, written[0]])))}."]

    return Computed(by_sympy, lambda: [evaluate(tree)], lines)


def _digit(groups: Groups, _: Match) -> Computed:
    """Return a digit behind the decimal point of a fraction, where its digits repeat."""
    text, place = groups["a"][0], whole(groups["n"][0])
    value = evaluate(parse(text))
    if not isinstance(value, Fraction) or value <= 0:
        raise UnreadableError
    start, period = _expansion(value)
    if place <= len(start) or not period:
        raise UnreadableError
    position = (place - len(start) - 1) % len(period)

    def by_sympy() -> list[Any]:
        from sympy import Mod, Pow, floor

        found = exact.read(text)
        return [floor(Mod(found.p * Mod(Pow(10, place - 1, evaluate=False), found.q), found.q) * 10 / found.q)]

    def lines(written: Sequence[str]) -> list[str]:
        repeats = f", which repeats every {len(period)} digits" if len(period) > 1 else ""
        return [
            f"As a decimal, the number is ${int(value)}.{start}\\overline{{{period}}}${repeats}.",
            f"The digit asked for is number {position + 1} of what repeats: ${written[0]}$.",
        ]

    return Computed(by_sympy, lambda: [int(period[position])], lines)


def _expansion(value: Fraction) -> tuple[str, str]:
    """Return the digits of a fraction behind the point: those before what repeats, and what repeats, if not long."""
    rest, seen, digits = value.numerator % value.denominator, dict[int, int](), ""
    while rest and rest not in seen and len(digits) < 2 * _LONGEST_PERIOD:
        seen[rest] = len(digits)
        digit, rest = divmod(rest * 10, value.denominator)
        digits += str(digit)
    start = seen.get(rest, len(digits))
    return (digits[:start], digits[start:]) if len(digits) - start <= _LONGEST_PERIOD else (digits, "")


_TO_NEAREST = rf"to the nearest (?P<place>{'|'.join(_PLACES)})"

FORMS: tuple[Form, ...] = (
    form(rf"{ASK} the product of (?P<a>@ and @)", _product),
    form(rf"{ASK} (?P<a>@ divided by @)", _quotient),
    form(rf"round (?P<a>@) {_TO_NEAREST}", _rounded),
    form(rf"round {_TO_NEAREST} (?P<a>@)", _rounded),
    form(r"(?:express|write) (?P<a>@) as a(?: terminating)? decimal", _as_decimal),
    form(
        rf"{ASK} the (?P<n>@)(?:th|st|nd|rd) digit (?:after|to the right of|beyond) the decimal point (?:when|in the "
        rf"decimal representation of) (?P<a>@)(?: is expressed as a decimal)?",
        _digit,
    ),
)
