r"""New numbers for the text of a question: of the same size and kind, powers and angles among them, in the same places.

Kept are 0 and 1, squares and cubes as exponents, indices of roots and names, and what asks for a form of the answer.
Numbers that are equal stay equal.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

from stages.instructor.symbolic.formulas.skeletons import format_spans

_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?:,\s?(?:\\!)?\d{3})+(?![\d])|\d+\.\d+|(?<!\d)\.\d+|\d+")
_BARE = re.compile(r"\\[dt]?(?:frac|binom)\s*(?:\d|\{[^{}]*\})?\s*$|\\sqrt\s*$|\^\s*$|_\s*$|\\log_\s*$|\\pmod\s*$")
_EXPONENT = re.compile(r"\^\s*\{?\s*-?\s*$")
_BASE = re.compile(r"(\d+|[a-zA-Z])\s*\}?\s*\^\s*\{?\s*-?\s*$")
_PERIOD = re.compile(r"\\overline\s*\{$")
_FIXED = re.compile(r"(?<!\\log)_\s*\{?\s*$|\\sqrt\s*\[\s*$|\\\\\[\s*$|\\(?:hspace|vspace)\*?\{\s*-?$|[a-zA-Z]$")
_ORDINAL = re.compile(r"(?<!\d)(\d+)((?:\$|\^\{?|\\(?:text|mathrm|mbox)\{|\s)*)(?:st|nd|rd|th)\b")
_ANGLE = re.compile(r"\s*\}?\s*(?:\^\s*\{?\s*\\circ|\\degree| degrees)")
_FRACTION_TOP = re.compile(r"\\[dt]?frac\s*$")
_ATTEMPTS_TOGETHER = 0.75
_CHANCE = 20
_LARGEST_ROOT = 1000


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number of a question: where it stands, and its role, which says what it may become.

    Roles: "number", "digit" (without braces, as in `\\frac12`), "exponent", "angle" (in degrees), "period" (the digits
    of a decimal that repeat).
    """

    start: int
    end: int
    text: str
    role: str


def numerals(question: str) -> list[Numeral]:
    """Return the numbers of a question that may change, in their order."""
    kept = format_spans(question)
    found = []
    for match in _NUMBER.finditer(question):
        before = question[: match.start()]
        inside = any(start <= match.start() < end for start, end in kept)
        if inside or match[0] in ("0", "1") or _FIXED.search(before):
            continue
        if _BARE.search(before) and len(match[0]) > 1:
            found += _one_by_one(match, before)
            continue
        role = _role(before, question[match.end() :], match[0])
        if role and not _is_one_of_powers(question, match.start()):
            found.append(Numeral(match.start(), match.end(), match[0], role))
    return found


def _is_one_of_powers(question: str, place: int) -> bool:
    """Return whether a number is an exponent whose base has others beside it, as in a polynomial, or is a name."""
    base = _BASE.search(question[:place])
    if base is None or base[1] == "i":
        return False
    return base[1].isalpha() or len(re.findall(rf"(?<![\d.]){re.escape(base[1])}\s*\^", question)) > 1


def _one_by_one(match: re.Match[str], before: str) -> list[Numeral]:
    r"""Read `\frac12` as two numbers; more digits without braces stay."""
    if len(match[0]) != 2 or not _FRACTION_TOP.search(before):
        return []
    return [
        Numeral(match.start() + k, match.start() + k + 1, digit, "digit")
        for k, digit in enumerate(match[0])
        if digit not in "01"
    ]


def _role(before: str, after: str, text: str) -> str:
    if _EXPONENT.search(before):
        return "" if text in ("2", "3") or "." in text else "exponent" if not _BARE.search(before) else "digit"
    if _PERIOD.search(before):
        return "period"
    if _ANGLE.match(after):
        return "angle"
    return "digit" if _BARE.search(before) else "number"


def redraw(question: str, rng: random.Random, boldness: float, tied: bool = False) -> str:
    """Return a question with new numbers; of all that may change, about the share `boldness` does.

    It is returned as it is if numbers that differ would be the same, as in `8!/8!` for `9!/8!`.
    """
    places = numerals(question)
    together = rng.random() < _ATTEMPTS_TOGETHER
    drawn: dict[tuple[str, str], str] = {}
    pieces, done = [], 0
    for place in places:
        apart = "exponent" if place.role == "exponent" else "number"
        key = (place.text, apart if together else str(place.start))
        if key not in drawn:
            drawn[key] = (
                _near(place.text, drawn) if _has_near(place.text, drawn, tied) else _drawn(place, rng, boldness)
            )
        pieces += [question[done : place.start], drawn[key]]
        done = place.end
    if len(set(drawn.values())) < len({text for text, _ in drawn}):
        return question
    return _ORDINAL.sub(_with_suffix, "".join([*pieces, question[done:]]))


def _with_suffix(match: re.Match[str]) -> str:
    """Mend the end of an ordinal number: 31st and not 31rd."""
    number = int(match[1])
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{match[1]}{match[2]}{suffix}"


_RATIO = re.compile(
    r"\\[dt]?frac\s*(?:\{\s*(\d+)\s*(?:\\pi)?\s*\}|(\d))\s*(?:\{\s*(\d+)\s*\}|(\d))|(?<![\d.^/])(\d+)/(\d+)(?![\d.])"
)


_REPEATED = re.compile(r"(\d)\\overline\s*\{\1+\}|\\overline\s*\{(?:(\d)\2+|9|0+)\}")
_WHOLE = re.compile(r"\\[dt]?frac\s*\{((?:[^{}]|\{[^{}]*\})+)\}\s*\{\1\}")
_ROOT = re.compile(r"\\sqrt\s*(?:\{(\d+)\}|(\d))")


def keeps_form(old: str, new: str) -> bool:
    """Return whether fractions are reduced and proper where they were, and roots of squares such as they were."""
    pairs = [[tuple(map(int, filter(None, found))) for found in _RATIO.findall(text)] for text in (old, new)]
    return (
        len(pairs[0]) == len(pairs[1])
        and all(map(_alike, *pairs))
        and not _REPEATED.search(new)
        and not _WHOLE.search(new)
        and _squares(old) == _squares(new)
    )


def _squares(text: str) -> list[bool]:
    return [math.isqrt(number) ** 2 == number for number in (int(a or b) for a, b in _ROOT.findall(text))]


def _alike(old: tuple[int, ...], new: tuple[int, ...]) -> bool:
    if old == new:
        return True
    same = (math.gcd(*old) == 1) == (math.gcd(*new) == 1)
    return same and new[1] > 1 and (old[0] < old[1]) == (new[0] < new[1])


def _has_near(text: str, drawn: dict[tuple[str, str], str], tied: bool) -> bool:
    """Return whether a number is next to one that was drawn; small numbers are so by chance."""
    if not text.isdigit() or (not tied and int(text) < _CHANCE):
        return False
    return any(other.isdigit() and abs(int(other) - int(text)) == 1 for other, _ in drawn)


def _near(text: str, drawn: dict[tuple[str, str], str]) -> str:
    """Keep a number next to one that it was next to, as 6 and 7 in `0 \\le n \\le 6` modulo 7."""
    other, new = next((old, new) for (old, _), new in drawn.items() if old.isdigit() and abs(int(old) - int(text)) == 1)
    return str(max(int(new) + int(text) - int(other), 0))


def _drawn(place: Numeral, rng: random.Random, boldness: float) -> str:
    if rng.random() > boldness:
        return place.text
    choices = _choices(place, rng)
    return rng.choice(choices) if choices else place.text


def _choices(place: Numeral, rng: random.Random) -> Sequence[str]:
    text = place.text
    if place.role == "digit":
        return [str(k) for k in range(2, 10) if str(k) != text]
    if place.role == "period":
        return [f"{rng.randrange(10 ** len(text)):0{len(text)}d}" for _ in range(9)]
    if "." in text:
        return _decimals(text, rng)
    old = int(re.sub(r"[^\d]", "", text))
    if place.role == "exponent":
        return [str(k) for k in range(max(3, old - 3 - old // 5), old + 4 + old // 5) if k != old]
    if place.role == "angle":
        return _angles(old)
    chosen = _powers(old) if rng.random() < 0.6 else []
    return [_written(k, text) for k in chosen or _numbers(old) if k != old]


def _written(number: int, like: str) -> str:
    separator = re.search(r",\s?(?:\\!)?", like)
    return f"{number:,}".replace(",", separator[0]) if separator else str(number)


def _decimals(text: str, rng: random.Random) -> list[str]:
    places = len(text.split(".")[1])
    scaled = int(text.replace(".", "") or 0)
    low, high = max(1, scaled // 2), max(4, scaled * 2)
    drawn = (rng.randint(low, high) for _ in range(12))
    made = [f"{number / 10**places:.{places}f}" for number in drawn if number % 10 and number != scaled]
    return [one[1:] if text.startswith(".") and one.startswith("0") else one for one in made]


def _angles(old: int) -> list[str]:
    grain = next((grain for grain in (90, 45, 30, 15, 18, 10, 5) if old % grain == 0), 1)
    turn, rest = divmod(old, 360)
    if grain in (90, 45, 30) and (rest or turn):
        around = sorted({*range(0, 360, 30), *range(0, 360, 45)})
        return [str(angle + 360 * turn) for angle in around if angle != rest and angle + 360 * turn]
    return [str(angle) for angle in range(grain, 180, grain) if angle != old and abs(angle - old) <= max(old, 30)]


def _powers(old: int) -> list[int]:
    """Return other powers with the exponent of a number that is one, or other numbers with the factor of a square."""
    for exponent in (6, 5, 4, 3, 2):
        base = round(old ** (1 / exponent))
        if base > 1 and base**exponent == old:
            bases = range(2, max(2 * base, base + 4))
            return [k**exponent for k in bases if k != base and k**exponent <= max(5 * old, 40)]
    if old <= _LARGEST_ROOT and _has_square(old):
        return [k for k in range(max(8, old // 2), 2 * old) if _has_square(k) and math.isqrt(k) ** 2 != k]
    return []


def _has_square(number: int) -> bool:
    return any(number % (k * k) == 0 for k in range(2, math.isqrt(number) + 1))


def _numbers(old: int) -> list[int]:
    if old <= 10:
        return list(range(2, max(10, old + 3)))
    grain = next((grain for grain in (1000, 100, 50, 10, 5) if old % grain == 0 and old >= 2 * grain), 1)
    low, high = old * 3 // 5, old * 9 // 5
    step = max(1, (high - low) // grain // 400) * grain
    return [k for k in range(-(-low // grain) * grain, high + 1, step) if k > 1]
