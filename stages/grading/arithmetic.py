r"""Evaluate a short numeric formula exactly, in plain text or LaTeX, without SymPy.

    evaluate(r"3 \times 10^3") == 3000        evaluate(r"2\frac{1}{2}") == Fraction(5, 2)

Exactness is the point: a comparison of floats takes 2^-60 for 2^-61. Numbers, + - * / ^, brackets and `\frac` are
covered; roots, names and functions are not and give None, as does anything beyond the limits below.
"""

import re
from collections.abc import Callable
from fractions import Fraction

from stages.arithmetic.latex import plain_signs

MAX_DIGITS = 400
"""Characters of a number or a formula."""
MAX_TOKENS = 80
MAX_DEPTH = 20
MAX_BITS = 4096
"""Bits of a result's numerator and denominator."""

_CROSS = re.compile(r"(?<=[\d)}\s])[xX](?=\s?[\d(\\])")
_TOKEN = re.compile(r"\s*(\d[\d,]*(?:\.\d+)?|\.\d+|\\frac|\*\*|[-+*/^(){}])")
_DECIMAL = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d*)(?:\.\d+)?")


class _NotNumericError(Exception):
    """The formula leaves what this module computes."""


def evaluate(formula: str) -> Fraction | None:
    """Return the value of a numeric formula, or None if it is not one or is too large to be worth computing."""
    tokens = _tokens(formula)
    if tokens is None:
        return None
    reader = _Reader(tokens)
    try:
        return reader.whole()
    except (_NotNumericError, ZeroDivisionError):
        return None


def _tokens(formula: str) -> list[str] | None:
    if len(formula) > MAX_DIGITS:
        return None
    formula = _CROSS.sub("*", plain_signs(formula)).strip()
    tokens: list[str] = []
    position = 0
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        if match is None or len(tokens) == MAX_TOKENS:
            return None
        tokens.append(match[1])
        position = match.end()
    return tokens


class _Reader:
    """A recursive descent over the tokens; each method reads one level of precedence."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0
        self._depth = 0

    def whole(self) -> Fraction:
        value = self._sum()
        if self._next < len(self._tokens):
            raise _NotNumericError
        return value

    def _sum(self) -> Fraction:
        value = self._product()
        while self._peek() in ("+", "-"):
            sign = self._take()
            term = self._product()
            value = _bounded(value + term if sign == "+" else value - term)
        return value

    def _product(self) -> Fraction:
        value = self._signed()
        while self._peek() in ("*", "/"):
            operator = self._take()
            factor = self._signed()
            value = _bounded(value * factor if operator == "*" else value / factor)
        return value

    def _signed(self) -> Fraction:
        if self._peek() not in ("-", "+"):
            return self._powered()
        sign = self._take()
        value = self._nested(self._signed)
        return -value if sign == "-" else value

    def _powered(self) -> Fraction:
        base = self._atom()
        if self._peek() not in ("^", "**"):
            return base
        self._take()
        return _power(base, self._nested(self._signed))

    def _atom(self) -> Fraction:
        token = self._take()
        if token in ("(", "{"):
            return self._closed_by(")" if token == "(" else "}")
        if token == "\\frac":
            return self._fraction()
        if not _DECIMAL.fullmatch(token):
            raise _NotNumericError
        value = Fraction(token.replace(",", ""))
        if self._peek() != "\\frac":
            return value
        self._take()
        return _mixed(value, self._fraction())

    def _fraction(self) -> Fraction:
        return _bounded(self._nested(self._atom) / self._nested(self._atom))

    def _closed_by(self, bracket: str) -> Fraction:
        value = self._nested(self._sum)
        if self._take() != bracket:
            raise _NotNumericError
        return value

    def _nested(self, read: Callable[[], Fraction]) -> Fraction:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _NotNumericError
        value = read()
        self._depth -= 1
        return value

    def _peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        if not token:
            raise _NotNumericError
        self._next += 1
        return token


def _mixed(whole: Fraction, part: Fraction) -> Fraction:
    # 2\frac{1}{2} is a mixed number, but 2\frac{5}{2} is a product to some: neither reading is safe.
    if whole.denominator != 1 or not 0 < part < 1:
        raise _NotNumericError
    return whole + part


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
    if exponent.denominator != 1 or bits * abs(exponent.numerator) > MAX_BITS:
        raise _NotNumericError
    return base**exponent.numerator


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise _NotNumericError
    return value
