r"""Answers on which two ways agree, written as a gold answer is: `\frac{2}{3}` or `0.5`, with its unit."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stages.answers.notation import plain
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.task import Task, joined
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate

_WRITERS = 4
_AFFIXES = re.compile(
    r"(?P<prefix>(?:[a-zA-Z]\s*=\s*)?(?:\\?\$)?)(?P<core>.*?)(?P<suffix>\s*(?:\^\s*\{?\\circ\}?|\\%|%|"
    r"\\?,?\s*\\(?:text|mbox)\{[^{}]*\}(?:\^\d)?)?)",
    re.DOTALL,
)
_ROOTS = re.compile(r"(?=.*\\sqrt)(?:\\sqrt|\\frac|\\cdot|[\d\s+*/(){}-])*")
_NUMBER = re.compile(r"\d+(?:,\d{3})*")


@dataclass(frozen=True, slots=True)
class Style:
    """How a gold answer is written: by which of the `writings`, and what is around it."""

    writer: int
    prefix: str
    suffix: str


@dataclass(frozen=True, slots=True)
class Certified:
    """An answer that both ways gave."""

    written: tuple[str, ...]
    answer: str
    values: list[list[Value]]
    inner: list[Value]
    cost: int


def certify(task: Task, style: Style, values: list[list[Value]]) -> Certified:
    """Solve a task with SymPy and compare with the `values` of the other way, as they are written in the end.

    Raises:
        UnsolvedError: SymPy gives no answer, or another one.
    """
    with exact.unsolved_polynomials():
        written = tuple(_written(value, style.writer) for value in task.exact())
    if not _agree(written, task, values):
        raise UnsolvedError("the ways disagree")
    return Certified(
        written, f"{style.prefix}{joined(task.frame, written)}{style.suffix}", values, list(task.inner), task.cost
    )


def style_of(task: Task, gold: str) -> tuple[Style, Certified] | None:
    """Return how a gold answer is written, if both ways reproduce it."""
    affixes = _AFFIXES.fullmatch(gold.strip())
    if affixes is None:
        return None
    values, spare = task.numeric(), None
    for writer in range(_WRITERS):
        style = Style(writer, affixes["prefix"], affixes["suffix"])
        certified = certify(task, style, values)
        if grade(gold, rf"\boxed{{{certified.answer}}}").verdict is not Verdict.CORRECT:
            continue
        if shape(certified.answer) == shape(gold):
            return style, certified
        if _ROOTS.fullmatch(plain(gold)) and _ROOTS.fullmatch(plain(certified.answer)):
            spare = spare or (style, certified)
    return spare


def shape(answer: str) -> str:
    """Return what is the same for answers of one kind: their signs and commands, and how many numbers they have."""
    text = plain(answer)
    commands = re.sub(r"\\(?:text|frac|sqrt|pi|begin|end|circ|cup|infty)|pmatrix|degrees", "", text)
    if re.search(r"[a-zA-Z]", commands):
        return "".join(sorted(set(re.sub(r"[\d\s+*{}()-]|\\cdot|\\left|\\right", "", text))))
    return "".join(sorted(re.sub(r"[\s{}+*-]|\\cdot|\\left|\\right", "", _NUMBER.sub("N", text))))


def _written(value: object, writer: int) -> str:
    if isinstance(value, str):
        return value
    ways = list(exact.writings(value))
    return ways[min(writer, len(ways) - 1)]


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
