r"""New numbers for a problem whose question is a formula, with a certificate of two independent ways.

"Compute $\sqrt{72} + 1$." is read as a task, which SymPy solves and plain arithmetic solves. If both give the gold
answer, the question's numbers are drawn anew until both agree on an answer of the same kind. The solution is written
anew as well, since the old one may use its numbers in words: no line of it is kept.
"""

import random
import re
from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.renumbering import Renumbered
from stages.arithmetic.tracing import Refusal
from stages.instructor.symbolic.formulas.certificates import Certified, certify, reproduced, shape
from stages.instructor.symbolic.formulas.exact import unsolved_polynomials
from stages.instructor.symbolic.formulas.forms.catalogue import FORMS
from stages.instructor.symbolic.formulas.forms.form import Form, read_with
from stages.instructor.symbolic.formulas.redrawing import keeps_form, numerals, redraw
from stages.instructor.symbolic.formulas.skeletons import read_skeleton
from stages.instructor.symbolic.formulas.task import Task
from stages.instructor.symbolic.formulas.values import Value

_ATTEMPTS = 240
_CERTIFIED_ATTEMPTS = 16
_LARGEST = 60
_WIDEST = 12
_WIDE = 25
_ZERO = 1e-9
# The errors of this package are of the first kind; the others are those of SymPy's objects.
_UNSOLVED = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, NotImplementedError)


def renumber_formula(question: str, answer: str, rng: random.Random) -> Renumbered | Refusal:
    """Give a problem new numbers, and a worked solution; the same state of `rng` gives the same result."""
    if "[asy]" in question or "\\begin{tabular}" in question:
        return Refusal("needs a figure")
    reason, skeleton = "no form for the question", read_skeleton(question)
    for form in FORMS:
        task = read_with(form, skeleton)
        if task is None:
            continue
        try:
            values = task.numeric()
            certified = reproduced(task, values, answer)
        except _UNSOLVED:
            reason = "the question is not solved"
            continue
        if certified:
            return _renumbered(question, _Solved(form, task, values, certified), rng)
        reason = "the gold answer is not reproduced"
    return Refusal(reason)


@dataclass(frozen=True, slots=True)
class _Solved:
    """What is known of the old question."""

    form: Form
    task: Task
    values: list[list[Value]]
    certified: Certified


def _renumbered(question: str, old: _Solved, rng: random.Random) -> Renumbered | Refusal:
    if not numerals(question):
        return Refusal("no numbers to change")
    tried = 0
    for attempt in range(0, _ATTEMPTS, old.task.cost):
        text = redraw(question, rng, 1 - 0.7 * attempt / _ATTEMPTS, old.form.tied)
        if text == question or not keeps_form(question, text):
            continue
        task = read_with(old.form, read_skeleton(text))
        try:
            values = task.numeric() if task else []
            if task is None or not _alike(old, task, values, strict=attempt < _ATTEMPTS * 2 // 3):
                continue
            tried += 1
            new = certify(task, values, decimal=old.certified.decimal)
            if _same_form(old.certified.answer, new.answer):
                return Renumbered(text, _solution(task, new), new.answer)
        except _UNSOLVED:
            pass
        if tried > _CERTIFIED_ATTEMPTS:
            break
    return Refusal("no valid numbers found")


def _same_form(old: str, new: str) -> bool:
    return shape(new) == shape(old) and _largest(new) <= max(_LARGEST, _WIDE * _largest(old))


def _largest(answer: str) -> int:
    return max(map(int, re.findall(r"\d+", answer)), default=0)


def _solution(task: Task, certified: Certified) -> str:
    with unsolved_polynomials():
        lines = task.work(certified.written)
    return "\n".join([*lines, rf"The answer is $\boxed{{{certified.answer}}}$."])


def _alike(old: _Solved, task: Task, values: list[list[Value]], *, strict: bool) -> bool:
    """Return whether values are of the same kind and size as the old ones, and, if `strict`, not all the same."""
    if len(old.values) != len(values) or (strict and old.values == values):
        return False
    if len(old.task.inner) != len(task.inner) or not all(map(_same_side, old.task.inner, task.inner)):
        return False
    pairs = [pair for one, other in zip(old.values, values, strict=True) for pair in zip(one, other, strict=True)]
    return len(values[0]) > 1 or all(_same_kind(*pair) for pair in pairs)


def _same_side(old: Value, new: Value) -> bool:
    """Return whether a value on the way is of the same kind and sign: what is a count or a length stays one."""
    real = not isinstance(old, complex) and not isinstance(new, complex)
    return _same_kind(old, new) and (not real or (old > 0) == (new > 0))


def _same_kind(old: Value, new: Value) -> bool:
    if isinstance(old, list) or isinstance(new, list):
        cells = [(a, b) for a, b in zip(_flat(old), _flat(new), strict=False)]
        return len(_flat(old)) == len(_flat(new)) and all(_same_kind(*pair) for pair in cells if 0 not in pair)
    if isinstance(old, complex) or isinstance(new, complex):
        parts = [[abs(part) < _ZERO for part in (complex(one).real, complex(one).imag)] for one in (old, new)]
        return parts[0] == parts[1]
    if (abs(old) < _ZERO) != (abs(new) < _ZERO) or abs(new) > max(_LARGEST, _WIDEST * abs(old)):
        return False
    return _kind(old) == _kind(new)


def _flat(value: Value) -> list[Value]:
    return [cell for row in value for cell in _flat(row)] if isinstance(value, list) else [value]


def _kind(value: Value) -> str:
    near = Fraction(value).limit_denominator(2000)
    if abs(near - Fraction(value)) > 1e-9:
        return "irrational"
    return "whole" if near.denominator == 1 else "fraction" if near.denominator <= 200 else "fine fraction"
