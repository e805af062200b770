"""Answers: the number behind ``####`` of a gold solution, or what a model calls its answer."""

import re
from fractions import Fraction

from stages.answers.numerals import LONGEST_NUMBER, parse_digits
from stages.arithmetic.equations import read_side
from stages.arithmetic.expressions import evaluate
from stages.arithmetic.latex import from_latex

_NUMBER = re.compile(r"\s*(-?)\s*[$€£]?\s*(-?)(\d[\d,]*(?:\.\d+)?|\.\d+)\.?\s*%?\s*")
_GOLD = re.compile(r"####\s*[$€£]?\s*(-?[\d,]*\.?\d+)")
_STATED = re.compile(
    r"(?:####|\banswer(?:\s+is)?\s*[:=]?|\bA:)\s*[:=]?\s*\**\s*\\?[$€£]?\s*(?P<number>-?[\d,]*\.?\d+)"
    r"|\\boxed\s*\{(?P<box>(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}",
    re.IGNORECASE,
)
_UNIT = re.compile(r"[^\W\d_]+")


def number_in(text: str) -> Fraction | None:
    """Return the value of a text that is one number with at most a sign, a currency and a percent sign."""
    match = _NUMBER.fullmatch(text)
    if match is None or len(match.group(3)) > LONGEST_NUMBER:
        return None
    value = parse_digits(match.group(3))
    return -value if match.group(1) or match.group(2) else value


def final_answer(solution: str) -> Fraction | None:
    """Return the number behind the ``####`` of a solution."""
    match = _GOLD.search(solution)
    return number_in(match.group(1)) if match else None


def stated_answer(output: str) -> Fraction | None:
    """Return the last number that an output calls its answer or puts in a box."""
    found = list(_STATED.finditer(output))
    if not found:
        return None
    return number_in(found[-1]["number"]) if found[-1]["number"] else _boxed(found[-1]["box"])


def _boxed(content: str) -> Fraction | None:
    side = read_side(_UNIT.sub(" ", from_latex(content)))
    return None if side is None else evaluate(side)
