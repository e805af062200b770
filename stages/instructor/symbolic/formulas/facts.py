r"""What a question states in formulas: functions, operations, equations and conditions.

"f(x) = x^2 + 1"  ->  a function          "x + y = 10, x > 0"  ->  an equation and a condition
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree
from stages.instructor.symbolic.formulas.values import Function

_SEPARATOR = re.compile(
    r"\\\\(?:\[\w+\])?|\\q?quad(?![a-z])|\\(?:text|mbox)\{\s*(?:and|,|;|, and)?\s*\}|;|\\begin\{\w+\*?\}|"
    r"\\end\{\w+\*?\}"
)
_RELATION = re.compile(r"(=|\\(?:neq?|leq?|geq?|lt|gt)(?![a-zA-Z])|<|>)")
_CONDITIONS = {
    "<": "<", ">": ">", "\\lt": "<", "\\gt": ">", "\\le": "<=", "\\leq": "<=", "\\ge": ">=", "\\geq": ">=",
    "\\ne": "!=", "\\neq": "!=",
}  # fmt: skip
_FUNCTION = re.compile(r"([a-zA-Z])\s*\(\s*([a-z](?:\s*,\s*[a-z])*)\s*\)")
_NAME = re.compile(r"\s*(?:[a-zA-Z]|\\(?:theta|alpha|beta))(?:_\{?\w\}?)?\s*")
_SIGN = (
    r"(?:\\(?:star|ast|clubsuit|diamondsuit|heartsuit|spadesuit|[dD]iamond|odot|oplus|otimes|oslash|Delta|#)(?![a-zA-Z])"
    r"|[@#]|\\text\{?\s*[A-Z]\s*\}?)"
)
_GAP = r"\s*(?:\\[ ,;]\s*)*"
_INNER = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
OPERATION_NAME = "Z"
_OPERAND = rf"(?:-?\d+(?:\.\d+)?|[a-zA-Z](?!\()|{OPERATION_NAME}?\({_INNER}\)|\\frac\{{[^{{}}]*\}}\{{[^{{}}]*\}})"
_OPERATION = re.compile(rf"\(?\s*([a-zA-Z]){_GAP}({_SIGN}){_GAP}([a-zA-Z])\s*\)?")
_UNIT = re.compile(r"i\s*=\s*\\sqrt\s*\{?-1\}?|i\s*\^\s*2\s*=\s*-1")


@dataclass
class Facts:
    """What is stated; formulas in LaTeX."""

    functions: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    equations: list[tuple[str, str]] = field(default_factory=list)
    conditions: list[tuple[str, str, str]] = field(default_factory=list)
    sign: str = ""

    def trees(self) -> dict[str, Function]:
        """Return the functions as read by this package."""
        return {name: Function(params, self.tree(body)) for name, (params, body) in self.functions.items()}

    def tree(self, text: str) -> Tree:
        """Read a formula in which the functions may be called."""
        return parse(self.spelled(text), self.functions)

    def spelled(self, text: str) -> str:
        r"""Write an operation as a call: `3 \star (2 \star 1)` is `Z(3, Z(2, 1))`."""
        return _spelled(text, self.sign) if self.sign else text


def read_facts(slots: Sequence[str]) -> Facts:
    """Read statements.

    Raises:
        UnreadableError: one is no statement.
    """
    facts = Facts()
    for piece in (piece for slot in slots for piece in _pieces(slot)):
        _read_fact(piece, facts)
    return facts


def _read_fact(piece: str, facts: Facts) -> None:
    sides = [side.strip() for side in _RELATION.split(piece)]
    if len(sides) == 1:
        if _NAME.fullmatch(piece):
            return
        raise UnreadableError
    if _UNIT.fullmatch(piece):
        return
    if len(sides) == 3 and sides[1] == "=" and _define(sides[0], sides[2], facts):
        return
    for left, relation, right in zip(sides[::2], sides[1::2], sides[2::2], strict=False):
        if not left or not right:
            raise UnreadableError
        if relation == "=":
            facts.equations.append((left, right))
        else:
            facts.conditions.append((left, _CONDITIONS[relation], right))


def _define(left: str, right: str, facts: Facts) -> bool:
    operation = _OPERATION.fullmatch(left)
    if operation and operation[1] != operation[3]:
        facts.sign = operation[2]
        facts.functions[OPERATION_NAME] = ((operation[1], operation[3]), right)
        return True
    function = _FUNCTION.fullmatch(left)
    if function is None or function[1] in facts.functions:
        return False
    params = tuple(param.strip() for param in function[2].split(","))
    facts.functions[function[1]] = (params, right)
    return True


def _pieces(slot: str) -> Iterator[str]:
    for row in _SEPARATOR.split(slot.replace("&", "")):
        yield from filter(None, (piece.strip(" .,\n\t") for piece in split_commas(row)))


def split_commas(text: str) -> list[str]:
    r"""Split at commas outside of brackets, but not at those of `12,345`."""
    parts, depth, start = [], 0, 0
    for index, sign in enumerate(text):
        depth += (sign in "([{") - (sign in ")]}")
        if (
            sign == ","
            and depth == 0
            and not re.match(r"(?<=\d),\d{3}(?!\d)", text[max(index - 1, 0) :][1:] and text[index:])
        ):
            parts.append(text[start:index])
            start = index + 1
    return [*parts, text[start:]]


def _spelled(text: str, sign: str) -> str:
    # A factor or a power beside an operand could belong to it or not.
    pair = re.compile(rf"(?<![\w^}}).])({_OPERAND}){_GAP}{re.escape(sign)}{_GAP}({_OPERAND})(?!\s*(?:[\w^!(]|\\frac))")
    while found := pair.search(text):
        if text[found.end() :].lstrip("\\ ,;").startswith(sign.lstrip("\\")) and not found[0].startswith("("):
            raise UnreadableError
        left, right = (_inner(part) for part in found.groups())
        text = f"{text[: found.start()]}{OPERATION_NAME}({left},{right}){text[found.end() :]}"
    if sign in text:
        raise UnreadableError
    return text


def _inner(operand: str) -> str:
    return f"({operand})" if operand.startswith("-") else operand
