"""Where a worked solution ends: `6 * 2 = 12`, `#### 12`."""

import re
from dataclasses import dataclass

MARKER = re.compile("####")
_NUMBER = re.compile(r"####[ \t]*+(?P<answer>[^\w\s#]*+\d[^\n]*|\\[^\n]*)")
_ANYTHING = re.compile(r"####[ \t]*+(?P<answer>[^\s#][^\n]*)")


@dataclass(frozen=True)
class WorkedSolution:
    """A solution up to its answer, and the answer."""

    text: str
    answer: str


def read_solution(text: str) -> WorkedSolution | None:
    """Return a solution up to its first `#### number`, since what a model writes after it is another problem.

    Without one, the last `#### text` counts: the ones before it may be headings. None where there is none at all.
    """
    match = _NUMBER.search(text) or next(reversed(list(_ANYTHING.finditer(text))), None)
    if match is None:
        return None
    return WorkedSolution(text[: match.end()].strip(), match["answer"].strip())
