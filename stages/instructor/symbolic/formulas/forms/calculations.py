r"""Questions in words for a calculation: "What is $\frac56$ of 30?", "Subtract 2.5 from 7.", digits of decimals."""

import re
from collections.abc import Callable, Sequence
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
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_PLACES = {
    "integer": 0,
    "whole number": 0,
    "tenth": 1,
    "hundredth": 2,
    "thousandth": 3,
    "ten": -1,
    "hundred": -2,
    "thousand": -3,
}
_ATOM = re.compile(
    r"-?[\d.,]+(?:\\?%)?|\\[dt]?frac\s*(?:\{\d+\}|\d)\s*(?:\{\d+\}|\d)(?:\\%)?|\d+\\[dt]?frac\s*(?:\{\d+\}|"
    r"\d)\s*(?:\{\d+\}|\d)"
)


def _held(slot: str) -> str:
    slot = re.sub(r"(?<!\\)%", r"\\%", slot)
    return slot if _ATOM.fullmatch(slot) and not slot.startswith("-") else f"({slot})"


def _joined(sign: str, *, turned: bool = False) -> Callable[[Groups, Match], Given]:
    """Return the calculation of formulas with a sign between them."""

    def build(groups: Groups, _: Match) -> Given:
        slots = list(map(_held, reversed(groups["a"]) if turned else groups["a"]))
        if len(slots) < 2 or (turned and len(slots) > 2) or any("," in slot and "(" in slot for slot in slots):
            raise UnreadableError
        goal = rf"\frac{{{slots[0]}}}{{{slots[1]}}}" if sign == "/" else f" {sign} ".join(slots)
        return Given(Facts(), goal)

    return build


def _decimal_text(slot: str) -> str:
    if not re.fullmatch(r"\d+(?:\.\d+)?", slot):
        raise UnreadableError
    return slot


def _percent_of(groups: Groups, _: Match) -> Computed:
    """Tell what percent one number is of another."""
    part, whole = groups["part"][0], groups["whole"][0]
    trees = parse(part), parse(whole)

    def by_sympy() -> list[Any]:
        return [exact.settled(100 * exact.read(part) / exact.read(whole))]

    def by_hand() -> list[Value]:
        return [evaluate(trees[0]) / evaluate(trees[1]) * 100]

    def lines(written: Sequence[str]) -> list[str]:
        share = f"\\frac{{{part}}}{{{whole}}}"
        hundred = f"100 \\cdot {share}"
        return [f"The share is ${share}$, and {equal([hundred, written[0]])}, so it is ${written[0]}$ percent."]

    return Computed(by_sympy, by_hand, lines)


def _rounded(groups: Groups, match: Match) -> Computed:
    text, places = _decimal_text(groups["a"][0]), _PLACES[match["place"]]
    digits = text.partition(".")[2]
    if places >= 0 and len(digits) <= places:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Rational, floor

        scale = Rational(10) ** places
        value = floor(Rational(text) * scale + Rational(1, 2)) / scale
        return [f"{float(value):.{places}f}" if places > 0 else str(value)]

    def by_hand() -> list[Value]:
        return [Fraction(Decimal(text).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))]

    def lines(written: Sequence[str]) -> list[str]:
        unit = Fraction(10) ** -places
        low = Fraction(text) // unit * unit
        return [
            f"The number ${text}$ lies between ${_plain(low, places)}$ and ${_plain(low + unit, places)}$.",
            f"The middle between them is ${_plain(low + unit / 2, places + 1)}$, so the nearest is ${written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _plain(value: Fraction, places: int) -> str:
    return f"{Decimal(value.numerator) / Decimal(value.denominator):.{max(places, 0)}f}"


def _as_decimal(groups: Groups, _: Match) -> Computed:
    text = groups["a"][0]
    tree = parse(text)

    def by_sympy() -> list[Any]:
        value = exact.read(text)
        if not value.is_Rational or value.q == 1:
            raise UnsolvedError
        return [value]

    def by_hand() -> list[Value]:
        value = evaluate(tree)
        if not isinstance(value, Fraction):
            raise UndefinedError("no fraction")
        return [value]

    def lines(written: Sequence[str]) -> list[str]:
        value = evaluate(tree)
        places = next(k for k in range(1, 9) if 10**k % value.denominator == 0)
        widened = rf"\frac{{{value * 10**places}}}{{{10**places}}}"
        shown = chain(tree, "")[:-1] if tree.op != "/" or any(part.op != "number" for part in tree.args) else [text]
        return [f"{equal(list(dict.fromkeys([*shown, widened, written[0]])))}."]

    return Computed(by_sympy, by_hand, lines)


def _digit(groups: Groups, _: Match) -> Computed:
    """Return a digit behind the decimal point of a fraction."""
    text, place = groups["a"][0], int(groups["n"][0])
    value = evaluate(parse(text))
    if not isinstance(value, Fraction) or value.denominator == 1 or not 1 <= place <= 10**5 or not value > 0:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Integer, Mod, Pow, floor

        found = exact.read(text)
        rest = Mod(Integer(found.p) * Mod(Pow(10, place - 1, evaluate=False), found.q), found.q)
        return [floor(rest * 10 / found.q)]

    def by_hand() -> list[Value]:
        rest = value.numerator % value.denominator
        digit = 0
        for _ in range(place):
            digit, rest = divmod(rest * 10, value.denominator)
        return [Fraction(digit)]

    def lines(written: Sequence[str]) -> list[str]:
        start, period = _expansion(value)
        if not period or len(period) > 60:
            raise UnsolvedError
        whole = value.numerator // value.denominator
        position = (place - len(start) - 1) % len(period) + 1
        if place <= len(start):
            raise UnsolvedError
        return [
            f"As a decimal, the number is ${whole}.{start}\\overline{{{period}}}$, which repeats every "
            f"{len(period)} digits."
            if len(period) > 1
            else f"As a decimal, the number is ${whole}.{start}\\overline{{{period}}}$.",
            f"The digit asked for is number {position} of what repeats: ${written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _expansion(value: Fraction) -> tuple[str, str]:
    rest, seen, digits = value.numerator % value.denominator, {}, ""
    while rest and rest not in seen and len(digits) < 400:
        seen[rest] = len(digits)
        digit, rest = divmod(rest * 10, value.denominator)
        digits += str(digit)
    if not rest:
        return digits, ""
    return digits[: seen[rest]], digits[seen[rest] :]


def _mean(groups: Groups, match: Match) -> Computed:
    numbers = [part for slot in groups["a"] for part in re.split(r",\s+(?:and )?", slot)]
    trees = [parse(number) for number in numbers]
    values = [evaluate(tree) for tree in trees]
    median = match["what"] == "median"
    if len(values) < 3 or not all(isinstance(value, Fraction) for value in values):
        raise UnreadableError

    def by_sympy() -> list[Any]:
        found = [exact.read(number) for number in numbers]
        if not median:
            return [sum(found) / len(found)]
        ordered = sorted(found)
        return [(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2]

    def by_hand() -> list[Value]:
        import statistics

        return [Fraction(statistics.median(values)) if median else sum(values, Fraction(0)) / len(values)]

    def lines(written: Sequence[str]) -> list[str]:
        if median:
            ordered = sorted(zip(values, numbers, strict=True))
            return [
                f"In order, the numbers are ${', '.join(number for _, number in ordered)}$, and the median is "
                f"${written[0]}$."
            ]
        total = sum(values, Fraction(0))
        joined = " + ".join(number if not number.startswith("-") else f"({number})" for number in numbers)
        quotients = [f"\\frac{{{top}}}{{{len(numbers)}}}" for top in (joined, total)]
        return [f"The mean of the {len(numbers)} numbers is {equal([*quotients, written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(rf"{ASK} (?P<a>@(?: of @)+)", _joined(r"\cdot")),
    form(rf"{ASK} (?P<a>@ times @)", _joined(r"\cdot")),
    form(rf"(?:{ASK} the product of|multiply) (?P<a>@ (?:and|by|times) @)", _joined(r"\cdot")),
    form(rf"(?:{ASK} the sum of|add) (?P<a>@ (?:and|to) @)", _joined("+")),
    form(rf"{ASK} (?P<a>@ (?:plus|more than|increased by) @)", _joined("+")),
    form(rf"{ASK} the difference (?:between|of) (?P<a>@ and @)", _joined("-")),
    form(r"subtract (?P<a>@ from @)", _joined("-", turned=True)),
    form(rf"{ASK} (?P<a>@ (?:minus|decreased by) @)", _joined("-")),
    form(rf"{ASK} (?P<a>@ less than @)", _joined("-", turned=True)),
    form(rf"(?:{ASK} |divide )(?P<a>@ (?:divided )?by @)", _joined("/")),
    form(rf"(?:{ASK} )?what percent of (?P<whole>@) is (?P<part>@)", _percent_of),
    form(r"(?P<part>@) is what percent of (?P<whole>@)", _percent_of),
    form(
        r"round (?P<a>@) to the nearest (?P<place>integer|whole number|tenth|hundredth|thousandth|ten|hundred|"
        r"thousand)",
        _rounded,
    ),
    form(
        r"round to the nearest (?P<place>integer|whole number|tenth|hundredth|thousandth|ten|hundred|thousand) "
        r"(?P<a>@)",
        _rounded,
    ),
    form(r"(?:express|write|rewrite|convert) (?P<a>@) (?:as|to|in)(?: a)?(?: terminating)? decimal", _as_decimal),
    form(
        rf"{ASK} the (?P<n>@)(?:th|st|nd|rd) digit (?:after|to the right of|beyond|past) the decimal point (?:of|"
        rf"in|when)(?: the)?(?: decimal)?(?: representation| expansion)?(?: of)? ?(?P<a>@)(?: is expressed as a "
        rf"decimal)?",
        _digit,
    ),
    form(
        rf"{ASK} the(?: arithmetic)? (?P<what>mean|average|median) of (?:the (?:numbers|set of numbers|integers|"
        rf"fractions|following numbers) )?(?P<a>@(?: (?:and )?@)*)",
        _mean,
    ),
)
