r"""The end of a worked solution: `#### 12`, or `\boxed{12}`."""

import re
from dataclasses import dataclass

from stages.answers.marks import boxes

MARK = re.compile(r"####|\\boxed|\\fbox")
_NUMBER = re.compile(r"####[ \t]*+(?P<answer>[^\w\s#]*+\d[^\n]*|\\[^\n]*)")
_ANYTHING = re.compile(r"####[ \t]*+(?P<answer>[^\s#][^\n]*)")


@dataclass(frozen=True)
class WorkedSolution:
    """A solution up to its answer, and the answer."""

    text: str
    answer: str


def read_solution(text: str) -> WorkedSolution | None:
    """Return a solution up to its first `#### number`, else the line of its last box; None where it has neither.

    What follows is another problem. Of a solution with `####` and no number the last `#### text` counts, as those
    before may be headings.
    """
    match = _NUMBER.search(text)
    spans = [] if match else [span for span in boxes(text) if text[slice(*span)].strip()]
    if spans:
        start, end = spans[-1]
        return WorkedSolution((text[:end] + text[end:].partition("\n")[0]).strip(), text[start:end].strip())
    match = match or next(reversed(list(_ANYTHING.finditer(text))), None)
    if match is None:
        return None
    return WorkedSolution(_on_its_own_line(text[: match.end()], match.start()).strip(), match["answer"].strip())


def _on_its_own_line(text: str, start: int) -> str:
    """Return the text with the mark at `start` at the beginning of a line."""
    before = text[:start].rstrip(" \t")
    return text if not before or before.endswith("\n") else f"{before}\n{text[start:]}"
