r"""Evaluate a short numeric formula exactly, in plain text or LaTeX, without SymPy.

    evaluate(r"3 \times 10^3") == 3000        evaluate(r"2\frac{1}{2}") == Fraction(5, 2)

Exactness is the point: a comparison of floats takes 2^-60 for 2^-61. Numbers, + - * / ^, brackets and `\frac` are
covered; roots, names and functions are not and give None, as does anything beyond the limits below. The formula is
rewritten as one of Python, whose syntax tree is walked and never run.
"""

import ast
import operator
import re
from fractions import Fraction

from stages.answers.latex import plain_signs

MAX_DIGITS = 400
"""Characters of a number or a formula."""
MAX_BITS = 4096
"""Bits of a result's numerator and denominator."""

_CROSS = re.compile(r"(?<=[\d)}\s])[xX](?=\s?[\d(\\])")
_FRACTION = re.compile(r"(\d*)\s?\\frac\s?\{([^{}]*)\}\s?\{([^{}]*)\}")
_POWER = re.compile(r"\^\s?\{([^{}]*)\}")
_REPEATING = re.compile(r"(\d{0,20})\.(\d{0,20})\\(?:overline|bar|dot)\s?(?:\{\s?(\d{1,20})\s?\}|(\d))")
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)?(?:\.\d+)?(?<=\d)")
_ARITHMETIC = re.compile(r"[\d\s.+*/()-]*")
_BRACES = str.maketrans("{}", "()")
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


class _NotNumericError(Exception):
    """The formula leaves what this module computes."""


def evaluate(formula: str) -> Fraction | None:
    """Return the value of a numeric formula, or None if it is not one or is too large to be worth computing."""
    if len(formula) > MAX_DIGITS:
        return None
    text, inner = _CROSS.sub("*", _REPEATING.sub(_repeating, plain_signs(formula))), ""
    while text != inner:
        inner, text = text, _FRACTION.sub(_fraction, _POWER.sub(r"^(\1)", text))
    text = _NUMBER.sub(_number, text.replace("^", "**").translate(_BRACES)).strip()
    if not _ARITHMETIC.fullmatch(text) or "//" in text:
        return None
    try:
        return _value(ast.parse(text, mode="eval").body)
    except (_NotNumericError, ZeroDivisionError, SyntaxError, RecursionError, MemoryError):
        return None


def _fraction(match: re.Match[str]) -> str:
    # 2\frac{1}{2} is a mixed number, but 2\frac{5}{2} is a product to some: neither reading is safe.
    if not match[1]:
        return f"((({match[2]})/({match[3]})))"
    proper = match[2].isdigit() and match[3].isdigit() and 0 < int(match[2]) < int(match[3])
    return f"({match[1]}+{match[2]}/{match[3]})" if proper else "?"


def _repeating(match: re.Match[str]) -> str:
    r"""Write `0.1\overline{6}` as 15/90."""
    whole, once, again = match[1], match[2], match[3] or match[4]
    value = int(whole + once + again) - int(f"0{whole}{once}")
    return f"({value}/{10 ** (len(once) + len(again)) - 10 ** len(once)})"


def _number(match: re.Match[str]) -> str:
    """Write a number without leading zeros, and a decimal as a fraction in brackets."""
    if not match[0]:
        return ""
    value = Fraction(match[0].replace(",", ""))
    return str(value.numerator) if value.denominator == 1 else f"({value.numerator}/{value.denominator})"


def _value(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Fraction(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if not isinstance(node, ast.BinOp):
        raise _NotNumericError
    left, right = _value(node.left), _value(node.right)
    apply = _power if isinstance(node.op, ast.Pow) else _OPERATORS.get(type(node.op))
    if apply is None:
        raise _NotNumericError
    value: Fraction = apply(left, right)
    if max(_bits(value.numerator), _bits(value.denominator)) > MAX_BITS:
        raise _NotNumericError
    return value


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    bits = max(_bits(base.numerator), _bits(base.denominator))
    if exponent.denominator != 1 or bits * abs(exponent.numerator) > MAX_BITS:
        raise _NotNumericError
    return base**exponent.numerator


def _bits(number: int) -> int:
    return abs(number).bit_length()
