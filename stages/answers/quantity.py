r"""Read a number as people write one, exactly and without SymPy.

    "$1,234.50"      2469/2, in dollars       "2 1/2"           5/2
    "25%"            25, percent              "3 \times 10^3"   3000
    "12 apples"      12                       "90 minutes"      90, in minutes

Values are fractions, so that nothing is equal by early rounding. A text that holds more than one number, or a number
and a formula that does not evaluate, is no quantity.
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from stages.answers.numerals import CARDINALS, PARTS, SCALES, parse_words
from stages.answers.values import MAX_DIGITS, evaluate

NUMBER = (
    r"(?:[1-9]\d{0,2}(?P<separator>[ ,'])\d{3}(?:(?P=separator)\d{3})*(?!\d)"
    r"|[1-9]\d?(?:,\d\d)+,\d{3}(?!\d)|\d+)?(?:\.\d+)?"
)
"""A number without sign: grouped by thousands, grouped as lakhs, or plain; its one named group is `separator`."""

_PLACES_FOR_EXACT = 6
"""Decimals that a rounded value must show to stand for an exact one."""
_PLACES_OF_A_FLOAT = 9
_FLOAT_ERROR = Fraction(1, 10**12)
"""What a sum in double precision may be off by, of its value. It is printed with more decimals than a person writes."""

_HEAD = re.compile(
    r"(?P<sign>[-+]?)\s?(?P<money>(?:(?:(?:US|C|A)?[$€£¥₹]|USD|EUR|Rs\.?)\s?)?)(?P<inner_sign>-?)"
    r"(?:(?P<whole>\d{1,9})\s(?:and\s)?(?=\d+\s?/\s?\d))?"
    rf"(?=\.?\d)(?P<number>{NUMBER})\.?"
    r"(?:\s?/\s?(?P<denominator>\d+)(?![\d.]))?"
    r"(?:[eE](?P<exponent>[-+]?\d{1,3})(?!\d))?"
    r"(?:\s?(?P<percent>%|percent\b|per\scent\b|pct\b))?"
)
_SCALE = re.compile(r"\s?(hundred|thousand|million|billion|trillion)\b", re.IGNORECASE)
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}

# A unit is a few words without digits or operators; behind it may stand a remark, which may hold anything.
_REST = re.compile(
    r"(?P<unit>[^\d=+*<>\\_|{}\[\]:^,;()!]*?(?:(?<=[a-zA-Z])\s?\^\s?\{?[23]\}?)?)"
    r"(?:$|[,;]\s(?!\s*(?:(?:or|and)\b|[-+$(\\.\d]|[a-zA-Z](?:_\w+)?\s?=))|\s\((?![\d\s]*\))|\.\s"
    r"|\b(?:because|since|after|before|for|of|out|in|per|from|at|when|if|which|that|so|with|not)\b)"
)
_FIRST_WORD = re.compile(r"\s?(?!a\s[a-z]{2})(?:[-/]\s?)?([a-zA-Z]+)")
_DANGLING = re.compile(r"\s*[-/]\s*")
_FUNCTIONS = frozenset({"pi", "ln", "sqrt", "sin", "cos", "tan", "log", "exp"})
_LETTERS = frozenset({"abc", "abcd", "pqr", "rst", "uvw", "xyz", "wxyz"})
_CALCULATED = "plus|minus|times|between|squared|cubed"
_ALTERNATIVE = re.compile(rf"\b(?:or|to|and|{_CALCULATED})\b", re.IGNORECASE)
_MAX_UNIT_WORDS = 8

_WORD = "|".join([*CARDINALS, *SCALES])
_SPELLED = re.compile(
    rf"(?:an?\s(?=hundred|thousand|million|half))?(?:(?:{_WORD})(?:[\s-]+(?:and\s+)?(?=(?:{_WORD})\b)|\b))*",
    re.IGNORECASE,
)
_SIGN = re.compile(r"(?:negative|minus)\s+", re.IGNORECASE)
_PART = re.compile(rf"[\s-](?:{'|'.join(PARTS)})\b", re.IGNORECASE)

_CONVERTIBLE = {
    "time": {"s sec second": 1, "min minute": 60, "h hr hour": 3600, "day": 86_400, "week": 604_800},
    "age": {"month": 1, "yr year": 12, "decade": 120, "century": 1200},
    "length": {"mm millimeter millimetre": 10, "cm centimeter centimetre": 100, "m meter metre": 10_000,
               "km kilometer kilometre": 10_000_000, "inch inche in": 254, "foot feet ft": 3048, "yard yd": 9144,
               "mile mi": 16_093_440},
    "mass": {"mg milligram": 1, "g gram": 1000, "kg kilogram": 1_000_000},
    "weight": {"ounce oz": 1, "pound lb": 16, "ton": 32_000},
    "volume": {"ml mL milliliter millilitre": 1, "L l liter litre": 1000},
    "money": {"cent ¢": 1, "dollar USD usd buck": 100},
}  # fmt: skip
_UNITS = {"^2": ("area", Fraction(1)), "^3": ("space", Fraction(1))} | {
    name + ending: (dimension, Fraction(factor))
    for dimension, names_by_factor in _CONVERTIBLE.items()
    for names, factor in names_by_factor.items()
    for name in names.split()
    for ending in ("", "s")
}
UNIT_NAMES = frozenset(name for name in _UNITS if name.isalpha() and name != "in")
"""Units that are converted when they differ."""

_SHORT_UNITS = {"V", "W", "J", "K", "N", "C", "F", "A", "kW", "Hz", "am", "pm", "st", "nd", "rd", "th", *_UNITS}
_SHORT = "|".join(sorted((unit for unit in _SHORT_UNITS if len(unit) < 3 and unit[0] != "^"), key=len, reverse=True))
_UNIT_WORD = rf"(?:{_SHORT}|(?!(?:and|or|to|{'|'.join(_FUNCTIONS | _LETTERS)})\b)[a-zA-Z¢]{{3,}})\b\.?"
_TAIL = re.compile(
    r"(?P<body>.*?(?:[\d)}]|\\[a-z]+))\s*(?P<percent>%|percent\b)?"
    rf"(?P<unit>\s(?!{_CALCULATED})(?:{_UNIT_WORD})"
    rf"(?:[\s/-](?:{_UNIT_WORD}))*(?:\s?\^\s?\{{?[23]\}}?)?)?"
    r"(?:\$?\s(?:of|per|in|for|when|because|since)\s[^\\\d=]*)?",
)
_POWERED = re.compile(r"\^\s?\{?([23])\}?$")
_COMMAND = re.compile(r"\\[a-zA-Z]+")
_ANGLE = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)")
_COMPOUND = re.compile(rf"{NUMBER}\s?([a-zA-Z]+)(?:,?\sand\s|,?\s)(\d+(?:\.\d+)?)\s?([a-zA-Z]+)")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written."""

    value: Fraction
    """What stands before the percent sign, if there is one."""
    percent: bool
    unit: str
    """A unit that can be converted, else "": units are compared only where both sides have such a one."""
    places: int | None
    """Decimals written; None for an integer, a fraction or a formula."""


def read_quantity(text: str) -> Quantity | None:
    """Read a whole plain answer as one number with an optional unit or remark; None if it is anything else."""
    text = in_digits(text)
    head = _HEAD.match(text)
    if head is None:
        return _computed(text)
    value, rest = _value(head), text[head.end() :]
    if value is None:
        return None
    unit: str | None = ""
    if rest:
        scale = _SCALE.match(rest)
        if scale:
            value *= _SCALES[scale[1].lower()]
            rest = rest[scale.end() :]
        unit = _unit(rest)
    if unit is None:
        return _compound(text) or _computed(text)
    return Quantity(value, bool(head["percent"]), "dollars" if "$" in head["money"] else unit, _places(head))


def same_quantity(gold: Quantity, answer: Quantity) -> bool:
    """Return whether two quantities agree: `25%` is 25 as well as 0.25, but not 0.25 %."""
    factor = conversion(gold.unit, answer.unit)
    if factor is None:
        return False
    value = answer.value if factor == 1 else answer.value * factor
    if gold.percent == answer.percent:
        return _close(gold.value, gold.places, value, answer.places)
    if gold.percent:
        return value in (gold.value, gold.value / 100)
    return gold.value in (value, value / 100)


def in_digits(text: str) -> str:
    """Write the number words and the sign word that a text begins with in digits: "minus two cups" is "-2 cups"."""
    if not text[:1].isalpha():
        return text
    sign = _SIGN.match(text)
    rest = text[sign.end() :] if sign else text
    spelled = _SPELLED.match(rest)
    words = re.findall("[a-z]+", spelled[0].lower()) if spelled else []
    value = parse_words(["one" if word in ("a", "an") else word for word in words if word != "and"])
    if spelled and value is not None and words:
        part, rest = _PART.match(rest, spelled.end()), rest[spelled.end() :]
        rest = f"{value}/{PARTS[part[0][1:].lower()]}{rest[len(part[0]) :]}" if part else f"{value}{rest}"
    return f"-{rest}" if sign and rest[:1].isdigit() else rest if not sign else text


def split_unit(text: str) -> tuple[str, bool, str]:
    r"""Split `8\pi cm^2` or `\frac{1}{3}% of it` into the formula, whether a percent sign follows, and the unit."""
    tail = _TAIL.fullmatch(text)
    if tail is None:
        return text, False, ""
    unit = (tail["unit"] or "").strip()
    letters = _COMMAND.sub("", tail["body"]).strip("$ ")
    if (len(unit) == 1 and letters.upper() != letters.lower()) or (unit == "degrees" and _ANGLE.search(tail["body"])):
        return text, False, ""
    return tail["body"], bool(tail["percent"]), _named(unit)


def _computed(text: str) -> Quantity | None:
    body, percent, unit = split_unit(text)
    money = body[:1] == "$"
    value = evaluate(body.lstrip("$"))
    return None if value is None else Quantity(value, percent, "dollars" if money else unit, places=None)


def _compound(text: str) -> Quantity | None:
    """Read `2 hours and 30 minutes` as 2.5 hours."""
    parts = _COMPOUND.fullmatch(text)
    if parts is None:
        return None
    first, second = read_quantity(text[: parts.end(2)]), read_quantity(text[parts.start(3) :])
    if first is None or second is None or not (first.unit and second.unit):
        return None
    factor = conversion(first.unit, second.unit)
    if factor is None:
        return None
    return Quantity(first.value + second.value * factor, percent=False, unit=first.unit, places=None)


def _value(head: re.Match[str]) -> Fraction | None:
    digits, denominator = head["number"], head["denominator"]
    if len(digits) > MAX_DIGITS or len(denominator or "") > MAX_DIGITS:
        return None
    if head["separator"] or "," in digits:
        digits = digits.replace(head["separator"] or ",", "")
    value = Fraction(digits) if "." in digits else Fraction(int(digits))
    if denominator:
        if not int(denominator):
            return None
        value /= int(denominator)
    if head["whole"]:
        value += int(head["whole"])
    if head["exponent"]:
        value *= Fraction(10) ** int(head["exponent"])
    return -value if (head["sign"] == "-") != (head["inner_sign"] == "-") else value


def _places(head: re.Match[str]) -> int | None:
    number = head["number"]
    if head["denominator"] or head["exponent"] or "." not in number:
        return None
    return len(number) - number.index(".") - 1


def _unit(suffix: str) -> str | None:
    """Name the unit that `suffix` begins with ("" for one without a conversion); None if `suffix` is no unit."""
    match = _REST.match(suffix)
    if match is None or _ALTERNATIVE.search(match["unit"]) or _DANGLING.fullmatch(match["unit"]):
        return None
    if len(match["unit"].split()) > _MAX_UNIT_WORDS:
        return None
    first = _FIRST_WORD.match(suffix)
    if first and _is_algebra(first[1], attached=not suffix.startswith(" ")):
        return None
    return _named(match["unit"])


def _named(unit: str) -> str:
    power = _POWERED.search(unit)
    if power:
        return f"^{power[1]}"
    name = unit.strip(" .")
    return name if name in _UNITS else name.lower() if name.lower() in _UNITS else ""


def _is_algebra(word: str, *, attached: bool) -> bool:
    """Return whether a word is algebra, as in `5x`, `5 xy` and `5 pi`, and not `5m`, `5cm` or `5 in all`."""
    if word in _SHORT_UNITS:
        return False
    return len(word) == 1 or word in _FUNCTIONS | _LETTERS or (attached and len(word) == 2)


def conversion(gold_unit: str, answer_unit: str) -> Fraction | int | None:
    """Return what one of the answer's units is in the gold's, 1 where a side has none; None if they do not convert."""
    if gold_unit == answer_unit or not gold_unit or not answer_unit:
        return 1
    gold_dimension, gold_factor = _UNITS[gold_unit]
    answer_dimension, answer_factor = _UNITS[answer_unit]
    return answer_factor / gold_factor if gold_dimension == answer_dimension else None


def rounding_error(places: int | None) -> Fraction:
    """Return what a decimal of so many places may be off by to stand for an exact value: 0 where they are too few."""
    return Fraction(1, 2 * 10**places) if places and places >= _PLACES_FOR_EXACT else Fraction(0)


def _close(gold: Fraction, gold_places: int | None, value: Fraction, value_places: int | None) -> bool:
    """Compare exactly, but for what was rounded late.

    A decimal with enough places stands for what rounds to it, a fraction or a longer decimal; and an answer may have
    the last digits of a computer's sum, as in 0.30000000000000004.
    """
    difference = abs(gold - value)
    if difference <= rounding_error(min((one for one in (gold_places, value_places) if one is not None), default=0)):
        return True
    return (value_places or 0) >= _PLACES_OF_A_FLOAT and difference <= abs(gold) * _FLOAT_ERROR
