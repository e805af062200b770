"""A model's output, line by line: its calculations, and the numbers its prose brings in."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from stages.arithmetic.answers import stated_answer
from stages.arithmetic.equations import Equation, read_equations, step_number
from stages.arithmetic.expressions import numbers
from stages.arithmetic.latex import from_latex
from stages.arithmetic.python_code import read_code, without_blocks
from stages.arithmetic.tokens import Token, TokenKind, tokenize
from stages.arithmetic.unknowns import Relation, read_relations

_FIRST_UNUSUAL = 13
_YEARS = range(1900, 2101)
_CONTINUED = re.compile(r"\n(?=[ \t]*[=≈])")
_DECLARED = re.compile(r"\b(?:[Ll]et|[Dd]enote)\s+\(?\s*([cfghklmst])\b(?!')")
_CALCULATION = re.compile(r"\d\s*[-+*/\u00d7\u00f7=]\s*[\d(a-zA-Z$]|[a-zA-Z)]\s*[=+*/]\s*[\d$(]")
_EDGE = re.compile(r"\\[()\[\]]|\\(?:begin|end)\{[^{}]*\}|\\\\|\$\$|[.:;!?](?=\s|$)|^\s*(?:[-*•]|\d+[.)])\s")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its calculations in reading order, and its unusual numbers outside of them.

    A number is unusual if it is 13 or more or not whole; below that, counting words say too little. ``start`` is the
    place of the line in the text. ``plain`` is the line without LaTeX, as long as the line. ``unread`` says that an
    equals sign with numbers beside it belongs to no calculation that was read.
    """

    index: int
    start: int
    text: str
    plain: str
    calculations: tuple[Equation | Relation, ...]
    mentions: tuple[Token, ...]
    unread: bool

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(one for one in self.calculations if isinstance(one, Equation))

    def find(self, value: Fraction) -> Token | None:
        """Return the number of that value, or None; its place counts from the start of the line."""
        return next((token for token in _numbers(self.plain) if token.value == value), None)

    def quote(self, start: int, end: int) -> str:
        """Return the sentence or the formula around a part of the line."""
        edges = [(match.start(), match.end()) for match in _EDGE.finditer(self.text)]
        left = max((after for _, after in edges if after <= max(start, 0)), default=0)
        right = min((before for before, _ in edges if before >= end), default=len(self.text))
        return self.text[left:right].strip(" \t*")


@dataclass(frozen=True, slots=True)
class Output:
    lines: tuple[Line, ...]
    answer: Fraction | None

    @property
    def equations(self) -> tuple[Equation, ...]:
        return tuple(equation for line in self.lines for equation in line.equations)


def read_output(text: str) -> Output:
    """Read an output of any quality; what is not arithmetic is skipped."""
    plain = _with_letters(from_latex(without_blocks(text)))
    joined = _CONTINUED.sub("\v", plain)
    found: list[Equation | Relation] = [*read_equations(joined), *read_code(text), *read_relations(joined)]
    lines = text.split("\n")
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    by_line: list[list[Equation | Relation]] = [[] for _ in lines]
    for one in sorted(found, key=lambda one: one.start):
        by_line[bisect_right(starts, _place(one)) - 1].append(one)
    read = (
        Line(
            index, start, lines[index], own, tuple(by_line[index]),
            tuple(_mentions(own, start, by_line[index])), _is_unread(own, start, by_line[index]),
        )
        for index, (start, own) in enumerate(zip(starts, plain.split("\n"), strict=True))
    )  # fmt: skip
    return Output(tuple(read), stated_answer(text))


def _place(one: Equation | Relation) -> int:
    """Return where the result stands: the line of a calculation that goes on over a line end."""
    return next(numbers(one.right)).start if isinstance(one, Equation) else one.end - 1


def _with_letters(plain: str) -> str:
    """Write a capital for a letter that the text declares as unknown and that could be taken for a unit: "let t be"."""
    for letter in set(_DECLARED.findall(plain)):
        plain = re.sub(rf"(?<![A-Za-z']){letter}(?![A-Za-z'])", letter.upper(), plain)
    return plain


def _mentions(line: str, offset: int, calculations: Sequence[Equation | Relation]) -> Iterator[Token]:
    equations = [one for one in calculations if isinstance(one, Equation)]
    relations = [one for one in calculations if isinstance(one, Relation) and not one.is_definition]
    computed = {number.start - offset for equation in equations for number in numbers(equation.right)}
    computed |= {equation.remainder.start - offset for equation in equations if equation.remainder}
    stated = {equation.stated for equation in equations}
    for token in _numbers(line):
        usual = token.value is None or (token.value < _FIRST_UNUSUAL and token.value.denominator == 1)
        solved = any(one.start <= token.start + offset < one.end for one in relations)
        if not usual and token.start not in computed and token.value not in stated and not solved:
            yield token


def _numbers(line: str) -> Iterator[Token]:
    """Yield the numbers of a line that are quantities: not that of its step, and no year."""
    label, tokens = step_number(line), tokenize(line)
    for index, token in enumerate(tokens):
        labels = label == token.value and index < 2
        year = token.value in _YEARS and token.text.isdigit() and tokens[index - 1].kind is TokenKind.WORD
        if token.value is not None and not labels and not year:
            yield token


def _is_unread(line: str, offset: int, calculations: Sequence[Equation | Relation]) -> bool:
    signs = (token for token in tokenize(line)[:-1] if token.kind is TokenKind.EQUALS)  # "3 + 4 =" is only cut off
    spans = [(one.start - offset, one.end - offset) for one in calculations]
    return bool(_CALCULATION.search(line)) and any(
        not any(start <= sign.start < end for start, end in spans) for sign in signs
    )
