"""Numbers as people write them: ``1,200``, ``.5``, ``twenty-five``, ``half``.

Values are ``Fraction``: money and percentages would otherwise pick up binary rounding, and "does this equation
hold" would depend on it.

Not covered: Roman numerals, scientific notation, numbers in other languages.
"""

import re
from fractions import Fraction

_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]

CARDINALS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UNITS)},
    **{word: 10 * value for value, word in enumerate(_TENS, start=2)},
}
SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

_PART = {
    "third": 3, "fourth": 4, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "twelfth": 12,
}  # fmt: skip
PARTS: dict[str, int] = {"half": 2, "halves": 2, **_PART, **{f"{word}s": count for word, count in _PART.items()}}
"""Denominators by the word for one part; most are ordinals too, so the reader must look at what stands before."""

MULTIPLES: dict[str, int] = {
    "twice": 2, "double": 2, "doubled": 2, "doubles": 2, "thrice": 3, "triple": 3, "tripled": 3, "triples": 3,
    "quadruple": 4, "quadrupled": 4, "dozen": 12, "dozens": 12,
}  # fmt: skip

LONGEST_NUMBER = 40
"""Characters up to which digits are taken for a number; models that loop write longer ones."""


def parse_digits(text: str) -> Fraction:
    """Return the value of ``1,200``, ``1 200``, ``3.50`` or ``.5``; the caller has matched the shape."""
    plain = text.replace(",", "").replace(" ", "")
    return Fraction("0" + plain if plain.startswith(".") else plain)


def parse_words(words: list[str]) -> int | None:
    """Return the value of lower-case words such as ``["two", "hundred", "five"]``, or None if they are no number."""
    total = current = 0
    previous = 1000
    for word in words:
        if word in CARDINALS:
            value = CARDINALS[word]
            if current % 100 and not (previous >= 20 and value < 10 and current % 10 == 0):
                return None
            current += value
            previous = value
        elif word in SCALES and current:
            current *= SCALES[word]
            if word != "hundred":
                total, current = total + current, 0
            previous = 1000
        else:
            return None
    return total + current


def spell(value: int) -> str | None:
    """Return the English words for 0 to 99, or None outside that range."""
    if 0 <= value < 20:
        return _UNITS[value]
    if 20 <= value < 100:
        tens = _TENS[value // 10 - 2]
        return tens if value % 10 == 0 else f"{tens}-{_UNITS[value % 10]}"
    return None


def count_decimals(value: Fraction) -> int | None:
    """Return how many decimals write the value exactly, or None if no finite number does."""
    denominator = value.denominator
    return next((count for count in range(denominator.bit_length()) if 10**count % denominator == 0), None)


def is_writable(old: Fraction, new: Fraction) -> bool:
    """Return whether a new value needs no more decimals than an old one, or than the two of money."""
    decimals = count_decimals(new)
    return old == new or (decimals is not None and decimals <= max(2, count_decimals(old) or 0))


def shown_decimals(text: str) -> int:
    """Return how many digits a written number shows after its point."""
    return len(text.partition(".")[2])


def write_decimal(value: Fraction, decimals: int) -> str:
    """Return the value in digits with exactly that many decimals; it must be exact at that precision."""
    scaled = value * 10**decimals
    if scaled.denominator != 1:
        raise ValueError(f"{value} needs more than {decimals} decimals")
    digits = str(abs(scaled.numerator)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (digits if decimals == 0 else f"{digits[:-decimals]}.{digits[-decimals:]}")


def write_like(model: str, value: Fraction) -> str | None:
    """Return the value in the manner of a written number: words, thousands separators, decimals.

    ``write_like("3.50", Fraction(5))`` is ``"5.00"``, ``write_like("three", Fraction(5))`` is ``"five"``.
    None where the value has no finite decimal form.
    """
    if model[0].isalpha():
        words = spell(value.numerator) if value.denominator == 1 else None
        if words is not None:
            return words.capitalize() if model[0].isupper() else words
        model = "0"
    needed = count_decimals(value)
    if needed is None:
        return None
    shown = shown_decimals(model)
    padded = shown >= 2 and model.endswith("0")
    text = write_decimal(value, max(needed, shown if padded or (shown == 2 and needed == 1) else 0))
    whole, point, part = text.partition(".")
    if "," in model and len(whole) > 3:
        whole = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", whole)
    if model.startswith(".") and whole == "0":
        whole = ""
    return whole + point + part
