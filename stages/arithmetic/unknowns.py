"""Equations with one unknown, each side as a multiple of the unknown and a constant.

``2x + 5 = 15`` and ``7 + yellow marbles = 12`` are two of them; their solutions are 5 and 5. An unknown is a letter, or
words in the place of a number. Equations of higher degree, and those with several unknowns, are not read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.tokens import Token, TokenKind, tokenize, without_asides

_BREAKS = {TokenKind.STOP, TokenKind.COMMA, TokenKind.OTHER, TokenKind.NEWLINE}
_LONGEST_SIDE = 40
_NAME = re.compile(r"[A-Za-z]")


class _NotLinearError(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Side:
    """``factor`` times the unknown called ``name``, plus ``constant``; a side without unknown has the empty name."""

    factor: Fraction
    constant: Fraction
    name: str = ""


@dataclass(frozen=True, slots=True)
class Relation:
    """An equation with the unknown `name` and at least one number; `start` and `end` are those of its signs."""

    left: Side
    right: Side
    start: int
    end: int

    @property
    def name(self) -> str:
        return self.left.name or self.right.name

    @property
    def solution(self) -> Fraction | None:
        """The value of the unknown, or None where every value or none solves it."""
        factor = self.left.factor - self.right.factor
        return (self.right.constant - self.left.constant) / factor if factor else None

    @property
    def is_impossible(self) -> bool:
        """Whether no value solves it, as in ``x + 7 = x + 8``."""
        return self.left.factor == self.right.factor and self.left.constant != self.right.constant

    @property
    def is_definition(self) -> bool:
        """Whether it only names a value, as ``x = 12`` does."""
        return any(
            side.factor == 1 and not side.constant and not other.factor
            for side, other in ((self.left, self.right), (self.right, self.left))
        )


def read_relations(text: str) -> Iterator[Relation]:
    """Yield the equations with one unknown of a text, in reading order."""
    piece: list[Token] = []
    for token in [*without_asides(tokenize(text)), Token(TokenKind.NEWLINE, "", 0, 0)]:
        if token.kind not in _BREAKS:
            piece.append(token)
            continue
        yield from _in_piece(piece)
        piece = []


def _in_piece(tokens: Sequence[Token]) -> Iterator[Relation]:
    signs = [index for index, token in enumerate(tokens) if token.kind is TokenKind.EQUALS]
    for before, sign, after in zip([-1, *signs], signs, [*signs[1:], len(tokens)], strict=False):
        lefts = tokens[max(before + 1, sign - _LONGEST_SIDE) : sign]
        rights = tokens[sign + 1 : after][:_LONGEST_SIDE]
        left = next(((side, lefts[cut]) for cut in _starts(lefts) if (side := _side(lefts[cut:]))), None)
        right = next(((side, rights[cut - 1]) for cut in _ends(rights) if (side := _side(rights[:cut]))), None)
        if left and right and _fit(left[0], right[0]):
            yield Relation(left[0], right[0], left[1].start, right[1].end)


def _fit(left: Side, right: Side) -> bool:
    named = left.name or right.name
    return bool(named) and left.name in ("", named) and right.name in ("", named)


def _starts(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield where a side that ends the tokens may start: at words only where a phrase starts."""
    for index, token in enumerate(tokens):
        phrase = token.kind in (TokenKind.WORD, TokenKind.OPERATOR)
        if index == 0 or (tokens[index - 1].kind is TokenKind.WORD and not phrase):
            yield index


def _ends(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield where a side that starts the tokens may end, the longest first."""
    for end in range(len(tokens), 0, -1):
        if end == len(tokens) or tokens[end].kind is TokenKind.WORD:
            yield end


def _side(tokens: Sequence[Token]) -> Side | None:
    try:
        return _Parser(tokens).whole()
    except _NotLinearError:
        return None


class _Parser:
    """Recursive descent over tokens; words behind a number are its unit."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = [token for token in tokens if token.kind is not TokenKind.CURRENCY]
        self._index = 0

    def whole(self) -> Side:
        side = self._sum()
        if self._index < len(self._tokens):
            raise _NotLinearError
        return side

    def _next(self, ahead: int = 0) -> Token | None:
        index = self._index + ahead
        return self._tokens[index] if index < len(self._tokens) else None

    def _take(self, *texts: str) -> str:
        token = self._next()
        if token is None or token.kind is not TokenKind.OPERATOR or token.text not in texts:
            return ""
        self._index += 1
        return token.text

    def _sum(self) -> Side:
        total = self._product()
        while sign := self._take("+", "-"):
            total = _add(total, self._product(), 1 if sign == "+" else -1)
        return total

    def _product(self) -> Side:
        product = self._signed()
        while (sign := self._take("*", "/")) or self._starts_factor():
            product = _multiply(product, self._signed(), divide=sign == "/")
        return product

    def _starts_factor(self) -> bool:
        token, before = self._next(), self._tokens[self._index - 1]
        factor = before.kind is TokenKind.CLOSE or before.text[0].isdigit()
        return factor and token is not None and token.kind in (TokenKind.OPEN, TokenKind.VARIABLE)

    def _signed(self) -> Side:
        return _multiply(Side(Fraction(0), Fraction(-1)), self._signed()) if self._take("-") else self._operand()

    def _operand(self) -> Side:
        token = self._next()
        if token is None:
            raise _NotLinearError
        self._index += 1
        if token.kind is TokenKind.OPEN:
            inner = self._sum()
            closing = self._next()
            if closing is None or closing.kind is not TokenKind.CLOSE:
                raise _NotLinearError
            self._index += 1
            self._words()
            return inner
        if token.value is not None:
            return Side(Fraction(0), self._scaled(token.value))
        if token.kind is TokenKind.VARIABLE and _NAME.fullmatch(token.text):
            return Side(Fraction(1), Fraction(0), token.text)
        if token.kind is TokenKind.WORD:
            return Side(Fraction(1), Fraction(0), " ".join([token.text, *self._words()]).lower())
        raise _NotLinearError

    def _scaled(self, value: Fraction) -> Fraction:
        token = self._next()
        if token is not None and token.kind is TokenKind.PERCENT:
            self._index += 1
            value /= 100
        self._words()
        while (slash := self._next()) is not None and slash.text == "/":
            unit = self._next(1)
            if unit is None or unit.kind is not TokenKind.WORD:
                break
            self._index += 1
            self._words()
        return value

    def _words(self) -> list[str]:
        words = []
        while (token := self._next()) is not None and token.kind in (TokenKind.WORD, TokenKind.HYPHEN):
            words.append(token.text)
            self._index += 1
        return words


def _add(one: Side, other: Side, sign: int) -> Side:
    if one.name and other.name and one.name != other.name:
        raise _NotLinearError
    return Side(one.factor + sign * other.factor, one.constant + sign * other.constant, one.name or other.name)


def _multiply(one: Side, other: Side, divide: bool = False) -> Side:
    if (one.name and other.name) or (divide and (other.name or not other.constant)):
        raise _NotLinearError
    if divide:
        other = Side(other.factor, 1 / other.constant)
    scale, side = (other.constant, one) if one.name else (one.constant, other)
    return Side(side.factor * scale, side.constant * scale, side.name)
