r"""Compare formulas with Math-Verify, within limits that need neither a clock nor a signal.

Math-Verify guards itself with SIGALRM, which works in the main thread only, so its time-outs are off here. Two
guards stand in for them. `is_small` refuses text in which a single operation could run away: power towers,
factorials of large numbers, thousands of digits. `within_budget` counts the Python calls made on its behalf and
gives up after `CALL_BUDGET` of them, which takes about half a second: a count, unlike a clock, ends at the same
place on a busy machine. Counting doubles the time, so formulas too simple to take long go uncounted.

Source: https://github.com/huggingface/Math-Verify (0.9).
"""

import math
import re
import sys
from collections.abc import Callable
from functools import lru_cache
from inspect import CO_GENERATOR
from threading import RLock, local
from types import FrameType
from typing import Any

from stages.grading.group import MAX_DEPTH, depth_of
from stages.grading.latex import parse_formula

MAX_LENGTH = 300
"""Characters of a formula."""
MAX_RUN = 20
"""Digits of one number."""
MAX_EXPONENT = 1000
"""The product of all numbers in exponents, so that powers of powers are bounded as well."""
CALL_BUDGET = 400_000
_GRACE = 10_000

_LONG_NUMBER = re.compile(rf"\d{{{MAX_RUN + 1},}}")
_EXPONENT = re.compile(r"\^\s*(\{[^{}]*\}|\S)")
_TOWER = re.compile(r"\^\s*\{[^{}]*(?:\^|!|\{)|(?:\^|\*\*)\s*\S\s*(?:\^|\*\*)|\^\s*\(|\\exp.*\\exp|\*\*.*\*\*")
_FAST_GROWING = re.compile(r"!|\\(?:d?binom|Gamma|zeta|sum|prod|int)(?![a-z])")
_GROWN = re.compile(r"\d{4}|!\s*!|[)}\]]\s*!")
_LIGHT = re.compile(
    r"(?:[\d\sa-zA-Z+\-*/=<>(){}\[\],.]|\^\s?[2-4](?!\d)|\^\{1/2\}|\\(?:[{}]|(?:frac|sqrt|pi|cdot|times)(?![a-z])))*"
)
_MAX_LIGHT = 40
_BRACE = re.compile(r"(?<!\\)[{}]")

_lock = RLock()  # parsing and comparing share caches that nothing guards
_thread = local()


class BudgetSpentError(BaseException):
    """The call budget is used up. No `Exception`, because SymPy and Math-Verify swallow those."""


def same_formula(gold: str, answer: str) -> bool:
    """Return whether two formulas are equal for all values of their symbols; False if one is over the limits.

    Asymmetric: where the gold is no equation, `x = 5` is read as its right side.
    """
    parsed_gold, parsed_answer = _parse(gold), _parse(answer)
    if not (parsed_gold and parsed_answer):
        return False
    # Importing SymPy takes half a second, which plain numbers need not pay.
    from math_verify import verify

    with _lock:
        equal = verify(list(parsed_gold), list(parsed_answer), timeout_seconds=None)
        return bool(equal) and not _apart(parsed_gold[0], parsed_answer[0])


def is_parseable(text: str) -> bool:
    """Return whether a gold can be graded: it parses, or is well formed and too large to be parsed."""
    if not _is_balanced(text):
        return False
    return not is_small(text) or bool(within_budget(lambda: bool(_parse(text)), text))


def is_small(text: str) -> bool:
    """Return whether every single operation on this formula is short, so that counting calls bounds the time."""
    if len(text) > MAX_LENGTH or depth_of(text) > MAX_DEPTH or _LONG_NUMBER.search(text) or _TOWER.search(text):
        return False
    if _FAST_GROWING.search(text) and _GROWN.search(text):
        return False
    exponents = "".join(_EXPONENT.findall(text))
    return math.prod(max(int(number), 1) for number in re.findall(r"\d+", exponents)) <= MAX_EXPONENT


def within_budget(work: Callable[[], bool], *formulas: str) -> bool | None:
    """Run `work` on `formulas` and return its result; None if it made more than `CALL_BUDGET` Python calls.

    A trace function does the counting, so a debugger or a coverage tool sees nothing of `work`. A call from within
    `work` draws on the same budget.
    """
    if getattr(_thread, "counts", False) or all(_is_light(formula) for formula in formulas):
        return work()
    # Loaded here so that the half second of importing SymPy, which plain numbers need not pay, is not counted.
    import math_verify  # noqa: F401

    calls = 0

    def count(frame: FrameType, _event: str, _arg: object) -> None:
        nonlocal calls
        calls += 1
        # A generator may be running to be closed, where no error can be raised. The next call will do, and so that
        # a bare except in between does not lift the limit, the call after some more will do as well.
        if calls > CALL_BUDGET and not frame.f_code.co_flags & CO_GENERATOR:
            calls -= _GRACE
            raise BudgetSpentError

    previous = sys.gettrace()
    _thread.counts = True
    sys.settrace(count)
    try:
        return work()
    except BudgetSpentError:
        sys.settrace(None)
        _forget_half_done_work()
        return None
    finally:
        sys.settrace(previous)
        _thread.counts = False


def _is_light(text: str) -> bool:
    """Return whether a formula is short and free of functions and high powers, which make simplification slow."""
    return len(text) <= _MAX_LIGHT and text.count("^") + text.count("sqrt") <= 2 and bool(_LIGHT.fullmatch(text))


def _forget_half_done_work() -> None:
    # SymPy notes a property as unknown while it works it out; such an object must not stay in its cache.
    from sympy.core.cache import clear_cache

    clear_cache()


@lru_cache(maxsize=4096)
def _parse(text: str) -> tuple[Any, ...]:
    if not (is_small(text) and _is_balanced(text)):
        return ()
    with _lock:
        return parse_formula(text)


def _apart(gold: Any, answer: Any) -> bool:
    """Return whether two values that Math-Verify calls equal differ: it rounds, so that 2^-50 equals 2^-51."""
    from sympy import Expr, Float

    if not (isinstance(gold, Expr) and isinstance(answer, Expr)) or gold.free_symbols or answer.free_symbols:
        return False
    tolerance = 1e-5 if gold.has(Float) or answer.has(Float) else 1e-12
    try:
        first, second = complex(gold.evalf(30)), complex(answer.evalf(30))
    except (TypeError, ValueError, ArithmeticError):
        return False
    return abs(first - second) > tolerance * max(abs(first), abs(second))


def _is_balanced(text: str) -> bool:
    depth = 0
    for brace in _BRACE.findall(text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
