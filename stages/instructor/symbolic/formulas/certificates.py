r"""Answers on which two ways agree, written as a gold answer is: as `\frac{1}{2}` or as `0.5`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.answers.notation import plain
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.task import Task
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate

_ROOTS = re.compile(r"(?=.*\\sqrt)(?:\\sqrt|\\frac|\\cdot|[\d\s+*/(){}-])*")
_NUMBER = re.compile(r"\d+(?:,\d{3})*")


@dataclass(frozen=True, slots=True)
class Certified:
    """An answer that both ways gave: the text of its values and of all of it, and whether fractions are decimals."""

    written: tuple[str, ...]
    answer: str
    decimal: bool


def certify(task: Task, values: list[list[Value]], *, decimal: bool) -> Certified:
    """Solve a task with SymPy and compare with the `values` of the other way, as they are written in the end.

    Raises:
        UnsolvedError: SymPy gives no answer, or another one.
    """
    with exact.unsolved_polynomials():
        return _certified(task, task.exact(), values, decimal=decimal)


def reproduced(task: Task, values: list[list[Value]], gold: str) -> Certified | None:
    """Return the answer of a task if both ways reproduce its gold, written in the same form but for `x =`.

    Raises:
        UnsolvedError: SymPy gives no answer, or another one than the other way.
    """
    gold = gold.rpartition("=")[2]
    with exact.unsolved_polynomials():
        found = task.exact()
        for decimal in (False, True):
            certified = _certified(task, found, values, decimal=decimal)
            if _same_form(gold, certified.answer) and _is_correct(gold, certified.answer):
                return certified
    return None


def _certified(task: Task, found: Sequence[Any], values: list[list[Value]], *, decimal: bool) -> Certified:
    written = tuple(one if isinstance(one, str) else exact.written(one, decimal=decimal) for one in found)
    if not _agree(written, task, values):
        raise UnsolvedError("the ways disagree")
    answer = task.frame
    for text in written:
        answer = answer.replace("@", text, 1)
    return Certified(written, answer, decimal)


def _is_correct(gold: str, answer: str) -> bool:
    return grade(gold, rf"\boxed{{{answer}}}").verdict is Verdict.CORRECT


def _same_form(gold: str, answer: str) -> bool:
    return shape(gold) == shape(answer) or all(_ROOTS.fullmatch(plain(text)) for text in (gold, answer))


def shape(answer: str) -> str:
    """Return what is the same for answers of one kind: their signs and commands, and how many numbers they have."""
    text = plain(answer)
    commands = re.sub(r"\\(?:text|frac|sqrt|pi|begin|end|circ|cup|infty)|pmatrix|degrees", "", text)
    if re.search(r"[a-zA-Z]", commands):
        return "".join(sorted(set(re.sub(r"[\d\s+*{}()-]|\\cdot|\\left|\\right", "", text))))
    return "".join(sorted(re.sub(r"[\s{}+*-]|\\cdot|\\left|\\right", "", _NUMBER.sub("N", text))))


def _agree(written: Sequence[str], task: Task, values: list[list[Value]]) -> bool:
    """Read the written values back with the reader that SymPy has no part in, and compare them."""
    if len(written) != len(values):
        return False
    try:
        return all(
            close(evaluate(parse(text), point), value)
            for text, expected in zip(written, values, strict=True)
            for point, value in zip(task.points, expected, strict=True)
        )
    except (UnreadableError, UndefinedError):
        return False
