r"""Compare formulas with SymPy, within limits that need neither a clock nor a signal.

Two formulas are equal if they have the same value, to 20 digits, wherever their symbols are set to the same numbers;
two equations, if the difference of the sides of one is a multiple of that of the other. That is quicker than to
simplify, and rounds nothing away. Where a formula has a modulus, some of the numbers are negative.

Nothing is simplified or solved, so the time is bounded by what is parsed: `is_small` refuses text in which a single
operation could run away, such as power towers, factorials of large numbers, sums and integrals, thousands of digits.
"""

import math
import re
from fractions import Fraction
from functools import lru_cache
from threading import Lock
from typing import Any

from stages.grading.group import MAX_DEPTH, depth_of
from stages.grading.latex import parse_formula

MAX_LENGTH = 300
"""Characters of a formula."""
MAX_RUN = 20
"""Digits of one number."""
MAX_EXPONENT = 1000
"""The largest exponent times all exponents of brackets, so that powers of powers are bounded as well."""

_LONG_NUMBER = re.compile(rf"\d{{{MAX_RUN + 1},}}")
_EXPONENT = re.compile(r"([)}]?)\s*\^\s*(\{[^{}]*\}|\S)")
_TOWER = re.compile(r"\^\s*\{[^{}]*(?:\^|!|\{)|(?:\^|\*\*)\s*\S\s*(?:\^|\*\*)|\^\s*\(|\\exp.*\\exp|\*\*.*\*\*")
_FAST_GROWING = re.compile(r"!|\\d?binom(?![a-z])")
_ENDLESS = re.compile(r"\\(?:Gamma|zeta|sum|prod|i*int|lim)(?![a-z])")
_GROWN = re.compile(r"\d{4}|\d{3}\s*!|!\s*!|[)}\]]\s*!|binom(?!\s*\{\s*\w+\s*\}\s*\{\s*\w+\s*\})|\^\s*\{?\w+\}?\s*!")
_BRACE = re.compile(r"(?<!\\)[{}]")
_PROSE = re.compile(r"(?<![\\a-zA-Z])(?!degrees|p?matrix)[a-zA-Z]{5,}|(?<![_\d])\d+\s+\d")

_DIGITS = 30
_SAME = Fraction(1, 10**20)
_NOTHING = Fraction(1, 10**60)
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)

_lock = Lock()  # parsing and comparing share caches that nothing guards


def same_formula(gold: str, answer: str) -> bool:
    """Return whether two formulas are equal for all values of their symbols; False if one is over the limits.

    One equation and one expression are compared as `y = 2x` and `2x` are: by the side that is no name.
    """
    first, second = _parse(gold), _parse(answer)
    if first is None or second is None:
        return False
    with _lock:
        return _equal(first, second)


def formula_of(text: str) -> Any:
    """Return a formula as an object of SymPy, not evaluated; None if it does not parse or is over the limits."""
    return _parse(text)


def value_of(text: str) -> Any:
    """Return the value of a formula without symbols as a number of SymPy with 30 digits, or None."""
    formula = _parse(text)
    if formula is None or not hasattr(formula, "evalf"):
        return None
    with _lock:
        value = _at(formula, {})
    return value if value is not None and value.is_real else None


def is_parseable(text: str) -> bool:
    """Return whether a gold can be graded: it parses, or is well formed and too large to be parsed."""
    if not _is_balanced(text) or _PROSE.search(text):
        return False
    return not is_small(text) or _parse(text) is not None


def is_small(text: str) -> bool:
    """Return whether every single operation on this formula is short, which bounds the time."""
    if len(text) > MAX_LENGTH or depth_of(text) > MAX_DEPTH or _LONG_NUMBER.search(text) or _TOWER.search(text):
        return False
    if _ENDLESS.search(text) or (_FAST_GROWING.search(text) and _GROWN.search(text)):
        return False
    sizes = [
        (bracket, max(map(int, re.findall(r"\d+", power)), default=1)) for bracket, power in _EXPONENT.findall(text)
    ]
    of_brackets = math.prod(max(size, 1) for bracket, size in sizes if bracket)
    return of_brackets * max((size for bracket, size in sizes if not bracket), default=1) <= MAX_EXPONENT


@lru_cache(maxsize=4096)
def _parse(text: str) -> Any:
    if not (is_small(text) and _is_balanced(text)) or _PROSE.search(text):
        return None
    with _lock:
        return parse_formula(text)


def _equal(gold: Any, answer: Any) -> bool:
    from sympy import And, Eq, Expr
    from sympy.core.relational import Relational

    if isinstance(gold, And) and isinstance(answer, And):
        left, right = list(gold.args), list(answer.args)
        return len(left) == len(right) and all(any(_equal(one, other) for other in right) for one in left)
    if isinstance(gold, Eq) is not isinstance(answer, Eq):
        gold, answer = _side(gold), _side(answer)
    if isinstance(gold, Relational) and isinstance(answer, Relational):
        return _same_relation(gold, answer)
    return isinstance(gold, Expr) and isinstance(answer, Expr) and _same_values(gold, answer)


def _side(formula: Any) -> Any:
    """Return the side of an equation that is no name."""
    from sympy import Eq

    if isinstance(formula, Eq) and formula.lhs.is_Symbol:
        return formula.rhs
    return formula.lhs if isinstance(formula, Eq) and formula.rhs.is_Symbol else formula


def _same_relation(gold: Any, answer: Any) -> bool:
    """Compare `a < b` and `c < d` by whether `b - a` is a positive multiple of `d - c`; equations by any multiple."""
    signs = {"<": ("<", 1), ">": ("<", -1), "<=": ("<=", 1), ">=": ("<=", -1)}
    (gold_kind, gold_sign), (kind, sign) = (signs.get(one.rel_op, (one.rel_op, 1)) for one in (gold, answer))
    if gold_kind != kind:
        return False
    pairs = _values(gold_sign * (gold.lhs - gold.rhs), sign * (answer.lhs - answer.rhs))
    ratios = [first / second for first, second in pairs if second]
    if not pairs or len(ratios) < len(pairs) or not ratios[0]:
        return False
    fixed = all(_near(ratio, ratios[0]) for ratio in ratios)
    return fixed and (not kind.startswith("<") or bool(ratios[0].is_positive))


def _same_values(gold: Any, answer: Any) -> bool:
    pairs = _values(gold, answer)
    return bool(pairs) and all(_near(first, second) for first, second in pairs)


def _values(gold: Any, answer: Any) -> list[tuple[Any, Any]]:
    """Evaluate both formulas at the same points; points at which one has no value are left out."""
    from sympy import Abs, I, Rational

    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)[: len(_PRIMES) - 3]
    names = [symbol for symbol in symbols if str(symbol) != "i"]
    imaginary = {symbol: I for symbol in symbols if str(symbol) == "i"}
    signs = (1, -1) if gold.has(Abs) or answer.has(Abs) else (1, 1)
    pairs = []
    for shift in range(3 if names else 1):
        point = {
            name: signs[(k + shift) % 2] * Rational(_PRIMES[k + shift % 3], _PRIMES[(k + 5 + shift) % 12])
            for k, name in enumerate(names)
        }
        pair = _at(gold, point | imaginary), _at(answer, point | imaginary)
        if None not in pair:
            pairs.append(pair)
    return pairs


def _at(formula: Any, point: dict[Any, Any]) -> Any:
    try:
        value = formula.subs(point).evalf(_DIGITS)
    except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
        return None
    return value if value.is_number and value.is_finite else None


def _near(first: Any, second: Any) -> bool:
    size = max(abs(first), abs(second))
    return bool(size < _NOTHING or abs(first - second) < _SAME * size)


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in _BRACE.findall(text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
