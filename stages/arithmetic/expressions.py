"""Arithmetic expressions as small trees.

``9 girls x 4 boys/girl`` becomes ``Operation("*", Number(9), Number(4))``. Units are skipped: a tree is for
computing, and each number in it knows the place in the text where it was written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from stages.arithmetic.tokens import Token, TokenKind

Symbol = Literal["+", "-", "*", "/", "^"]
_LARGEST_POWER = 12
_LARGEST_BASE = 10**6


@dataclass(frozen=True, slots=True)
class Number:
    """A written number. ``percent`` says that a percent sign follows, so that it counts for ``value`` hundredths."""

    text: str
    value: Fraction
    start: int
    end: int
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Negation:
    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Operation:
    symbol: Symbol
    left: "Expression"
    right: "Expression"


Expression = Number | Negation | Operation


def numbers(expression: Expression) -> Iterator[Number]:
    """Yield the written numbers in reading order."""
    if isinstance(expression, Number):
        yield expression
    elif isinstance(expression, Negation):
        yield from numbers(expression.operand)
    else:
        yield from numbers(expression.left)
        yield from numbers(expression.right)


def operations(expression: Expression) -> Iterator[Operation]:
    """Yield the operations, inner ones first."""
    if isinstance(expression, Negation):
        yield from operations(expression.operand)
    elif isinstance(expression, Operation):
        yield from operations(expression.left)
        yield from operations(expression.right)
        yield expression


def face_value(number: Number) -> Fraction:
    """Return what a number counts for as it is written: ``20%`` for one fifth."""
    return number.value / 100 if number.percent else number.value


def evaluate(expression: Expression) -> Fraction | None:
    """Compute an expression, or return None for a division by zero or a power that is not a small whole one."""
    if isinstance(expression, Number):
        return face_value(expression)
    if isinstance(expression, Negation):
        inner = evaluate(expression.operand)
        return None if inner is None else -inner
    left = evaluate(expression.left)
    right = evaluate(expression.right)
    return None if left is None or right is None else apply(expression.symbol, left, right)


def apply(symbol: Symbol, left: Fraction, right: Fraction) -> Fraction | None:
    """Return the outcome of one operation, or None where `evaluate` has none."""
    if symbol == "+":
        return left + right
    if symbol == "-":
        return left - right
    if symbol == "*":
        return left * right
    if symbol == "/":
        return left / right if right else None
    small = right.denominator == 1 and 0 <= right <= _LARGEST_POWER and abs(left) < _LARGEST_BASE
    return left**right.numerator if small and left.denominator < _LARGEST_BASE else None


class _NotAnExpressionError(Exception):
    pass


class _Parser:
    """Recursive descent over tokens from which units and currency signs were removed."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._index = 0

    def whole(self) -> Expression:
        expression = self._sum()
        if self._index < len(self._tokens):
            raise _NotAnExpressionError
        return expression

    def _peek(self) -> Token | None:
        return self._tokens[self._index] if self._index < len(self._tokens) else None

    def _take(self, kind: TokenKind, texts: str = "") -> Token | None:
        token = self._peek()
        if token is None or token.kind is not kind or (texts and token.text not in texts):
            return None
        self._index += 1
        return token

    def _sum(self) -> Expression:
        left = self._product()
        while (token := self._take(TokenKind.OPERATOR, "+-")) is not None:
            left = Operation("+" if token.text == "+" else "-", left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while True:
            token = self._take(TokenKind.OPERATOR, "*/")
            if token is not None:
                left = Operation("*" if token.text == "*" else "/", left, self._signed())
            elif self._bracket_touches():
                left = Operation("*", left, self._signed())
            else:
                return left

    def _bracket_touches(self) -> bool:
        token = self._peek()
        if token is None or self._index == 0:
            return False
        before = self._tokens[self._index - 1]
        if before.kind is TokenKind.CLOSE and token.kind in (TokenKind.OPEN, TokenKind.NUMBER):
            return token.end > before.end and token.start - before.end <= 1
        return token.kind is TokenKind.OPEN and token.start == before.end

    def _signed(self) -> Expression:
        token = self._take(TokenKind.OPERATOR, "+-")
        power = self._power()
        return Negation(power) if token is not None and token.text == "-" else power

    def _power(self) -> Expression:
        base = self._operand()
        return base if self._take(TokenKind.OPERATOR, "^") is None else Operation("^", base, self._signed())

    def _operand(self) -> Expression:
        if self._take(TokenKind.OPEN) is not None:
            inner = self._sum()
            if self._take(TokenKind.CLOSE) is None:
                raise _NotAnExpressionError
            return inner
        token = self._take(TokenKind.NUMBER)
        if token is None or token.value is None:
            raise _NotAnExpressionError
        percent = self._take(TokenKind.PERCENT) is not None
        number = Number(token.text, token.value, token.start, token.end, percent)
        return self._mixed(number) or number

    def _mixed(self, whole: Number) -> Expression | None:
        """Read ``2 1/2`` as two and a half: only a proper fraction right behind a whole number is one."""
        shape = self._tokens[self._index : self._index + 3]
        if len(shape) < 3 or whole.percent or whole.value.denominator != 1 or not whole.text[0].isdigit():
            return None
        top, slash, bottom = shape
        if top.value is None or bottom.value is None or slash.text != "/" or slash.kind is not TokenKind.OPERATOR:
            return None
        if not (0 < top.value < bottom.value and top.start - whole.end == 1 and bottom.start == top.end + 1):
            return None
        self._index += 3
        parts = [Number(token.text, token.value or Fraction(0), token.start, token.end) for token in (top, bottom)]
        return Operation("+", whole, Operation("/", parts[0], parts[1]))


def parse(tokens: Sequence[Token]) -> Expression | None:
    """Return the tree of numbers, operators, brackets and percent signs, or None if they make no tree."""
    try:
        return _Parser(tokens).whole()
    except _NotAnExpressionError:
        return None
