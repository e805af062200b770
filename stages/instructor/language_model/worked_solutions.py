r"""The end of a worked solution: `#### 12`, `#### Answer` and 12 below it, or `\boxed{12}`."""

import re
from dataclasses import dataclass
from typing import Any

from stages.answers.final_answer import MARKER
from stages.answers.marks import boxes

MARK = re.compile(r"####|\\boxed|\\fbox")
_HEADING = r"[*_]*+(?:(?:the|final)[ \t]++)*+answer(?:[ \t]++is)?+[ \t]*+:?+[*_]*+\s*+|\n"
_STEP = r"\d+[.)][ \t]+[^\W\d]"  # `#### 2. Add the tip`
_NUMBER = re.compile(
    rf"####[ \t]*+(?P<heading>{_HEADING})?+[ \t]*+(?!{_STEP})"
    r"(?P<answer>[^\w\s#]*+\d[^\n]*|\$?+\\(?!boxed|fbox|\[)[^\n]*)",
    re.IGNORECASE,
)
_ANYTHING = re.compile(r"####[ \t]*+(?P<answer>[^\s#][^\n]*)")
_BEFORE_BOX = re.compile(r"####[\s$*_]*+\\(?:boxed|fbox)\s*+\{?")
_AFTER_BOX = re.compile(r"[^\n]*+(?:\n[ \t]*+(?:\\\]|\$\$)(?=[ \t]*+(?:\n|\Z)))?+")
"""The rest of a box's line, and the end of a formula that has lines of its own."""


@dataclass(frozen=True)
class WorkedSolution:
    """A solution up to its answer, and the answer."""

    text: str
    answer: str


def read_solution(text: str) -> WorkedSolution | None:
    """Return a solution up to its first `#### number`, else the line of its last box; None where it has neither.

    What follows is another problem. The number may stand behind or below a heading such as `#### Answer`, which is left
    out. Of a solution with `####` and no number the last `#### text` counts, as those before may be headings.
    """
    match = _NUMBER.search(text)
    spans = [] if match else [span for span in boxes(text) if text[slice(*span)].strip()]
    if spans:
        return _boxed(text, *spans[-1])
    match = match or next(reversed(list(_ANYTHING.finditer(text))), None)
    if match is None:
        return None
    answer = match["answer"].strip()
    has_heading = match.re is _NUMBER and match["heading"]
    upto = f"{text[: match.start()]}{MARKER} {answer}" if has_heading else text[: match.end()]
    return WorkedSolution(_on_its_own_line(upto, match.start()).strip(), answer)


def lines_of(value: Any) -> str:
    """Return a text, or the texts of the steps of a list or an object as lines; numbers alone are no steps."""
    if isinstance(value, list | dict):
        parts = value.values() if isinstance(value, dict) else value
        return "\n".join(filter(None, (lines_of(part) for part in parts if not isinstance(part, int | float))))
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _boxed(text: str, start: int, end: int) -> WorkedSolution:
    """Return a solution up to its last box; a box behind `####` gives that line its answer."""
    answer, line = text[start:end].strip(), text.rfind("\n", 0, start) + 1
    if _BEFORE_BOX.fullmatch(text, line, start):
        return WorkedSolution(f"{text[:line]}{MARKER} {answer}", answer)
    rest = _AFTER_BOX.match(text, end)
    return WorkedSolution((text[:end] + (rest[0] if rest else "")).strip(), answer)


def _on_its_own_line(text: str, start: int) -> str:
    """Return the text with the mark at `start` at the beginning of a line."""
    before = text[:start].rstrip(" \t")
    return text if not before or before.endswith("\n") else f"{before}\n{text[start:]}"
