r"""Take an answer of several parts apart: tuple, interval, set, union, list, plus-minus, matrix.

- `(1, 2)`: parts "1" and "2", in this order
- `\{3,1,2\}`: parts in any order
- `\pm 9`: parts "9" and "-9", in any order

Math-Verify reads `(3,1)` and `(4,1)` both as empty intervals and thus as equal, so parts are told apart here and
compared one by one.
"""

import re
from dataclasses import dataclass

MAX_PARTS = 40
MAX_DEPTH = 12
"""Brackets within brackets."""

_LIST, _SET, _UNION = "list", "{}", "union"
_BRACKETED = re.compile(r"(\\\{|\\lbrace|[(\[{])\s*(.*?)\s*(\\\}|\\rbrace|[)\]}])", re.DOTALL)
_MATRIX = re.compile(r"\\begin\{[pbB]?(?:matrix|array)\}(?:\{[clr|]+\})?(.*)\\end\{[pbB]?(?:matrix|array)\}", re.DOTALL)
_PLUS_MINUS = re.compile(r"(.*?)\\pm(?![a-z])\s?(.+)")
_CUP = re.compile(r"\\cup(?![a-z])")
_CONJUNCTION = re.compile(r",?\s+(?:and|or)\s+")
_TERM = re.compile(r"-?[a-zA-Z]|.*(?:\d|\\[a-z]).*")
_SIDES = {"\\lbrace": "{", "\\{": "{", "\\rbrace": "}", "\\}": "}"}
_MAX_TERM_WORDS = 5


@dataclass(frozen=True, slots=True)
class Group:
    """The parts of a collection; `kind` is its pair of brackets, "list", "union", or a matrix with its rows."""

    kind: str
    parts: tuple[str, ...]

    @property
    def ordered(self) -> bool:
        return self.kind not in (_SET, _LIST, _UNION)

    def admits(self, other: "Group") -> bool:
        """Return whether `other` can be the same: brackets and size agree; a bare list may stand for a set."""
        same_kind = self.kind == other.kind or {self.kind, other.kind} == {_SET, _LIST}
        return same_kind and len(self.parts) == len(other.parts) <= MAX_PARTS


def read_group(text: str) -> Group | None:
    """Take a collection apart; None if the text is no collection. Every part is shorter than the text."""
    if depth_of(text) > MAX_DEPTH:
        return None
    united = _CUP.split(text)
    if len(united) > 1:
        return Group(_UNION, tuple(part.strip() for part in united))
    if text.startswith("\\begin"):
        return _matrix(text)
    return _bracketed(text) or _plus_minus(text) or _list(text)


def depth_of(text: str) -> int:
    """Count the brackets within brackets."""
    depth = deepest = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest


def _matrix(text: str) -> Group | None:
    matrix = _MATRIX.fullmatch(text)
    if matrix is None:
        return None
    rows = [row for row in matrix[1].split("\\\\") if row.strip()]
    return Group(f"matrix of {len(rows)} rows", tuple(cell.strip() for row in rows for cell in row.split("&")))


def _bracketed(text: str) -> Group | None:
    match = _BRACKETED.fullmatch(text)
    if match is None or not _encloses(text):
        return None
    kind = _SIDES.get(match[1], match[1]) + _SIDES.get(match[3], match[3])
    parts = _split(match[2])
    # Brackets around one part only group it, unless they are the braces of a set.
    return Group(kind, parts) if len(parts) > 1 or (kind == _SET and match[1] != "{") else None


def _encloses(text: str) -> bool:
    """Return whether the first bracket is closed by the last character and not before."""
    depth = 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in ")]}":
            return i == len(text) - 1
    return False


def _plus_minus(text: str) -> Group | None:
    match = _PLUS_MINUS.fullmatch(text)
    if match is None or "\\pm" in match[2]:
        return None
    base, offset = match[1].strip(), match[2].strip()
    return Group(_LIST, (f"{base}+{offset}" if base else offset, f"{base}-{offset}"))


def _list(text: str) -> Group | None:
    parts = _split(_CONJUNCTION.sub(";", text))
    return Group(_LIST, parts) if len(parts) > 1 and all(map(_is_term, parts)) else None


def _is_term(part: str) -> bool:
    return bool(_TERM.fullmatch(part)) and len(part.split()) <= _MAX_TERM_WORDS


def _split(text: str) -> tuple[str, ...]:
    """Split at commas and semicolons that stand outside all brackets."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character in ",;" and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    return (*parts, text[start:].strip())
