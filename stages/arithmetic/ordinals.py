"""Ordinals, which count along and never take a new value: "13th", "fifth"."""

import re
from collections.abc import Iterator
from fractions import Fraction

_WORDS = [
    "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth",
    "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth",
]  # fmt: skip
_VALUES = {word: value for value, word in enumerate(_WORDS, start=3)}
_ORDINAL = re.compile(rf"(?<![\d/])(\d+)(?:st|nd|rd|th)\b|\b({'|'.join(_WORDS)})\b", re.IGNORECASE)
_SHARE = re.compile(r"\b(?:an?|one|two|three|four|five|six|seven|eight|nine|\d+)[- ]$", re.IGNORECASE)


def ordinals(text: str) -> Iterator[tuple[Fraction, int, int]]:
    """Yield value, start and end of each ordinal from the third on, those in digits from the first on.

    Shares, as in "a fifth of" and "2/5th", are none.
    """
    for match in _ORDINAL.finditer(text):
        if match[1] or not _SHARE.search(text[: match.start()]):
            yield Fraction(match[1] or _VALUES[match[2].lower()]), match.start(), match.end()
