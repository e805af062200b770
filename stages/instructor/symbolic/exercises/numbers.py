"""Numbers of exercises: of the size that a mistake had, and such that the result is exact.

A size is a word of `stages.arithmetic.phrases`: `one-digit`, `two-digit`, `three-digit`, `large-number` (of the largest
operand), or `decimal`.
"""

import random
from collections.abc import Callable
from decimal import Decimal

Pair = tuple[Decimal, Decimal]

_LARGEST = {"one-digit": 9, "two-digit": 99, "three-digit": 999, "large-number": 20_000}
_SMALLEST = {"one-digit": 2, "two-digit": 11, "three-digit": 102, "large-number": 1002}
_LARGEST_PRODUCT = {"one-digit": 81, "two-digit": 2500, "three-digit": 20_000, "large-number": 100_000}
_TENTHS = (Decimal("0.1"), Decimal("0.25"), Decimal("0.5"), Decimal("0.01"))


def write(value: Decimal, *, money: bool = False) -> str:
    """Write a number without exponent and needless zeros; an amount of money that is not whole has two decimals."""
    if value == value.to_integral_value():
        return str(int(value))
    return f"{value:.2f}" if money else f"{value.normalize():f}"


def draw(symbol: str, size: str, rng: random.Random) -> Pair:
    """Return two operands of `+`, `-`, `*` or `/`, the largest of that size, with an exact result above 1."""
    return _DECIMAL[symbol](rng) if size == "decimal" else _WHOLE[symbol](_SMALLEST[size], size, rng)


def size_of(values: list[Decimal]) -> str:
    """Return the size of a group of operands."""
    if any(value != value.to_integral_value() for value in values):
        return "decimal"
    largest = max(values, default=Decimal(0))
    return next((size for size, most in _LARGEST.items() if largest <= most), "large-number")


def _sum(least: int, size: str, rng: random.Random) -> Pair:
    large = rng.randint(least, _LARGEST[size])
    pair = [large, rng.randint(max(2, large // 12), large)]
    rng.shuffle(pair)
    return Decimal(pair[0]), Decimal(pair[1])


def _difference(least: int, size: str, rng: random.Random) -> Pair:
    large = rng.randint(max(least, 4), _LARGEST[size])
    return Decimal(large), Decimal(rng.randint(max(2, large // 12), large - 2))


def _product(least: int, size: str, rng: random.Random) -> Pair:
    large = rng.randint(least, _LARGEST[size])
    small = rng.randint(2, max(2, min(large, _LARGEST_PRODUCT[size] // large, 99)))
    pair = [large, small]
    rng.shuffle(pair)
    return Decimal(pair[0]), Decimal(pair[1])


def _quotient(least: int, size: str, rng: random.Random) -> Pair:
    if size == "one-digit":  # of the tables: few quotients of two digits are whole
        by, result = rng.randint(2, 9), rng.randint(2, 9)
        return Decimal(by * result), Decimal(by)
    by = rng.randint(2, 12 if rng.random() < 0.75 else 25)
    result = rng.randint(max(2, -(-least // by)), max(2, _LARGEST[size] // by))
    return Decimal(by * result), Decimal(by)


def _decimal(rng: random.Random) -> Decimal:
    step = rng.choice(_TENTHS)
    value = step * rng.randint(2, int(40 / step))
    return value if value != value.to_integral_value() and value > 1 else value + Decimal("0.5")


def _decimal_sum(rng: random.Random) -> Pair:
    return _decimal(rng), _decimal(rng)


def _decimal_difference(rng: random.Random) -> Pair:
    small = _decimal(rng)
    return small + _decimal(rng), small


def _decimal_product(rng: random.Random) -> Pair:
    pair = [_decimal(rng), Decimal(rng.randint(2, 12))]
    rng.shuffle(pair)
    return pair[0], pair[1]


def _decimal_quotient(rng: random.Random) -> Pair:
    by, result = Decimal(rng.randint(2, 12)), _decimal(rng)
    return by * result, by


_WHOLE: dict[str, Callable[[int, str, random.Random], Pair]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
}
_DECIMAL: dict[str, Callable[[random.Random], Pair]] = {
    "+": _decimal_sum,
    "-": _decimal_difference,
    "*": _decimal_product,
    "/": _decimal_quotient,
}
