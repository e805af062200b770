r"""Kinds of answer: read a gold answer as its kind, and compare a candidate answer with it.

    "72", "1/2", "25%", "3 \times 10^3"   Quantity      "43_8"                 Based
    "(B)"                                 Choice        "(1,2)", "\{1,2\}"     Group
    "12:30 pm"                            Clock         "\frac{\sqrt{2}}{2}"   Formula
    "Tuesday"                             Words

The kind comes from the gold alone, and a candidate is read as that kind. `matches` takes plain
text, as `notation.plain` leaves it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from stages.grading.group import Group, read_group
from stages.grading.notation import plain
from stages.grading.quantity import Quantity, read_quantity, same_quantity
from stages.grading.symbolic import is_parseable, same_formula

_CHOICE = re.compile(r"\(([A-Ja-j])\)|([A-J])[.)]?")
_CHOSEN = re.compile(r"(?i:option|choice|answer)?\s*(?:\(([A-Ja-j])\)|([A-J])(?=[\s.,:;)]|$)|([a-j])$)")
_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?\s?([ap]\.?\s?m\b)?", re.IGNORECASE)
_HOUR = re.compile(r"(\d{1,2})\s?([ap]\.?\s?m\b|o'clock)", re.IGNORECASE)
_BASED = re.compile(r"(?P<digits>[0-9A-F]+)\s?_\s?\{?(?P<base>\d{1,2})\}?")
_WORDS = re.compile(r"[^\W\d_][^\W\d_'.-]*(?:[\s'.,&/-]+[^\W\d_]+\.?)*")
_ARTICLES = re.compile(r"\b(?:the|a|an|on|in|at|it|is|was|by)\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:see|refer to)\b.*|n/?a|null|nan|none given|tbd|todo|unknown|missing|undetermined"
    r"|not (?:given|provided|available)"
    r"|(?:answers?|results?) (?:may|will|can) vary.*|no gold.*|proof.*|figure|graph|diagram",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:[a-zA-Z](?:_\{?\w+\}?)?(?:\([a-z]\))?|\([a-z](?:,\s?[a-z])+\)|[A-Za-z][a-z ]+)\s?(?:=|\\in\b)\s?"
)
_SEVERAL = re.compile(r"[,;]|\b(?:or|and)\b|[<>]|\\(?:le|ge|ne|pm|lt|gt|leq|geq|neq)(?![a-z])")
_REMARK = re.compile(r"(?<=[\d}])\s+(?!(?:or|and|to)\b)[a-zA-Z]{2,}[^\\\d=]*$")
_MAX_WORDS = 6


@dataclass(frozen=True, slots=True)
class Choice:
    """One letter of a multiple choice, in upper case."""

    letter: str

    def matches(self, candidate: str) -> bool:
        chosen = _CHOSEN.match(candidate)
        return chosen is not None and chosen[chosen.lastindex or 0].upper() == self.letter


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day: `half` is "a" or "p" where the gold says so, else ""."""

    seconds: int
    half: str

    def matches(self, candidate: str) -> bool:
        """Compare on the 24-hour clock; an answer may add am or pm, but not leave it out."""
        other = _read_clock(candidate)
        if other is None:
            return False
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

    def matches(self, candidate: str) -> bool:
        return _words_of(candidate) == self.words or _words_of(re.split(r"[,.;(]", candidate)[0]) == self.words


@dataclass(frozen=True, slots=True)
class Formula:
    """Anything else that parses: an expression, an equation, an inequality."""

    text: str

    def matches(self, candidate: str) -> bool:
        return squeeze(candidate) == squeeze(self.text) or same_formula(self.text, candidate)


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
        return same_formula(self.text, _REMARK.sub("", candidate))


@dataclass(frozen=True, slots=True)
class Collection:
    """A tuple, interval, set, union or matrix, compared part by part."""

    group: Group
    text: str

    def matches(self, candidate: str) -> bool:
        other = read_group(_unnamed(candidate))
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
    text = plain(gold)
    if not text or _PLACEHOLDER.fullmatch(text):
        return None
    return _read(text)


def _read(text: str) -> Answer | None:
    choice = _CHOICE.fullmatch(text)
    if choice:
        return Choice((choice[1] or choice[2]).upper())
    simple = _read_clock(text) if _CLOCK.fullmatch(text) else read_based(text)
    if simple is not None:
        return simple
    quantity = read_quantity(text)
    if quantity is not None:
        return Number(quantity, text)
    group = read_group(text)
    if group is not None:
        return Collection(group, text)
    if _WORDS.fullmatch(text) and len(text) > 1:
        return Words(_words_of(text)) if len(text.split()) <= _MAX_WORDS else None
    return Formula(text) if is_parseable(text) else None


def quantity_in(candidate: str) -> Quantity | None:
    """Read a candidate as a number, alone or as the last side of an equation (`x = 5`, `3 + 4 = 7`)."""
    value = read_quantity(candidate)
    if value is None and "=" in candidate and not _SEVERAL.search(candidate):
        return read_quantity(candidate.rpartition("=")[2].strip())
    return value


def squeeze(text: str) -> str:
    """Reduce a text for comparison as a string: no spaces, no case."""
    return re.sub(r"\s+", "", text).casefold()


def read_based(text: str) -> Based | None:
    based = _BASED.fullmatch(text)
    return Based(based["digits"], based["base"]) if based else None


def _read_clock(text: str) -> Clock | None:
    clock = _CLOCK.match(text)
    if clock:
        hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        return Clock(hours * 3600 + minutes * 60 + seconds, (clock[4] or "")[:1].lower())
    hour = _HOUR.match(text)
    if hour:
        return Clock(int(hour[1]) * 3600, "" if hour[2].startswith("o") else hour[2][0].lower())
    return None


def _on_24_hours(clock: Clock) -> int:
    hours, rest = divmod(clock.seconds, 3600)
    return (hours % 12 + (12 if clock.half == "p" else 0)) * 3600 + rest


def _words_of(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", _ARTICLES.sub(" ", text).casefold()))


def _unnamed(candidate: str) -> str:
    named = _NAMED.match(candidate)
    return candidate[named.end() :] if named else candidate


def _same_part(gold: str, candidate: str) -> bool:
    if squeeze(gold) == squeeze(candidate):
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
