"""The first mistake in a worked solution, found by comparing its equations with those of the gold solution.

For the gold chain ``6 * 5 = 30``, ``12 * 4 = 48`` and the output ``6 * 5 = 30``, ``12 + 4 = 16`` the mistake is a wrong
operation in the second step.

Not covered: mistakes that no number shows, such as a misread name, and right methods far from the gold one.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from stages.arithmetic import phrases
from stages.arithmetic.answers import final_answer, stated_answer
from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.expressions import Operation, Symbol, apply, evaluate, operations
from stages.arithmetic.implied_constants import implied_constants
from stages.arithmetic.outputs import Line, Output, read_output
from stages.arithmetic.quantities import read_variables
from stages.arithmetic.reachable_values import ReachableValues, reachable_values
from stages.arithmetic.tokens import Token
from stages.arithmetic.unknowns import Relation

_ANSWER_LINE = re.compile(r"\s*(?:step \d+\W*)?(?:####|A:|the answer is)", re.IGNORECASE)
_HUNDREDS = ("%", "percent", "cent")
_UNITS = {Fraction(60), Fraction(100), Fraction(1000)}
_ROUGHLY = Fraction(1, 200)
_LARGEST_WRITTEN = 10**15


class MistakeKind(StrEnum):
    ARITHMETIC_SLIP = "arithmetic_slip"
    ALGEBRA = "algebra"
    WRONG_OPERATION = "wrong_operation"
    WRONG_OPERAND = "wrong_operand"
    MISSING_STEP = "missing_step"
    BROKEN_OFF = "broken_off"
    EXTRA_STEP = "extra_step"
    NO_EQUATION = "no_equation"
    NO_ANSWER = "no_answer"
    UNREADABLE = "unreadable"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Mistake:
    """The first mistake.

    Attributes:
        line: of the output, counted from 0; None where the mistake has no place.
        quote: the sentence or the formula there; empty without a place.
        keyphrase: names no number or name of the problem; `detail` does.
    """

    kind: MistakeKind
    line: int | None
    quote: str
    keyphrase: str
    detail: str


def find_first_mistake(question: str, gold_solution: str, output: str) -> Mistake:
    """Find the first mistake of a wrong output.

    An output without a mistake on its way is judged by its end: it left a step out, broke off, states no answer, holds
    what cannot be read, or is unclear. A gold solution without equations leaves only slips and foreign numbers.
    """
    gold = read_equations(gold_solution)
    answer = final_answer(gold_solution) or stated_answer(gold_solution)
    if answer is None and gold:
        answer = gold[-1].stated
    hundreds = any(word in f"{question} {gold_solution}".lower() for word in _HUNDREDS)
    reachable = reachable_values(gold, read_variables(question), answer, hundreds)
    return _Search(reachable, implied_constants(question), read_output(output)).mistake()


class _Search:
    """A walk through the lines of one output."""

    def __init__(self, reachable: ReachableValues, constants: frozenset[Fraction], output: Output) -> None:
        self.reachable = reachable
        self.constants = constants
        self.output = output
        self.equations = output.equations
        self.computed: set[Fraction] = set()
        self.position = 0
        self.open: dict[str, Fraction] = {}

    def mistake(self) -> Mistake:
        for line in self.output.lines:
            mistake = self._in_line(line)
            if mistake is not None:
                return mistake
        return self._at_the_end()

    def _in_line(self, line: Line) -> Mistake | None:
        solved = [one for one in line.calculations if isinstance(one, Relation) and one.name in self.open]
        for token in line.mentions:
            inside = any(one.start - line.start <= token.start < one.end - line.start for one in solved)
            if token.value is not None and not inside and self._is_foreign(token.value):
                return self._foreign(line, token)
        for one in line.calculations:
            mistake = self._equation(line, one) if isinstance(one, Equation) else self._relation(line, one)
            if mistake is not None:
                return mistake
        return None

    def _equation(self, line: Line, equation: Equation) -> Mistake | None:
        if not equation.holds:
            return self._slip(line, equation)
        if self._is_off(equation):
            return self._wrong_turn(line, equation)
        self.computed |= equation.outcomes
        self.position += 1
        return None

    def _relation(self, line: Line, relation: Relation) -> Mistake | None:
        """Follow an equation with an unknown: true ones about the same unknown have the same solution."""
        solution, before = relation.solution, self.open.get(relation.name)
        if relation.is_impossible:
            detail = "no value solves the equation"
            return _found(MistakeKind.ALGEBRA, line, relation, phrases.IMPOSSIBLE, detail)
        if solution is None or (before is None and relation.is_definition):
            return None
        if before is None and len(relation.name) == 1 and not self._fits(solution):
            detail = f"{relation.name} would be {_written(solution)}"
            return _found(MistakeKind.ALGEBRA, line, relation, phrases.WRONG_SET_UP, detail)
        if before is not None and abs(solution - before) > abs(before) * _ROUGHLY:
            detail = f"{relation.name} was {_written(before)} and becomes {_written(solution)}"
            return _found(MistakeKind.ALGEBRA, line, relation, phrases.WRONG_TRANSFORMATION, detail)
        if relation.is_definition:
            del self.open[relation.name]
        else:
            self.open[relation.name] = solution
        self.computed.add(solution)
        return None

    def _fits(self, solution: Fraction) -> bool:
        return self.reachable.contains(solution) or self._is_taken_back(solution, after=self.position)

    def _is_foreign(self, value: Fraction) -> bool:
        if value in self.constants or value in self.computed or value == 100:
            return False
        return not self.reachable.knows(value) and not any(
            self.reachable.knows(value * constant) or value * constant in self.computed for constant in self.constants
        )

    def _foreign(self, line: Line, token: Token) -> Mistake:
        operation = phrases.main_operation(line.equations[0]) if line.equations else None
        detail = f"{_written(token.value)} comes from nowhere"
        phrase = phrases.foreign_number(operation)
        return _at(MistakeKind.WRONG_OPERAND, line, (token.start, token.end), phrase, detail)

    def _slip(self, line: Line, equation: Equation) -> Mistake:
        detail = f"{_written(equation.value)} stated as {_written(equation.stated)}"
        return _found(MistakeKind.ARITHMETIC_SLIP, line, equation, phrases.slip(equation), detail)

    def _is_off(self, equation: Equation) -> bool:
        """Return whether an equation leaves every right path, or continues after the answer."""
        if self._answer_is_reached() and self.output.answer != self.reachable.answer:
            return equation.value not in self.computed
        if self.reachable.allows(equation) or self._converts(equation):
            return False
        return not self._is_taken_back(equation.value, after=self.position + 1)

    def _converts(self, equation: Equation) -> bool:
        """Return whether an equation writes a known quantity in another unit, such as 2 hours as 2 * 60 minutes."""
        left = equation.left
        if not isinstance(left, Operation) or left.symbol not in "*/" or len(equation.quantities) != 2:
            return False
        amount, unit = equation.quantities
        given = self.reachable.given
        return unit in _UNITS and unit in self.constants - given and amount in self.computed | given

    def _is_taken_back(self, value: Fraction | None, after: int) -> bool:
        """Return whether one of the equations from there on takes a value back to a gold result."""
        results = self.reachable.results
        return any(
            value in later.operand_values and later.holds and later.value in results for later in self.equations[after:]
        )

    def _answer_is_reached(self) -> bool:
        """Return whether the answer has been computed, and not a step before it that has the same value."""
        same = sum(gold.value == self.reachable.answer for gold in self.reachable.equations)
        return self.reachable.answer in self.computed and same < 2

    def _wrong_turn(self, line: Line, equation: Equation) -> Mistake:
        detail = f"{_written(equation.value)} is not on the way to {_written(self.reachable.answer)}"
        operation = phrases.main_operation(equation)
        where = phrases.where(self.position, len(self.equations))
        if self._answer_is_reached():
            return _found(MistakeKind.EXTRA_STEP, line, equation, phrases.needless_step(operation), detail)
        gold = self._counterpart(equation)
        due = _due_operation(equation, gold)
        if due is not None:
            phrase = phrases.wrong_operation(operation, due, where)
            return _found(MistakeKind.WRONG_OPERATION, line, equation, phrase, detail)
        if gold is not None and phrases.main_operation(gold) == operation:
            phrase = phrases.wrong_operand(equation, gold, self.reachable.given, self.computed, where)
        elif any(operation == phrases.main_operation(pending) for pending in self._pending()):
            phrase = phrases.wrong_operation(operation, operation, where)
        else:
            phrase = phrases.needless(operation, where)
        return _found(MistakeKind.WRONG_OPERAND, line, equation, phrase, detail)

    def _pending(self) -> list[Equation]:
        return [gold for gold in self.reachable.equations if gold.value not in self.computed]

    def _counterpart(self, equation: Equation) -> Equation | None:
        """Return the gold equation that shares most operands, one of the same operation if there is a choice."""
        used = equation.operand_values

        def closeness(gold: Equation) -> tuple[bool, int, bool, int]:
            shared = used & gold.operand_values
            same = isinstance(gold.left, Operation) and phrases.main_operation(gold) == phrases.main_operation(equation)
            many = len(shared) if len(used) > 2 else min(len(shared), 1)
            return used == gold.operand_values, many, same, len(shared & self.computed)

        best = max(self._pending(), key=closeness, default=None)
        return best if best is not None and used & best.operand_values else None

    def _at_the_end(self) -> Mistake:
        output = self.output
        if output.answer is not None and output.answer == self.reachable.answer:
            detail = "the equations are right" if self.equations else "the answer is right"
            return _nowhere(MistakeKind.UNCLEAR, phrases.UNCLEAR, detail)
        detour = self._detour() if output.answer is not None else None
        if detour is not None:
            return detour
        unread = [line for line in output.lines if line.unread]
        if len(unread) > sum(bool(line.equations) for line in output.lines):
            return _whole(MistakeKind.UNREADABLE, unread[0], phrases.UNREADABLE, "a calculation cannot be read")
        if not self.equations:
            return self._without_equations()
        if output.answer is None and self.reachable.answer in self.computed:
            return _whole(MistakeKind.NO_ANSWER, self._last_line(), phrases.NO_ANSWER, "no answer is stated")
        return self._stopped()

    def _without_equations(self) -> Mistake:
        answered = self.output.answer is not None
        solved = [line for line in self.output.lines if line.calculations]
        if solved and not answered:
            detail = "stops before an answer"
            return _whole(MistakeKind.BROKEN_OFF, solved[-1], phrases.broken_off(None), detail)
        if solved:
            return _nowhere(MistakeKind.UNCLEAR, phrases.UNCLEAR, "the equations fit each other")
        phrase, detail = phrases.no_equation(answered), "the output holds no equation"
        line = self._conclusion(after=-1)
        return (
            _nowhere(MistakeKind.NO_EQUATION, phrase, detail)
            if line is None
            else _whole(MistakeKind.NO_EQUATION, line, phrase, detail, self.output.answer)
        )

    def _detour(self) -> Mistake | None:
        """Return the first equation that only a rearranged gold chain explains; with a wrong answer that is no way.

        For the gold chain ``180 * 2/3 = 120``, ``120 + 50 = 170``, ``170 + 180 = 350`` this is ``180 + 50 = 230``.
        """
        self.computed.clear()
        self.position = 0
        for line in self.output.lines:
            for equation in line.equations:
                if not self.reachable.is_direct(equation) and not self._is_taken_back(
                    equation.value, after=self.position + 1
                ):
                    return self._wrong_turn(line, equation)
                self.computed |= equation.outcomes
                self.position += 1
        return None

    def _stopped(self) -> Mistake:
        missing = [gold for gold in self.reachable.equations if not self._is_done(gold)]
        operation = phrases.main_operation(missing[0]) if missing else None
        line, answer = self._last_line(), self.output.answer
        line = self._conclusion(after=line.index) or line
        detail = f"stops at {_written(self.equations[-1].value)}, {len(missing)} gold steps before the answer"
        passed = self._is_passed(missing)
        if answer is None and not passed:
            return _whole(MistakeKind.BROKEN_OFF, line, phrases.broken_off(operation), detail)
        last = self.equations[-1]
        final = len(missing) == 1 and not passed
        if final and phrases.main_operation(last) == operation and last.operand_values < missing[0].operand_values:
            phrase = phrases.left_out(operation, "in the last step")
        else:
            phrase = phrases.missing_step(operation, final=final, passed=passed)
        return _whole(MistakeKind.MISSING_STEP, line, phrase, detail, answer)

    def _is_passed(self, missing: Sequence[Equation]) -> bool:
        """Return whether a step after the first missing one was done, or one like it was with another quantity."""
        gold = self.reachable.equations
        return list(missing) != list(gold[len(gold) - len(missing) :]) or any(
            phrases.main_operation(one) == phrases.main_operation(later) and one.operand_values & later.operand_values
            for one in self.equations[-1:]
            for later in missing[1:]
        )

    def _is_done(self, gold: Equation) -> bool:
        """Return whether a gold step is computed, or is part of a sum with a known number: 80 * 1.2 for 16."""
        value, known = gold.value, self.computed | self.reachable.given
        if value in self.computed or value is None or value == self.reachable.answer:
            return value in self.computed
        return any(later - value in known for later in self.computed - self.reachable.results)

    def _last_line(self) -> Line:
        return next(line for line in reversed(self.output.lines) if line.equations)

    def _conclusion(self, after: int) -> Line | None:
        """Return the line that first puts the stated answer in words, or None where only the answer line has it."""
        answer = self.output.answer
        if answer is None:
            return None
        for line in self.output.lines[after + 1 :]:
            if line.find(answer) is not None and not _ANSWER_LINE.match(line.text):
                return line
        return None


def _due_operation(equation: Equation, gold: Equation | None) -> str | None:
    """Return the operation that is due with the quantities of an equation in place of its own, or None.

    It is the one of the gold equation with the same quantities; or division, where 22 * 2 stands for half of 22.
    """
    if gold is None:
        return None
    left, used, wanted = equation.left, equation.operand_values, gold.operand_values
    several = len(equation.quantities) > 1 and Counter(equation.quantities) <= Counter(gold.quantities)
    close = len(used) == len(wanted) > 2 and len(used - wanted) == 1
    done = {phrases.NAMES[part.symbol] for part in operations(left)}
    if (used == wanted or several or close) and phrases.main_operation(gold) not in done:
        return phrases.main_operation(gold)
    if isinstance(left, Operation) and left.symbol in "*/" and used & wanted:
        other: Symbol = "/" if left.symbol == "*" else "*"
        one, two = evaluate(left.left) or Fraction(0), evaluate(left.right) or Fraction(0)
        if gold.value in (apply(other, one, two), apply(other, two, one)):
            return phrases.NAMES[other]
    return None


def _found(kind: MistakeKind, line: Line, one: Equation | Relation, keyphrase: str, detail: str) -> Mistake:
    """Return a mistake in a calculation of the line."""
    return _at(kind, line, (one.start - line.start, one.end - line.start), keyphrase, detail)


def _at(kind: MistakeKind, line: Line, place: tuple[int, int], keyphrase: str, detail: str) -> Mistake:
    return Mistake(kind, line.index, line.quote(*place), keyphrase, detail)


def _whole(kind: MistakeKind, line: Line, keyphrase: str, detail: str, value: Fraction | None = None) -> Mistake:
    """Return a mistake of a line, quoted around its last calculation or around a number of it."""
    token = None if value is None else line.find(value)
    if token is not None:
        return _at(kind, line, (token.start, token.end), keyphrase, detail)
    if line.calculations:
        return _found(kind, line, line.calculations[-1], keyphrase, detail)
    return _at(kind, line, (0, len(line.text)), keyphrase, detail)


def _nowhere(kind: MistakeKind, keyphrase: str, detail: str) -> Mistake:
    return Mistake(kind, None, "", keyphrase, detail)


def _written(value: Fraction | None) -> str:
    if value is None:
        return "no value"
    if abs(value) > _LARGEST_WRITTEN:
        return "a number too large to write"
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"
