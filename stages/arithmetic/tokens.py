"""Tokens of mathematical prose, with their places in the text.

``$77/hour * 11 hours = $847`` gives a currency sign, the number 77, a slash, the word "hour", an operator and so
on. The tokens keep spans, so that whoever reads them can write other numbers into the same places.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from stages.answers.numerals import CARDINALS, LONGEST_NUMBER, MULTIPLES, PARTS, SCALES, parse_digits, parse_words


class TokenKind(StrEnum):
    NUMBER = "number"
    OPERATOR = "operator"
    OPEN = "open"
    CLOSE = "close"
    EQUALS = "equals"
    PERCENT = "percent"
    CURRENCY = "currency"
    WORD = "word"
    HYPHEN = "hyphen"
    VARIABLE = "variable"
    COMMA = "comma"
    STOP = "stop"
    NEWLINE = "newline"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text; ``value`` is set for numbers only.

    ``text`` is normalised for operators (a multiplication sign becomes ``*``) and verbatim otherwise.
    """

    kind: TokenKind
    text: str
    start: int
    end: int
    value: Fraction | None = None


_DIGITS = r"(?<=[$\u20ac\u00a3])\d{1,3}(?: \d{3})+(?!\d)|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+"
_SHAPES = re.compile(
    r"(?P<space>[^\S\n]+)"
    r"|(?P<newline>\n)"
    r"|(?P<latex>\\(?:times|cdot|div)\b)"
    r"|(?P<ordinal>\d+(?:st|nd|rd|th)\b)"
    rf"|(?P<number>{_DIGITS})"
    r"|(?P<times>[xX](?![A-Za-z])(?=\s*[$€£(]*\s*\.?\d))"
    r"|(?P<word>[^\W\d_]+(?:['\u2019][^\W\d_]+)*\d*)"
    r"|(?P<equals>={1,2}|≈)"
    r"|(?P<operator>\*{1,2}|[+/\u00d7\u00f7\u00b7\u2217\u2212\u2013^-])"
    r"|(?P<percent>%)"
    r"|(?P<currency>\\?\$|[€£¥])"
    r"|(?P<open>[(\[])"
    r"|(?P<close>[)\]])"
    r"|(?P<comma>,)"
    r"|(?P<stop>[.;!?:—])"
    r"|(?P<other>.)"
)
_OPERATORS = {
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{ASTERISK OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "**": "^",
}
_LATEX = {"\\times": "*", "\\cdot": "*", "\\div": "/"}
_SPOKEN = {"plus": "+", "minus": "-", "times": "*", "multiplied": "*", "divided": "/"}
_OPERAND_ENDS = {TokenKind.NUMBER, TokenKind.CLOSE, TokenKind.PERCENT, TokenKind.WORD}
_NOT_VARIABLES = set("aAIcfghklmst")


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text without its blanks."""
    return _join_words(_settle(_scan(text), text), text)


def without_asides(tokens: Sequence[Token]) -> list[Token]:
    """Drop what is no part of a calculation: words in brackets behind a quantity, as in ``46 (girls in all) + 5``.

    The k of ``40k`` is a unit, and a thousand where other numbers of the tokens are 1000 or more and have none.
    """
    tokens = _without_k(tokens)
    kept: list[Token] = []
    index = 0
    while index < len(tokens):
        behind = tokens[index].kind is TokenKind.OPEN and bool(kept) and kept[-1].kind in _OPERAND_ENDS
        end = _end_of_aside(tokens, index) if behind else None
        if end is None:
            kept.append(tokens[index])
        index = index + 1 if end is None else end
    return kept


def _without_k(tokens: Sequence[Token]) -> list[Token]:
    pairs = list(pairwise(tokens))
    short = [one.start for one, k in pairs if one.value is not None and k.text in ("k", "K") and k.start == one.end]
    if not short:
        return list(tokens)
    written_out = any(one.value is not None and one.value >= 1000 and one.start not in short for one in tokens)
    kept = [tokens[0], *(token for before, token in pairs if before.start not in short)]
    scaled = [one.start for one in kept if written_out and one.start in short]
    return [replace(one, value=1000 * one.value) if one.value and one.start in scaled else one for one in kept]


def _end_of_aside(tokens: Sequence[Token], start: int) -> int | None:
    """Return the index behind brackets that hold words, and a number only among at least three of them."""
    end = start + 1
    while end < len(tokens) and tokens[end].kind in (TokenKind.WORD, TokenKind.HYPHEN, TokenKind.NUMBER):
        end += 1
    kinds = [token.kind for token in tokens[start + 1 : end]]
    closed = end < len(tokens) and tokens[end].kind is TokenKind.CLOSE
    enough = 3 if TokenKind.NUMBER in kinds else 1
    return end + 1 if closed and kinds.count(TokenKind.WORD) >= enough else None


def _scan(text: str) -> list[Token]:
    tokens: list[Token] = []
    for match in _SHAPES.finditer(text):
        group = match.lastgroup
        if group is None or group == "space":
            continue
        tokens.append(_from_match(group, match.group(), match.start(), match.end(), tokens))
    return tokens


def _from_match(group: str, text: str, start: int, end: int, before: list[Token]) -> Token:
    if group == "number" and len(text) > LONGEST_NUMBER:
        return Token(TokenKind.OTHER, text, start, end)
    if group == "number":
        return Token(TokenKind.NUMBER, text, start, end, parse_digits(text))
    if group == "times":
        if before and before[-1].kind in _OPERAND_ENDS:
            return Token(TokenKind.OPERATOR, "*", start, end)
        return Token(TokenKind.VARIABLE, text, start, end)
    if group == "latex":
        return Token(TokenKind.OPERATOR, _LATEX[text], start, end)
    if group == "operator":
        return Token(TokenKind.OPERATOR, _OPERATORS.get(text, text), start, end)
    if group == "word":
        return Token(_word_kind(text, start, before), text, start, end)
    if group == "ordinal":
        return Token(TokenKind.WORD, text, start, end)
    return Token(TokenKind(group), text, start, end)


def _word_kind(text: str, start: int, before: list[Token]) -> TokenKind:
    if text.lower() == "percent":
        return TokenKind.PERCENT
    single = len(text) == 1 and text not in _NOT_VARIABLES
    glued = bool(before) and before[-1].kind is TokenKind.NUMBER and before[-1].end == start
    return TokenKind.VARIABLE if single and (glued or text.isalpha()) else TokenKind.WORD


def _settle(tokens: list[Token], text: str) -> list[Token]:
    """Decide what needs the next token too: hyphens of compounds, and operators said in words."""
    settled: list[Token] = []
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "-" and token.kind is TokenKind.OPERATOR and _is_hyphen(token, after, text):
            token = Token(TokenKind.HYPHEN, "-", token.start, token.end)
        elif token.text in _SPOKEN and settled and settled[-1].kind in _OPERAND_ENDS and _starts_operand(after):
            token = Token(TokenKind.OPERATOR, _SPOKEN[token.text], token.start, token.end)
        elif token.text == "equals":
            token = Token(TokenKind.EQUALS, token.text, token.start, token.end)
        settled.append(token)
    return settled


def _is_hyphen(token: Token, after: Token | None, text: str) -> bool:
    glued_left = token.start > 0 and text[token.start - 1].isalnum()
    if after is None or not glued_left or after.start != token.end:
        return False
    return after.kind in (TokenKind.WORD, TokenKind.VARIABLE)


def _starts_operand(token: Token | None) -> bool:
    if token is None:
        return False
    if token.kind in (TokenKind.NUMBER, TokenKind.CURRENCY, TokenKind.OPEN):
        return True
    return token.text.lower() in CARDINALS or token.text == "by"


def _join_words(tokens: list[Token], text: str) -> list[Token]:
    joined: list[Token] = []
    index = 0
    while index < len(tokens):
        token, index = _number_in_words(tokens, index, text)
        joined.append(token)
    return joined


def _number_in_words(tokens: list[Token], index: int, text: str) -> tuple[Token, int]:
    """Return the token at the index, or the number whose words start there, and the index after it."""
    first = tokens[index]
    word = first.text.lower()
    if first.kind is not TokenKind.WORD:
        return first, index + 1
    if word in MULTIPLES or word in ("half", "halves"):
        value = Fraction(1, 2) if word in PARTS else Fraction(MULTIPLES[word])
        return Token(TokenKind.NUMBER, first.text, first.start, first.end, value), index + 1
    if word not in CARDINALS:
        return first, index + 1
    words, end = [word], index + 1
    while (step := _next_number_word(tokens, end)) is not None:
        longer = [*words, tokens[step].text.lower()]
        if parse_words(longer) is None:
            break
        words, end = longer, step + 1
    part = _next_word(tokens, end)
    whole = parse_words(words)
    assert whole is not None
    value = Fraction(whole)
    if part is not None and tokens[part].text.lower() in PARTS and _is_part(tokens, part, whole):
        value, end = value / PARTS[tokens[part].text.lower()], part + 1
    last = tokens[end - 1]
    return Token(TokenKind.NUMBER, text[first.start : last.end], first.start, last.end, value), end


def _is_part(tokens: list[Token], part: int, whole: int) -> bool:
    plural = tokens[part].text.lower().endswith("s") or tokens[part].text == "halves"
    return plural if whole > 1 else whole == 1 and not plural


def _next_word(tokens: list[Token], index: int) -> int | None:
    if index < len(tokens) and tokens[index].kind is TokenKind.HYPHEN:
        index += 1
    return index if index < len(tokens) and tokens[index].kind is TokenKind.WORD else None


def _next_number_word(tokens: list[Token], index: int) -> int | None:
    step = _next_word(tokens, index)
    if step is None:
        return None
    word = tokens[step].text.lower()
    return step if word in CARDINALS or word in SCALES else None
