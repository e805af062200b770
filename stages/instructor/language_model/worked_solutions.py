"""The end of a worked solution such as `6 * 2 = 12`, `#### 12`."""

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
    """Return a solution up to its first `#### number`; any text after it is another problem.

    Without a number the last `#### text` counts, as those before may be headings. None where there is none.
    """
    match = _NUMBER.search(text) or next(reversed(list(_ANYTHING.finditer(text))), None)
    if match is None:
        return None
    return WorkedSolution(text[: match.end()].strip(), match["answer"].strip())
