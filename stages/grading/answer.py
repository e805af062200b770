r"""Kinds of answer: read a gold answer as its kind, and compare a candidate answer with it.

    "72", "1/2", "25%", "3 \times 10^3"   Quantity      "43_8"                 Based
    "(B)"                                 Choice        "(1,2)", "x > 2", "3:4" Group
    "12:30 pm"                            Clock         "\frac{\sqrt{2}}{2}"   Formula
    "Tuesday"                             Words

The kind comes from the gold alone, and a candidate is read as that kind. `matches` takes plain
text, as `notation.plain` leaves it.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from stages.answers.notation import plain
from stages.answers.numerals import CARDINALS
from stages.answers.quantity import (
    Quantity,
    conversion,
    read_quantity,
    rounding_error,
    same_quantity,
    split_unit,
)
from stages.grading.group import LETTER, NAME, RATIO, Group, read_group
from stages.grading.symbolic import is_parseable, same_formula, value_of

_CHOICE = re.compile(r"\(([A-Ja-j])\)|([A-J])[.)]?")
_CHOSEN = re.compile(r"(?i:option|choice|answer)?\s*(?:\(([A-Ja-j])\)|([A-J])(?=[\s.,:;)]|$)|([a-j])$)")
_CHOSEN_TOO = re.compile(r"\)?\s*(?:[,/&]|or\b|and\b)\s*(?:(?:or|and)\s+)?(?:\([A-J]\)|[A-J]\b(?!'|\s+[a-z]))")
_HALF = r"\s?([ap])\.?\s?m\b"
_CLOCK = re.compile(rf"(\d{{1,2}}):([0-5]\d)(?::([0-5]\d))?(?![:\d])(?:{_HALF})?", re.IGNORECASE)
_HOUR = re.compile(rf"(\d{{1,2}})(?:{_HALF}|\s?o'clock)", re.IGNORECASE)
_BASED = re.compile(
    r"\(?(?P<digits>-?[0-9A-F]+)\)?(?:\s?_\s?\{?\s?|,?\s\(?(?:in\s)?base[\s-])(?P<base>\d{1,2}|[a-z]+)\s?[})]?"
)
_WORDS = re.compile(r"[^\W\d_][^\W\d_'.-]*(?:[\s'.,&/-]+[^\W\d_]+\.?)*(?:(?<=[a-z]{3})\s\d+)?")
_ALGEBRA = re.compile(r"[a-z]{1,2}(?:\s?[-/]\s?[a-z]{1,2})+|(?!(?:no|up|on|in|at|ok|he|it)$)[a-z]{2}")
"""`p - q`, `a/b` and `xy`, which are no words."""
_FILLING = re.compile(r"\b(?:the|an?|on|in|at|it|is|was|by|so|number)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:see|refer to)\b.*|n/?a|null|nan|none given|tbd|todo|unknown|missing|undetermined"
    r"|not\s?(?:given|provided|available|found|applicable)"
    r"|(?:answers?|results?) (?:may|will|can) vary.*|no gold.*|proof.*|figure|graph|diagram",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"(?:{NAME}|\({LETTER}(?:,\s?{LETTER})+\)|[A-Za-z][a-z ]+)\s?(?:=|\\in\b)\s?")
_SEVERAL = re.compile(r"[,;]|\b(?:or|and)\b|[<>]|\\(?:le|ge|ne|pm|lt|gt|leq|geq|neq)(?![a-z])")
_NUMERIC_NAME = re.compile(r"[a-zA-Z](?:_\{?\w+\}?)?(?:\([a-z]\))?")
_LEAD = re.compile(r"[A-Za-z][A-Za-z ]*(?=[(\[\\])")
_LAST_CLAUSE = re.compile(r".*(?:\bso|,)\s+", re.IGNORECASE)
_NAMED_BASES = {word: str(value) for word, value in CARDINALS.items()}
_MAX_WORDS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One letter of a multiple choice, in upper case."""

    letter: str

    def matches(self, candidate: str) -> bool:
        chosen = _CHOSEN.match(candidate)
        if chosen is None or _CHOSEN_TOO.match(candidate, chosen.end()):
            return False
        return chosen[chosen.lastindex or 0].upper() == self.letter


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: `half` is "a" or "p" where the gold says so, else ""."""

    seconds: int
    half: str

    def matches(self, candidate: str) -> bool:
        """Compare on the 24-hour clock; an answer may add am or pm, but not leave it out. `5:12` may be a ratio."""
        other = _read_clock(candidate)
        if other is None:
            ratio = str(self.seconds // 3600), str(self.seconds // 60 % 60)
            return "0" not in ratio and not self.half and _proportional(ratio, candidate)
        if self.half and not other.half:
            return _on_24_hours(self) == other.seconds
        return self == other or (not self.half and self.seconds in (other.seconds, _on_24_hours(other)))


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral with its base written out; equal only to the same numeral in the same base."""

    digits: str
    base: str

    def matches(self, candidate: str) -> bool:
        return read_based(_unnamed(candidate)) == self


@dataclass(frozen=True, slots=True)
class Words:
    """A short answer in words, in lower case and without articles."""

    words: tuple[str, ...]

    @property
    def polar(self) -> bool:
        """Whether this answers a question of yes or no."""
        return self.words in (("yes",), ("no",), ("true",), ("false",))

    def matches(self, candidate: str) -> bool:
        """Compare with the whole, its first clause or, as in "It is larger, so yes", its last one."""
        clauses = candidate, re.split(r"[,.;(]", candidate)[0], _LAST_CLAUSE.sub("", candidate)
        return any(_words_of(clause) == self.words for clause in clauses)


@dataclass(frozen=True, slots=True)
class Formula:
    """Anything else that parses: an expression, an equation, an inequality."""

    text: str
    unit: str

    def matches(self, candidate: str) -> bool:
        body, _, unit = split_unit(candidate.lstrip("$£€ "))
        if conversion(self.unit, unit) != 1:
            return False
        if squeeze(body) == squeeze(self.text) or _is_near(self.text, quantity_in(candidate)):
            return True
        return same_formula(self.text, body if "=" in self.text else _last_side(body))


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number or a numeric formula with its exact value."""

    quantity: Quantity
    text: str

    def matches(self, candidate: str) -> bool:
        value = quantity_in(candidate)
        if value is not None:
            return same_quantity(self.quantity, value)
        if _CLOCK.match(candidate) or read_based(candidate) or read_group(candidate):
            return False
        body, _, unit = split_unit(candidate)
        if conversion(self.quantity.unit, unit) != 1:
            return False
        last = _last_side(body)
        return _is_near(last, self.quantity) or same_formula(split_unit(self.text)[0], last)


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, interval, set, union or matrix, compared part by part."""

    group: Group
    text: str

    @property
    def several(self) -> bool:
        """Whether this is several answers rather than one answer of several parts."""
        return not self.group.ordered

    def matches(self, candidate: str) -> bool:
        if self.group.kind == RATIO:
            return _proportional(self.group.parts, candidate)
        bare = _unnamed(candidate)
        other = read_group(candidate) or read_group(bare) or read_group(_LEAD.sub("", bare, count=1))
        if other is None:
            return squeeze(candidate) == squeeze(self.text)
        if not self.group.admits(other):
            return False
        if self.group.ordered:
            return all(map(_same_part, self.group.parts, other.parts))
        return _same_in_any_order(self.group.parts, other.parts)


Answer = Choice | Clock | Based | Words | Formula | Number | Collection


@lru_cache(maxsize=4096)
def read_gold(gold: str) -> Answer | None:
    """Read a gold answer; None if it is empty, a placeholder for an answer, or does not parse."""
    text = plain(gold).partition("\\approx")[0].strip()
    if not text or _PLACEHOLDER.fullmatch(text):
        return None
    return _read(text)


def _read(text: str) -> Answer | None:
    choice = _CHOICE.fullmatch(text)
    if choice:
        return Choice((choice[1] or choice[2]).upper())
    simple = _read_clock(text) if _CLOCK.fullmatch(text) or _HOUR.fullmatch(text) else read_based(text)
    if simple is not None:
        return simple
    *names, last = text.split("=")
    quantity = read_quantity(last.strip()) if all(map(_is_name, names)) else None
    if quantity is not None:
        return Number(quantity, last.strip())
    group = read_group(text) or read_group(_unnamed(text))
    if group is not None:
        return Collection(group, text)
    if (_WORDS.fullmatch(text) and len(text) > 1 and not _ALGEBRA.fullmatch(text)) or text == "\\emptyset":
        return Words(_words_of(text)) if len(text.split()) <= _MAX_WORDS else None
    body, _, unit = split_unit(text)
    return Formula(body, unit) if is_parseable(body) else None


def _is_name(side: str) -> bool:
    side = side.strip()
    return bool(_NUMERIC_NAME.fullmatch(side)) or (not _SEVERAL.search(side) and read_quantity(side) is not None)


def quantity_in(candidate: str) -> Quantity | None:
    r"""Read a candidate as a number, alone or as the last side of an equation (`x = 5`, `3 + 4 = 7`)."""
    candidate = candidate.partition("\\approx")[0] or candidate
    value = read_quantity(candidate.strip())
    if value is None and "=" in candidate and not _SEVERAL.search(candidate):
        return read_quantity(candidate.rpartition("=")[2].strip())
    return value


def squeeze(text: str) -> str:
    """Reduce a text for comparison as a string: no spaces, no case."""
    return re.sub(r"\s+", "", text).casefold()


def read_based(text: str) -> Based | None:
    based = _BASED.fullmatch(text)
    base = _NAMED_BASES.get(based["base"], based["base"]) if based else ""
    return Based(based["digits"], base) if based and base.isdigit() else None


def _read_clock(text: str) -> Clock | None:
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        return Clock(hours * 3600 + minutes * 60 + seconds, (clock[4] or "").lower())
    hour = _HOUR.match(text)
    return Clock(int(hour[1]) * 3600, (hour[2] or "").lower()) if hour else None


def _on_24_hours(clock: Clock) -> int:
    hours, rest = divmod(clock.seconds, 3600)
    return ((hours % 12 if clock.half else hours) + (12 if clock.half == "p" else 0)) * 3600 + rest


def _last_side(text: str) -> str:
    return text if _SEVERAL.search(text) else text.rpartition("=")[2].strip()


def _words_of(text: str) -> tuple[str, ...]:
    text = _FILLING.sub(" ", text.replace("\\emptyset", "empty set"))
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def _unnamed(candidate: str) -> str:
    named = _NAMED.match(candidate)
    return candidate[named.end() :] if named else candidate


def _is_near(formula: str, decimal: Quantity | None) -> bool:
    """Return whether a decimal with enough places is what a formula such as a root rounds to."""
    if decimal is None or not (error := rounding_error(decimal.places)):
        return False
    value = value_of(formula)
    return value is not None and abs(value - decimal.value) <= error


def _proportional(gold: tuple[str, ...], candidate: str) -> bool:
    """Compare ratios, which may be written as `3:4`, "3 to 4" or, of two parts, as a fraction."""
    ratio = read_group(_unnamed(candidate))
    whole = quantity_in(candidate)
    parts = ratio.parts if ratio and ratio.kind == RATIO else ()
    left = [value.value for value in map(read_quantity, gold) if value]
    right = [value.value for value in map(read_quantity, parts) if value] or (
        [whole.value, Fraction(1)] if whole else []
    )
    return len(left) == len(right) and all(a * right[0] == b * left[0] for a, b in zip(left, right, strict=True))


def _same_part(gold: str, candidate: str) -> bool:
    if squeeze(gold).lstrip("+") == squeeze(candidate).lstrip("+"):
        return True
    answer = read_gold(gold)
    return answer is not None and answer.matches(candidate)


def _same_in_any_order(gold: tuple[str, ...], candidate: tuple[str, ...]) -> bool:
    left = list(candidate)
    for part in gold:
        index = next((i for i, other in enumerate(left) if _same_part(part, other)), None)
        if index is None:
            return False
        del left[index]
    return not left
