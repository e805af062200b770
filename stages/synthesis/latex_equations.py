r"""Equations in LaTeX that have a value on both sides, recomputed with SymPy.

    false_equation(r"So $\sqrt{16} + 3 = 8$.")   ->  r"\sqrt{16} + 3 = 8"
    false_equation(r"So $x + 3 = 8$.")           ->  None

Only what has one reading counts: a side with a name, a unit, a percent sign, dots or a mixed number is left alone, as
is a formula with a remainder behind it, and a decimal may be rounded.
"""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from stages.answers.notation import plain
from stages.grading.symbolic import value_of

_SPAN = re.compile(r"\$\$(.+?)\$\$|(?<!\\)\$(.+?)(?<!\\)\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", re.DOTALL)
_ROW = re.compile(
    r"\\\\(?:\[[^\]]*\])?|\\(?:implies|Rightarrow|iff|quad|qquad)(?![a-zA-Z])|;|\\(?:begin|end)\{[^{}]*\}"
)
_RELATION = re.compile(r"[<>:]|\\(?:approx|equiv|pmod|bmod|mod|ne|le|ge|neq|leq|geq|lt|gt|sim|cong|to|in)(?![a-zA-Z])")
_OPEN = re.compile(
    r"\\(?:l?dots|cdots|text|overline|bar|circ|degree|angle|%|log|infty|pm|mp)|[_%\[]|\.\.\.|\d\s*\\[dt]?frac"
)
_COMMA = re.compile(r",(?!(?:\\!)?\d{3}(?!\d))")
_DECIMAL = re.compile(r"-?\d*\.(\d+)")
_REMAINDER = re.compile(
    r"(?:\s+[a-z]+){0,2}?[,\s(]*(?:with |and |leaving )?(?:a )?(?:remainder|rem|r)(?![a-z])", re.IGNORECASE
)
_MAX_EQUATIONS = 100


def false_equation(solution: str) -> str | None:
    """Return the first equation of a solution whose sides have different values, or None."""
    for left, right in islice(_equations(solution), _MAX_EQUATIONS):
        values = value_of(plain(left)), value_of(plain(right))
        if None not in values and abs(values[0] - values[1]) > max(map(_tolerance, (left, right))):
            return f"{left} = {right}"
    return None


def _equations(solution: str) -> Iterator[tuple[str, str]]:
    for span in _SPAN.finditer(solution):
        if _REMAINDER.match(solution, span.end()):
            continue
        for row in _ROW.split(span[span.lastindex or 0].replace("&", "")):
            if _RELATION.search(row) or _COMMA.search(row):
                continue
            for sides in pairwise(side.strip() for side in row.split("=")):
                if all(side and not _OPEN.search(side) for side in sides):
                    yield sides


def _tolerance(side: str) -> float:
    decimal = _DECIMAL.fullmatch(side)
    return 10.0 ** -len(decimal[1]) if decimal else 1e-9
