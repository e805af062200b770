"""Tracing a worked solution: which number of it comes from where.

In ``40*12 = 480`` of a problem about "40 dozen eggs" 40 is a number of the question and 12 a constant that the word
"dozen" vouches for. A solution with a number that nothing vouches for is not traced.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from stages.arithmetic.answers import final_answer, number_in
from stages.arithmetic.chains import Chain, Instruction, Mention, Step
from stages.arithmetic.equations import Equation, read_all_equations, step_number
from stages.arithmetic.expressions import Expression, Negation, Number, Operation, evaluate, numbers
from stages.arithmetic.implied_constants import implied_constants
from stages.arithmetic.ordinals import ordinals
from stages.arithmetic.quantities import Variable, read_variables
from stages.arithmetic.readings import HUNDRED, ONE, ZERO, Ledger, Reading, Source, SourceKind
from stages.arithmetic.tokens import Token, TokenKind, tokenize

_COUNTING_WORDS = 12
_SMALL = 4
_LABEL = re.compile(r"\b(?:day|week|month|year|hour|minute|stop|floor|grade|round|chapter|game|trip|step)s? $", re.I)
_REST = re.compile(r"\b(?:other|remaining|rest|last|next|more|fewer|extra|another) $", re.I)
_IN_FRACTION = re.compile(r"\d/$"), re.compile(r"/\d")
_HUNDREDS = ("%", "percent", "cent")


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason to leave a problem alone, as a short stable code for counting."""

    reason: str


class _UntraceableError(Exception):
    pass


@dataclass
class _Draft:
    """A step under construction."""

    instructions: list[Instruction] = field(default_factory=list)
    agreements: list[tuple[Reading, ...]] = field(default_factory=list)


def trace(question: str, solution: str, answer: str) -> Chain | Refusal:
    """Trace every number of a solution back to the question, or say why that cannot be done."""
    equations = read_all_equations(solution)
    if not equations:
        return Refusal("no equations")
    try:
        _check(equations, solution, answer)
        return _Tracer(question, solution, equations).chain()
    except _UntraceableError as error:
        return Refusal(str(error))


def _check(equations: Sequence[Equation], solution: str, answer: str) -> None:
    for equation in equations:
        if not equation.holds:
            raise _UntraceableError("an equation does not hold")
        if equation.remainder is not None:
            raise _UntraceableError("a division leaves a remainder")
        if equation.value != equation.stated and not _states_percent(equation):
            raise _UntraceableError("a result is rounded")
    last = next((equation for equation in reversed(equations) if not equation.mirrors), equations[-1])
    stated = number_in(answer)
    ends = {last.value, last.result.value if last.result else None}
    if stated is None or stated not in ends or final_answer(solution) not in (stated, None):
        raise _UntraceableError("answer is not the last result")


def _states_percent(equation: Equation) -> bool:
    result, value = equation.result, equation.value
    return result is not None and result.percent and value in (result.value, result.value / 100)


class _Tracer:
    def __init__(self, question: str, solution: str, equations: Sequence[Equation]) -> None:
        self.question = question
        self.solution = solution
        self.equations = equations
        self.variables = read_variables(question)
        self.implied_by_question = implied_constants(question)
        self.constants = self.implied_by_question | implied_constants(solution)
        text = f"{question}\n{solution}".lower()
        self.ledger = Ledger(
            [Source(SourceKind.VARIABLE, variable.value, variable.percent) for variable in self.variables],
            hundreds=any(word in text for word in _HUNDREDS),
        )
        self.readings: dict[int, tuple[Reading, ...]] = {}
        self.structural: set[Fraction] = set()
        self.terms: dict[int, int] = {}
        self.mirror: tuple[Equation, range] | None = None
        self.final = next(equation.value for equation in reversed(equations) if not equation.mirrors)
        self.unexplained_ones = False

    def chain(self) -> Chain:
        steps = tuple(self._step(equation) for equation in self.equations)
        self._check_links(steps)
        mentions = tuple(self._mentions())
        self._keep_ordinals()
        fixed = frozenset(index for index, variable in enumerate(self.variables) if self._is_fixed(variable))
        return Chain(self.variables, tuple(self.ledger.sources), steps, mentions, fixed)

    def _check_links(self, steps: Sequence[Step]) -> None:
        """Refuse a chain in which one step leads nowhere and another starts from a 1 that nobody gave.

        "4 dogs eat 1000 grams" followed by ``14 * 1 = 14`` is a conversion made between the lines.
        """
        if self.unexplained_ones and self._has_loose_end(steps):
            raise _UntraceableError("a number has no source")

    def _has_loose_end(self, steps: Sequence[Step]) -> bool:
        instructions = [instruction for step in steps for instruction in step.instructions]
        read = {reading.source for operation in instructions for reading in (operation.left, operation.right)}
        read |= {reading.source for step in steps for group in step.agreements for reading in group}
        values = {self.ledger.sources[source].value for source in read}
        return any(equation.value not in values for equation in self.equations if equation.value != self.final)

    def _is_fixed(self, variable: Variable) -> bool:
        """Return whether a new value could change more than arithmetic.

        A small number that serves more often than it is given is suspect: one of its uses may be a hidden constant.
        """
        if variable.fixed or variable.value in self.structural:
            return True
        uses = sum(
            any(number.value == variable.value for number in equation.operands)
            for equation in self.equations
            if not equation.mirrors
        )
        return variable.value <= _SMALL and uses > len(variable.tokens)

    def _step(self, equation: Equation) -> Step:
        self._hide_mirror(equation)
        first = len(self.ledger.sources)
        draft = _Draft()
        self.ledger.side_start = first
        whole = self._compile(equation.left, draft)
        if self.ledger.sources[whole.source].kind is SourceKind.CONSTANT:
            raise _UntraceableError("a number has no source")
        self.ledger.promote(whole.source)
        result = equation.result
        if result is None or isinstance(equation.right, Negation):
            self.ledger.side_start = len(self.ledger.sources)
            draft.agreements.append((whole, self._compile(equation.right, draft)))
        else:
            scale = ONE if equation.value == result.value else HUNDRED
            self.readings[result.start] = (Reading(whole.source, scale),)
            if result.percent and equation.value != result.value:
                self.ledger.stated_percents.add(whole.source)
        if equation.mirrors:
            self.mirror = equation, range(first, len(self.ledger.sources))
        return Step(tuple(draft.instructions), tuple(draft.agreements))

    def _hide_mirror(self, equation: Equation) -> None:
        """Keep an annotation from reading its operands as the result of its own plain form."""
        self.ledger.hidden = range(0)
        if self.mirror and equation.annotated:
            mirror, sources = self.mirror
            if (mirror.line, mirror.value) == (equation.line, equation.value):
                self.ledger.hidden = sources

    def _compile(self, expression: Expression, draft: _Draft, scaling: bool = False) -> Reading:
        """Turn an expression into instructions; ``scaling`` says that it is a factor or a divisor."""
        if isinstance(expression, Number):
            return self._operand(expression, draft, scaling)
        if isinstance(expression, Negation):
            zero = self.ledger.add(SourceKind.CONSTANT, ZERO)
            inner = self._compile(expression.operand, draft)
            target = self.ledger.add(SourceKind.PART, -self.ledger.value(inner))
            draft.instructions.append(Instruction("-", zero, inner, target.source))
            return target
        scaling = expression.symbol in "*/"
        left, right = (self._compile(side, draft, scaling) for side in (expression.left, expression.right))
        value = evaluate(expression)
        if value is None:
            raise _UntraceableError("an equation does not hold")
        self._check_addends(expression)
        self._note_divisor(expression, left)
        target = self.ledger.add(SourceKind.PART, value)
        self.terms[target.source] = _count_terms(expression)
        draft.instructions.append(Instruction(expression.symbol, left, right, target.source))
        return target

    def _check_addends(self, operation: Operation) -> None:
        """Refuse to add or take away a number that only a word stands for: the 52 of ``200 - 52`` is no year."""
        addends = {"+": (operation.left, operation.right), "-": (operation.right,)}.get(operation.symbol, ())
        for addend in addends:
            if isinstance(addend, Number) and addend.value > _SMALL and not addend.percent:
                sources = [self.ledger.sources[reading.source] for reading in self.readings[addend.start]]
                if all(source.kind is SourceKind.CONSTANT for source in sources):
                    raise _UntraceableError("a number has no source")

    def _note_divisor(self, operation: Operation, left: Reading) -> None:
        """Remember a divisor that counts what a sum adds up: it belongs to the form of the solution."""
        right = operation.right
        terms = self.terms.get(left.source, 0)
        if operation.symbol != "/" or not isinstance(right, Number) or terms < 2:
            return
        if right.value == terms:
            self.structural.add(right.value)
        self.structural |= _sum_parts(right.value, self.variables)

    def _operand(self, number: Number, draft: _Draft, scaling: bool) -> Reading:
        readings = self.ledger.readings(number.value, number.percent)
        unlikely = all(self.ledger.sources[reading.source].kind is SourceKind.PART for reading in readings)
        if unlikely or (scaling and self._may_be_implied(number.value)):
            if self._is_constant(number):
                self.unexplained_ones |= scaling and number.value == 1
                readings = (self.ledger.add(SourceKind.CONSTANT, number.value), *readings)
            elif not readings:
                raise _UntraceableError("a number has no source")
        self.readings[number.start] = readings
        if len(readings) > 1:
            draft.agreements.append(readings)
        return readings[0].hundredth() if number.percent else readings[0]

    def _may_be_implied(self, value: Fraction) -> bool:
        """Return whether a word of the question may stand for a factor: "half" for 2 and for 0.5."""
        return value in self.implied_by_question or (0 < value < 1 and 1 / value in self.implied_by_question)

    def _is_constant(self, number: Number) -> bool:
        value = number.value
        if value in self.constants or value in (0, 1, 100, Fraction(1, 2), Fraction(1, 100)):
            return True
        if number.text[0].isalpha():
            return value <= _COUNTING_WORDS
        return value < 1 and 1 / value in self.constants

    def _mentions(self) -> Iterator[Mention]:
        self.ledger.hidden, self.ledger.side_start = range(0), len(self.ledger.sources)
        labels, near, tokens = _label_starts(self.solution), self._line_readings(), tokenize(self.solution)
        for token, after in zip(tokens, [*tokens[1:], None], strict=True):
            if token.value is None or token.start in labels:
                continue
            line = self.solution.count("\n", 0, token.start)
            readings = self.readings.get(token.start) or near.get((line, token.value))
            if readings is None:
                percent = after is not None and after.kind is TokenKind.PERCENT
                readings = self._prose_readings(token, token.value, percent)
            if readings:
                yield Mention(token.text, token.start, token.end, token.value, readings)

    def _line_readings(self) -> dict[tuple[int, Fraction], tuple[Reading, ...]]:
        """Collect by line what its equations read a value as: the prose around an equation repeats its numbers."""
        near: dict[tuple[int, Fraction], tuple[Reading, ...]] = {}
        for equation in self.equations:
            for number in (*equation.operands, *numbers(equation.right)):
                key = (equation.line, number.value)
                known = near.get(key, ())
                near[key] = known + tuple(reading for reading in self.readings[number.start] if reading not in known)
        mark = self.solution.rfind("####")
        result = next(equation.result for equation in reversed(self.equations) if not equation.mirrors)
        if mark >= 0 and result is not None:
            near[self.solution.count("\n", 0, mark), result.value] = self.readings[result.start]
        return near

    def _prose_readings(self, token: Token, value: Fraction, percent: bool) -> tuple[Reading, ...]:
        """Read a number outside of the equations; none at all means that it stays."""
        if self._is_label(token):
            self._keep(value)
            return ()
        word = token.text[0].isalpha()
        readings = self.ledger.readings(value, percent)
        if not percent and value.denominator == 1:
            readings = tuple(reading for reading in readings if reading.scale == ONE and not reading.offset)
        if (word and value <= _COUNTING_WORDS and not self._question_spells(value)) or self._is_in_fraction(token):
            readings = (*readings, self.ledger.add(SourceKind.CONSTANT, value)) if readings else ()
        if not readings and (value > _SMALL or _REST.search(self.solution[: token.start])) and value > 1:
            raise _UntraceableError("a number has no source")
        return readings

    def _is_label(self, token: Token) -> bool:
        """Return whether a number names one of several, as in "Week 3", and the question does not say so."""
        label = _LABEL.search(self.solution[: token.start])
        return label is not None and label.group() + token.text not in self.question

    def _is_in_fraction(self, token: Token) -> bool:
        before, after = _IN_FRACTION
        return bool(before.search(self.solution[: token.start]) or after.match(self.solution, token.end))

    def _keep_ordinals(self) -> None:
        """Refuse ordinals that the solution works out: no equation would give them new values."""
        given = {value for value, _, _ in ordinals(self.question)}
        for value, _, _ in ordinals(self.solution):
            if value not in given:
                self._keep(value)

    def _keep(self, value: Fraction) -> None:
        """Keep a number that counts along, and with it the number of the question that it may come from."""
        if value > _SMALL:
            raise _UntraceableError("a number has no source")
        self.structural.add(value)

    def _question_spells(self, value: Fraction) -> bool:
        return any(variable.value == value and variable.tokens[0].text[0].isalpha() for variable in self.variables)


def _sum_parts(total: Fraction, variables: Sequence[Variable]) -> set[Fraction]:
    """Return the total and two numbers of the question that make it up, as 5 girls and 5 boys make 10 children."""
    values = [variable.value for variable in variables for _ in variable.tokens]
    if total not in values:
        return set()
    for index, value in enumerate(values):
        if total - value in values[index + 1 :]:
            return {total, value, total - value}
    return set()


def _count_terms(expression: Expression) -> int:
    if isinstance(expression, Operation) and expression.symbol == "+":
        return _count_terms(expression.left) + _count_terms(expression.right)
    return 1


def _label_starts(solution: str) -> frozenset[int]:
    """Return where the numbers of step labels start; they count steps, not things."""
    starts, offset = set(), 0
    for line in solution.split("\n"):
        number = step_number(line)
        if number is not None:
            starts.add(offset + line.index(str(number)))
        offset += len(line) + 1
    return frozenset(starts)
