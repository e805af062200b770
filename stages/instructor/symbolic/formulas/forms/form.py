"""A form of question: the words that it has, and how its formulas make a task."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stages.instructor.symbolic.formulas.skeletons import Skeleton
from stages.instructor.symbolic.formulas.task import Task

Groups = dict[str, list[str]]
"""The formulas in each named group of a pattern."""
Match = re.Match[str]
Build = Callable[[Groups, Match], Task]


@dataclass(frozen=True, slots=True)
class Form:
    """The words of a question as a pattern with `@` for each formula; `tied` numbers next to each other stay so."""

    pattern: re.Pattern[str]
    build: Build
    tied: bool = False


def form(pattern: str, build: Build, *, tied: bool = False) -> Form:
    """Return a form whose pattern must match all words."""
    return Form(re.compile(pattern), build, tied)


def read_with(one: Form, skeleton: Skeleton) -> Task | None:
    """Return the task of a question that has this form; no formula with a number in it is left unread."""
    match = one.pattern.fullmatch(skeleton.words)
    if match is None:
        return None
    spans = {name: _span(match, name) for name in one.pattern.groupindex if match[name] is not None}
    groups = {name: list(skeleton.slots[start:end]) for name, (start, end) in spans.items()}
    taken = {index for span in spans.values() for index in range(*span)}
    if any(re.search(r"\d", slot) for index, slot in enumerate(skeleton.slots) if index not in taken):
        return None
    try:
        return one.build(groups, match)
    except (ValueError, ArithmeticError, LookupError, TypeError):  # a formula is not what the form takes it for
        return None


def _span(match: re.Match[str], name: str) -> tuple[int, int]:
    start, end = (match.string[:place].count("@") for place in match.span(name))
    return start, end
