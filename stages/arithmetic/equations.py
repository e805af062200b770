"""Worked equations of a solution, in reading order.

``9 girls x 4 boys/girl = 36 boys`` and GSM8K's ``9*4 = <<9*4=36>>36`` (https://github.com/openai/grade-school-math)
give the same equation. A line with an annotation and the plain form of it holds one equation, not two.

Not covered: equations with unknowns, inequalities, numbers spread over a table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from stages.answers.numerals import shown_decimals
from stages.arithmetic.expressions import Expression, Negation, Number, Operation, evaluate, face_value, numbers, parse
from stages.arithmetic.tokens import Token, TokenKind, tokenize, without_asides

_ANNOTATION = re.compile(r"<<([^<>\n]*)>>")
_BULLET = re.compile(r"\s*[-*•]\s+(?=[A-Za-z])")
_STEP = re.compile(r"^[ \t]*(?:step[ \t]+)?(\d{1,4})[ \t]*[.:)](?!\d)", re.IGNORECASE)
# Behind the quotient: "3 remainder 1", "3 boxes with a remainder of 1", "3 (remainder 1)", "3 R1", "3 r 1".
_REMAINDER = re.compile(
    r"(?:[a-z]+ ){0,2}?(?:[,(] )?(?:(?:with|and|leaving) )?(?:a )?(?:remainder|rem|r) ?(?:of )?(\d+)(?!\S)",
    re.IGNORECASE,
)
_LONGEST_REMAINDER = 12
_LONGEST_RUN = 60
_NEAR = 60
_ARITHMETIC = {TokenKind.NUMBER, TokenKind.OPERATOR, TokenKind.OPEN, TokenKind.CLOSE, TokenKind.PERCENT}
_BREAKS = {TokenKind.STOP, TokenKind.COMMA, TokenKind.OTHER, TokenKind.EQUALS}
_KEPT = _ARITHMETIC | _BREAKS | {TokenKind.VARIABLE, TokenKind.WORD}
_DOZENS = ("dozen", "dozens")


@dataclass(frozen=True, slots=True)
class Equation:
    """One equality: ``left`` is computed, ``right`` is the stated result, a single number in most texts.

    ``line`` counts the lines of the text from 0. ``annotated`` is true inside ``<<>>``; ``mirrors`` is true for the
    plain form of an annotation, which `read_equations` leaves out. ``remainder`` is that of a division such as
    ``10 / 3 = 3 remainder 1``, and None where it is wrong: that equation is false as it stands.
    """

    left: Expression
    right: Expression
    start: int
    end: int
    line: int
    annotated: bool = False
    mirrors: bool = False
    remainder: Number | None = None

    @property
    def value(self) -> Fraction | None:
        """The left side recomputed, without what a remainder stands for; None where it has no value."""
        return evaluate(self.left) if self.remainder is None else self.stated

    @property
    def stated(self) -> Fraction | None:
        """The value of the right side, or None where it has no value."""
        return evaluate(self.right)

    @property
    def outcomes(self) -> frozenset[Fraction]:
        """What it computes: its value, what it states, and its remainder."""
        rest = self.remainder.value if self.remainder else None
        return frozenset(value for value in (self.value, self.stated, rest) if value is not None)

    @property
    def operands(self) -> tuple[Number, ...]:
        return tuple(numbers(self.left))

    @property
    def quantities(self) -> tuple[Fraction, ...]:
        """The values of the left side's numbers; a fraction such as 2/3 in a longer calculation is one of them."""
        return tuple(_quantities(self.left))

    @property
    def operand_values(self) -> frozenset[Fraction]:
        return frozenset(self.quantities)

    @property
    def result(self) -> Number | None:
        """The number on the right, or None where the right side is an expression of its own."""
        return _single_number(self.right)

    @property
    def holds(self) -> bool:
        """Whether both sides have the same value, by the rules of `holds`."""
        return self.remainder is not None or holds(self.left, self.right)


def holds(left: Expression, right: Expression) -> bool:
    """Return whether `right` is the value of `left`, rounded or cut at the decimals that it shows.

    Exact must be a whole result of less than 10, where rounding would hide slips, and a right side with an operation of
    its own. A side without a value equals nothing.
    """
    value, stated = evaluate(left), evaluate(right)
    if value is None or stated is None:
        return False
    result = _single_number(right)
    if value == stated or result is None:
        return value == stated
    # "12/40 = 30%" and "0.3 * 100 = 30%" are both written.
    candidates = [(result.value, value), (result.value, value * 100)] if result.percent else [(stated, value)]
    return any(_rounds_to(written, exact, shown_decimals(result.text)) for written, exact in candidates)


def _rounds_to(stated: Fraction, exact: Fraction, decimals: int) -> bool:
    if stated == exact:
        return True
    if decimals == 0 and abs(exact) < 10:
        return False
    error, unit = abs(stated) - abs(exact), Fraction(1, 10**decimals)
    return stated * exact >= 0 and -unit < error <= unit / 2


def _quantities(side: Expression, inside: bool = False) -> Iterator[Fraction]:
    if isinstance(side, Number):
        yield face_value(side)
    elif isinstance(side, Negation):
        yield from _quantities(side.operand, inside)
    elif inside and side.symbol == "/" and isinstance(side.left, Number) and isinstance(side.right, Number):
        top, bottom = face_value(side.left), face_value(side.right)
        yield from [top / bottom] if 0 < top < bottom else [top, bottom]
    else:
        yield from _quantities(side.left, inside=True)
        yield from _quantities(side.right, inside=True)


def _single_number(side: Expression) -> Number | None:
    number = side.operand if isinstance(side, Negation) else side
    return number if isinstance(number, Number) else None


def read_side(text: str) -> Expression | None:
    """Read one side of an equation that stands alone, as in `<<9*4=36>>`; None if any of it is no arithmetic."""
    return parse([token for token in tokenize(text) if token.kind is not TokenKind.CURRENCY])


def read_equations(text: str) -> list[Equation]:
    """Return the equations of a text, each once."""
    return [equation for equation in read_all_equations(text) if not equation.mirrors]


def read_all_equations(text: str) -> list[Equation]:
    """Return the equations of a text with the plain forms of annotations among them, marked as mirrors."""
    equations: list[Equation] = []
    start = 0
    for index, line in enumerate(text.split("\n")):
        equations.extend(_read_line(line, start, index))
        start += len(line) + 1
    return equations


def step_number(line: str) -> int | None:
    """Return the number that a line such as ``Step 3: ...`` or ``3. ...`` gives itself."""
    match = _STEP.match(line)
    return int(match.group(1)) if match else None


def _read_line(line: str, offset: int, index: int) -> list[Equation]:
    masked = _ANNOTATION.sub(lambda match: " " * len(match.group()), line)
    label = _STEP.match(masked) or _BULLET.match(masked)
    if label:
        masked = " " * label.end() + masked[label.end() :]
    plain = _read_tokens(_tokens_at(offset, masked), index)
    annotated: list[Equation] = []
    for match in _ANNOTATION.finditer(line):
        annotated.extend(_read_tokens(_tokens_at(offset + match.start(1), match[1]), index, annotated=True))
    marked = [_mark_mirror(equation, annotated, offset, line) for equation in plain]
    return sorted([*marked, *annotated], key=lambda equation: (equation.start, equation.end))


def _tokens_at(offset: int, text: str) -> list[Token]:
    """Tokenize a part of a text that begins at `offset` of the whole."""
    return [Token(t.kind, t.text, t.start + offset, t.end + offset, t.value) for t in tokenize(text)]


def _mark_mirror(plain: Equation, annotated: list[Equation], offset: int, line: str) -> Equation:
    for other in annotated:
        inside = plain.start <= other.start and other.end <= plain.end + 2
        same = plain.stated == other.stated and _sorted_values(plain) == _sorted_values(other)
        between = line[min(plain.end, other.end) - offset : max(plain.start, other.start) - offset]
        if inside or (same and len(between) < _NEAR):
            return replace(plain, mirrors=True)
    return plain


def _sorted_values(equation: Equation) -> list[Fraction]:
    return sorted(map(face_value, equation.operands))


def _read_tokens(tokens: Sequence[Token], line: int, annotated: bool = False) -> Iterator[Equation]:
    tokens = _mark_products(without_asides(tokens))
    signs = [index for index, token in enumerate(tokens) if token.kind is TokenKind.EQUALS]
    for order, sign in enumerate(signs):
        before = signs[order - 1] + 1 if order else 0
        after = signs[order + 1] if order + 1 < len(signs) else len(tokens)
        left = _last_expression(tokens[before:sign])
        divided = _division(left, tokens[sign + 1 : after])
        right, rest = divided or (_first_expression(tokens[sign + 1 : after]), None)
        if isinstance(left, Operation) and right is not None:
            right = _stated_side(left, right)
            written = [*numbers(left), *numbers(right), *([rest] if rest else [])]
            start, end = min(number.start for number in written), max(number.end for number in written)
            yield Equation(left, right, start, end, line, annotated, remainder=rest)


def _division(left: Expression | None, tokens: Sequence[Token]) -> tuple[Number, Number] | None:
    """Return quotient and remainder that the tokens behind an equals sign state of a division, if both are right."""
    if not isinstance(left, Operation) or left.symbol != "/":
        return None
    # The $ of a formula is read as a currency too.
    tokens = [token for token in tokens[:_LONGEST_REMAINDER] if token.kind is not TokenKind.CURRENCY]
    stated = _REMAINDER.match(" ".join(token.text for token in tokens[1:]))
    quotient = parse(tokens[:1])
    if stated is None or not isinstance(quotient, Number):
        return None
    digits = stated[1]
    end = next(token.end for token in tokens[1:] if token.text.endswith(digits))
    rest = Number(digits, Fraction(digits), end - len(digits), end)
    total, divisor = evaluate(left.left), evaluate(left.right)
    if total is None or divisor is None or quotient.value.denominator != 1 or not rest.value < divisor:
        return None
    return (quotient, rest) if quotient.value * divisor + rest.value == total else None


def _stated_side(left: Operation, right: Expression) -> Expression:
    """Cut a running calculation such as ``600/50 = 12 * 60 = 720`` down to the result it states first."""
    if isinstance(right, Operation) and evaluate(left) != evaluate(right):
        first = next(numbers(right))
        if face_value(first) == evaluate(left):
            return first
    return right


def _mark_products(tokens: Sequence[Token]) -> list[Token]:
    """Turn the "of" of ``60% of 30`` and the missing sign of ``twice 15`` into products."""
    marked: list[Token] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        if token.text == "of" and before is not None and _is_share(before) and _number_follows(tokens, index):
            marked.append(Token(TokenKind.OPERATOR, "*", token.start, token.end))
            continue
        marked.append(token)
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if _is_multiple(token) and after is not None and after.kind in (TokenKind.NUMBER, TokenKind.OPEN):
            marked.append(Token(TokenKind.OPERATOR, "*", token.end, token.end))
    return marked


def _number_follows(tokens: Sequence[Token], index: int) -> bool:
    after = tokens[index + 1 : index + 4]
    first = next((token for token in after if token.text != "the" and token.kind is not TokenKind.CURRENCY), None)
    return first is not None and first.kind in (TokenKind.NUMBER, TokenKind.OPEN)


def _is_share(token: Token) -> bool:
    return token.kind is TokenKind.PERCENT or (token.value is not None and 0 < token.value < 1)


def _is_multiple(token: Token) -> bool:
    return token.text.lower() in {"twice", "double", "thrice", "triple", "half"}


def _run(tokens: Sequence[Token]) -> list[Token]:
    """Drop units and currency signs: what is left is arithmetic, with the places where prose interrupts it."""
    kept: list[Token] = []
    tokens = _without_dimensions(tokens)
    for index, token in enumerate(tokens):
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.text == "/" and after is not None and after.kind is TokenKind.WORD and after.text != "by":
            continue
        repeated = token.kind is TokenKind.WORD and bool(kept) and kept[-1].kind is TokenKind.WORD
        if token.kind in _KEPT and not repeated:
            kept.append(token)
    return kept


def _without_dimensions(tokens: Sequence[Token]) -> list[Token]:
    """Drop the "dozen" of ``6 dozen`` and ``eggs/dozen`` and the power of ``30 m^2``."""
    kept: list[Token] = []
    dropped: Token | None = None
    for index, token in enumerate(tokens):
        before = tokens[index - 1].kind if index else None
        after = tokens[index + 1].text if index + 1 < len(tokens) else ""
        raised = token.text == "^" and before in (TokenKind.WORD, TokenKind.VARIABLE)
        counted = token.text in _DOZENS and before is TokenKind.NUMBER
        per_dozen = token.text == "/" and before is TokenKind.WORD and after in _DOZENS
        exponent = dropped is not None and dropped.text in ("^", "/")
        dropped = token if raised or counted or per_dozen or exponent else None
        if dropped is None:
            kept.append(token)
    return kept


def _without_words(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.kind is not TokenKind.WORD]


def _last_expression(tokens: Sequence[Token]) -> Expression | None:
    """Return the longest expression that ends the tokens, or None where an unknown or a phrase is part of it."""
    run = _run(tokens)
    last_break = max((index for index, token in enumerate(run) if token.kind in _BREAKS), default=-1)
    run = run[last_break + 1 :][-_LONGEST_RUN:]
    for start, token in enumerate(run):
        if token.kind is TokenKind.WORD or any(after.kind is TokenKind.VARIABLE for after in run[start:]):
            continue
        expression = parse(_without_words(run[start:]))
        if expression is not None:
            return expression if _stands_alone(run[:start], run[start:]) else None
    return None


def _stands_alone(before: Sequence[Token], tokens: Sequence[Token]) -> bool:
    """Return whether nothing that belongs to the expression was cut off in front of it."""
    signed = tokens[0].kind is TokenKind.OPERATOR
    if signed and before and len(tokens) > 1 and tokens[1].start > tokens[0].end:
        return False
    if not before or before[-1].kind is not TokenKind.OPERATOR:
        return not before or before[-1].kind is not TokenKind.VARIABLE
    return len(before) == 1


def _first_expression(tokens: Sequence[Token]) -> Expression | None:
    """Return the longest expression that starts the tokens."""
    run = _run(tokens)
    first_break = next((index for index, token in enumerate(run) if token.kind in _BREAKS), len(run))
    run = run[:first_break][:_LONGEST_RUN]
    for end in range(len(run), 0, -1):
        expression = parse(_without_words(run[:end]))
        if expression is not None:
            unknown = any(token.kind is TokenKind.VARIABLE for token in run[end : end + 2])
            return None if unknown else expression
    return None
