"""The numbers of a question, and which of them may take a new value.

"Olivia has 42 signatures after 6 weeks" gives the variables 42 and 6. All places where a question writes the same value
are one variable. A value is fixed where a new one could change more than arithmetic: fractions, dates, clock times,
ordinals, and values that a word of the question may also stand for ("twice" next to a 2, "week" next to a 7).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.implied_constants import implied_constants
from stages.arithmetic.tokens import Token, TokenKind, tokenize

_MONTHS = {
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
}  # fmt: skip
_WORDS_KEPT = {
    "twice", "double", "doubled", "doubles", "thrice", "triple", "tripled", "triples", "quadruple", "quadrupled",
    "dozen", "dozens", "one", "zero", "half", "halves",
}  # fmt: skip
_AFTER_CLOCK = re.compile(r"\s*(?:[ap]\.?m\b|o['\u2019]clock)", re.IGNORECASE)
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-4]):[0-5]\d(?!\d)")
_PEOPLE = re.compile(
    r"\s*(?:\w+\s)?(?:friends|brothers|sisters|siblings|people|girls|boys|kids|children|women|men|players|"
    r"students|cousins|teams|of them|others)\b",
    re.IGNORECASE,
)
_NAME = r"[A-Z][a-z]+"
_NAME_LIST = re.compile(rf"{_NAME}(?:, {_NAME})*,? and {_NAME}")


@dataclass(frozen=True, slots=True)
class Variable:
    """A value of the question and the places where it stands.

    ``percent`` and ``money`` say how it is written anywhere; ``fixed`` that it keeps its value.
    """

    value: Fraction
    tokens: tuple[Token, ...]
    fixed: bool
    percent: bool
    money: bool


def read_variables(question: str) -> tuple[Variable, ...]:
    """Return the numbers of a question in order of first appearance, one variable for each value."""
    tokens = tokenize(question)
    indices: dict[Fraction, list[int]] = {}
    for index, token in enumerate(tokens):
        if token.value is not None:
            indices.setdefault(token.value, []).append(index)
    parts = _fraction_parts(tokens)
    implied = implied_constants(question)
    rigid = frozenset(value for value in indices if value in implied) | _named_counts(question, tokens)
    return tuple(_variable(question, tokens, value, indices[value], parts, rigid) for value in indices)


def _variable(
    question: str,
    tokens: Sequence[Token],
    value: Fraction,
    indices: Sequence[int],
    parts: frozenset[int],
    rigid: frozenset[Fraction],
) -> Variable:
    written = tuple(tokens[index] for index in indices)
    percents = {_kind_at(tokens, index + 1) is TokenKind.PERCENT for index in indices}
    mixed = len({token.text[0].isalpha() for token in written}) > 1 or len(percents) > 1
    fixed = (
        (value <= 1 and value.denominator == 1)
        or value in rigid
        or mixed
        or any(index in parts or _is_rigid(question, tokens, index) for index in indices)
    )
    money = any(_is_money(tokens, index) for index in indices)
    return Variable(value, written, fixed, percent=True in percents, money=money)


def _kind_at(tokens: Sequence[Token], index: int) -> TokenKind | None:
    return tokens[index].kind if 0 <= index < len(tokens) else None


def _is_money(tokens: Sequence[Token], index: int) -> bool:
    if _kind_at(tokens, index - 1) is TokenKind.CURRENCY:
        return True
    return index + 1 < len(tokens) and tokens[index + 1].text.lower() in {"dollars", "dollar", "€", "£", "euros"}


def _fraction_parts(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the indices of numbers that are part of a fraction such as ``3/5`` or of a range such as ``3-5``."""
    parts: set[int] = set()
    for index in range(1, len(tokens) - 1):
        if tokens[index].text not in "/-" or tokens[index].kind is not TokenKind.OPERATOR:
            continue
        if tokens[index - 1].value is not None and tokens[index + 1].value is not None:
            parts |= {index - 1, index + 1}
            if index >= 2 and tokens[index - 2].value is not None:
                parts.add(index - 2)
    return frozenset(parts)


def _is_rigid(question: str, tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    value = token.value
    if token.text[0].isalpha() and (value is None or value.denominator != 1 or token.text.lower() in _WORDS_KEPT):
        return True
    before = tokens[index - 1].text.lower() if index else ""
    if before in _MONTHS or _AFTER_CLOCK.match(question, token.end):
        return True
    if value is not None and 1900 <= value <= 2100 and not _is_money(tokens, index) and "," not in token.text:
        return True
    times = [] if "ratio" in question else _CLOCK.finditer(question)
    return any(match.start() <= token.start < match.end() for match in times)


def _named_counts(question: str, tokens: Sequence[Token]) -> frozenset[Fraction]:
    """Return the counts of people whom the question also lists by name: "her 3 friends Ann, Bea and Cleo"."""
    listed = {len(re.findall(_NAME, match.group())) for match in _NAME_LIST.finditer(question)}
    return frozenset(
        token.value
        for token in tokens
        if token.value is not None and token.value in listed and _PEOPLE.match(question, token.end)
    )
