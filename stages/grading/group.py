r"""Take an answer of several parts apart: tuple, interval, set, union, list, ratio, plus-minus, matrix.

    "(1, 2)"        parts "1" and "2", in this order         "1 < x \le 2"     the interval "(]" of 1 and 2
    "\{3,1,2\}"     parts in any order                       "x = 3, y = 1"    the tuple "()" of 3 and 1
    "\pm 9"         parts "9" and "-9", in any order         "x \ne 2"         the union of two intervals
    "3:4"           parts "3" and "4"; so is "3 to 4"        "x = 1, x = 2"    the list of 1 and 2

A parser of formulas would read `(3,1)` and `(4,1)` both as empty intervals and thus as equal, so parts are told apart
here and compared one by one.
"""

import re
from dataclasses import dataclass

MAX_PARTS = 40
MAX_DEPTH = 12
"""Brackets within brackets."""

RATIO = ":"
_LIST, _SET, _UNION = "list", "{}", "union"
_BRACKETED = re.compile(r"(\\\{|\\lbrace|[(\[{])\s*(.*?)\s*(\\\}|\\rbrace|[)\]}])", re.DOTALL)
_MATRIX = re.compile(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", re.DOTALL)
_PLUS_MINUS = re.compile(r"(.*?)\\pm(?![a-z])\s?(.+)")
_CUP = re.compile(r"\\cup(?![a-z])|(?<=[)\]])\s?(?:or|\\lor|\\vee)\s?(?=[(\[])")
_OR = re.compile(r",?\s+or\s+|\s?\\(?:lor|vee)(?![a-z])\s?")
_AND = re.compile(r",?\s+and\s+|\s?\\(?:land|wedge)(?![a-z])\s?")
_WITHOUT = re.compile(r"\(-\\infty,\s?\\infty\)\s?(?:\\setminus|\\backslash|-)\s?\\\{\s?([^,;{}]+?)\s?\\\}")
_CONJUNCTION = re.compile(r"(?:,\s?|\s)(?:and|or)\s+")
_TERM = re.compile(r"-?[a-zA-Z]|.*(?:\d|\\[a-z]).*")
_SIDES = {"\\lbrace": "{", "\\{": "{", "\\rbrace": "}", "\\}": "}"}
_MAX_TERM_WORDS = 5
_RATIO = re.compile(r"(-?[\d.,]*\d)(?:\s?:\s?|\sto\s)(-?[\d.,]*\d)(?:(?:\s?:\s?|\sto\s)(-?[\d.,]*\d))?")
LETTER = r"(?:[a-zA-Z]|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|rho|sigma|phi|varphi|omega)(?![a-z]))"
NAME = rf"{LETTER}(?:_\{{?\w+\}}?)?(?:\^\s?\{{?-1\}}?)?(?:\({LETTER}\))?"
"""`x`, `x_1`, `f(x)`, `f^{-1}(x)`, `\theta`."""
_ASSIGNED = re.compile(rf"({NAME})\s?=\s?([^=]+)")
_BUILDER = re.compile(rf"\\\{{\s?{NAME}\s?(?:\\in[^:|]*)?(?::|\|)\s?(.*?)\s?\\\}}")
_RELATION = re.compile(r"\s?(<=?|>=?|\\(?:le|ge|ne)(?![a-z]))\s?")
_TURNED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le", "\\ne": "\\ne"}


@dataclass(frozen=True, slots=True)
class Group:
    """The parts of a collection; `kind` is its pair of brackets, "list", "union", ":", or a matrix with its rows."""

    kind: str
    parts: tuple[str, ...]
    names: str = ""
    """The names in "x = 3, y = 1" and "1 < x"; a side without any agrees with all."""

    @property
    def ordered(self) -> bool:
        return self.kind not in (_SET, _LIST, _UNION)

    def admits(self, other: "Group") -> bool:
        """Return whether `other` can be the same: brackets and size agree; a bare list may stand for a set."""
        same_kind = self.kind == other.kind or {self.kind, other.kind} == {_SET, _LIST}
        same_kind |= self.kind == _LIST and "," in other.names
        same_names = self.names == other.names or not (self.names and other.names)
        return same_kind and same_names and len(self.parts) == len(other.parts) <= MAX_PARTS


def read_group(text: str) -> Group | None:
    """Take a collection apart; None if the text is no collection. Every part is shorter than the text."""
    if depth_of(text) > MAX_DEPTH:
        return None
    if without := _WITHOUT.fullmatch(text):
        return _ray("", "\\ne", without[1])
    united = _CUP.split(text)
    if len(united) > 1:
        return Group(_UNION, tuple(map(_balanced, united)))
    if text.startswith("\\begin"):
        return _matrix(text)
    ratio = _RATIO.fullmatch(text)
    if ratio:
        return Group(RATIO, tuple(part for part in ratio.groups() if part))
    return _range(text) or _bracketed(text) or _plus_minus(text) or _list(text)


def _balanced(part: str) -> str:
    """Drop the brackets that group some parts of a union."""
    part = part.strip()
    surplus = sum((character in "([") - (character in ")]") for character in part)
    for _ in range(abs(surplus)):
        part = (part[1:] if surplus > 0 else part[:-1]).strip()
    return part


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


def _range(text: str) -> Group | None:
    r"""Read an inequality of one name, `2 \le x < 5` or `x < 2 or x > 5`, as an interval or a union."""
    built = _BUILDER.fullmatch(text)
    ranges = [_interval(part) for part in _OR.split(built[1] if built else text)]
    if None in ranges or len({found.names for found in ranges if found}) != 1:
        return None
    intervals = [found for found in ranges if found]
    if len(intervals) == 1:
        return intervals[0]
    return Group(
        _UNION, tuple(f"{one.kind[0]}{','.join(one.parts)}{one.kind[1]}" for one in intervals), intervals[0].names
    )


def _interval(text: str) -> Group | None:
    parts = _AND.split(text)
    if len(parts) > 1:
        first, second = _interval(parts[0]), _interval(parts[1])
        return _both(first, second) if len(parts) == 2 and first and second else None
    sides = _RELATION.split(text.replace("<=", "\\le ").replace(">=", "\\ge "))
    if len(sides) == 3:
        left, relation, right = sides
        if re.fullmatch(NAME, right):
            left, relation, right = right, _TURNED[relation], left
        return _ray(left, relation, right) if re.fullmatch(NAME, left) and left not in right else None
    if len(sides) != 5 or not re.fullmatch(NAME, sides[2]):
        return None
    if sides[1] in (">", "\\ge"):
        sides = [sides[4], _TURNED[sides[3]], sides[2], _TURNED[sides[1]], sides[0]]
    if not {sides[1], sides[3]} <= {"<", "\\le"}:
        return None
    return Group(("(" if sides[1] == "<" else "[") + (")" if sides[3] == "<" else "]"), (sides[0], sides[4]), sides[2])


def _both(one: Group, other: Group) -> Group | None:
    """Return the interval of two rays that run towards each other, `x > 2` and `x < 5`."""
    lower, upper = (one, other) if one.parts[1] == "\\infty" else (other, one)
    if lower.parts[1] != "\\infty" or upper.parts[0] != "-\\infty" or lower.names != upper.names:
        return None
    return Group(lower.kind[0] + upper.kind[1], (lower.parts[0], upper.parts[1]), lower.names)


def _ray(name: str, relation: str, end: str) -> Group:
    if relation == "\\ne":
        return Group(_UNION, (rf"(-\infty,{end})", rf"({end},\infty)"), name)
    if relation in ("<", "\\le"):
        return Group("()" if relation == "<" else "(]", ("-\\infty", end), name)
    return Group("()" if relation == ">" else "[)", (end, "\\infty"), name)


def _bracketed(text: str) -> Group | None:
    match = _BRACKETED.fullmatch(text)
    if match is None or not _encloses(text):
        return None
    kind = _SIDES.get(match[1], match[1]) + _SIDES.get(match[3], match[3])
    parts = _split(match[2])
    if kind == _SET:
        parts = tuple(value for part in parts for value in _both_signs(part))
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
    values = _both_signs(text)
    return Group(_LIST, values) if len(values) > 1 else None


def _both_signs(text: str) -> tuple[str, ...]:
    match = _PLUS_MINUS.fullmatch(text)
    if match is None or "\\pm" in match[2] or _split(text)[1:]:
        return (text,)
    base, offset = match[1].rpartition("=")[2].strip(), match[2].strip()
    return f"{base}+{offset}" if base else offset, f"{base}-{offset}"


def _list(text: str) -> Group | None:
    parts = _split(_CONJUNCTION.sub(";", text))
    if len(parts) < 2:
        return None
    assigned = [_ASSIGNED.fullmatch(part) for part in parts[:MAX_PARTS]]
    named = sorted((match[1], match[2]) for match in assigned if match)
    if len(named) == len(parts) and len(dict(named)) == len(parts):
        return Group("()", tuple(value for _, value in named), ",".join(name for name, _ in named))
    if len(named) == len(parts) and len(dict(named)) == 1:
        return Group(_LIST, tuple(value for _, value in named))
    values = tuple(value for part in parts for value in _both_signs(part))
    return Group(_LIST, values) if all(map(_is_term, values)) else None


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
