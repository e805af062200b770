"""The first mistake in a worked solution, found by comparing its equations with those of the gold solution.

For the gold chain ``6 * 5 = 30``, ``12 * 4 = 48`` and the output ``6 * 5 = 30``, ``12 + 4 = 16`` the mistake is a wrong
operation in the second step.

Not covered: mistakes that no number shows, such as a misread name, and right methods far from the gold one.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from stages.arithmetic import phrases
from stages.arithmetic.answers import final_answer, stated_answer
from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.expressions import Operation
from stages.arithmetic.implied_constants import implied_constants
from stages.arithmetic.outputs import Line, Output, read_output
from stages.arithmetic.quantities import read_variables
from stages.arithmetic.reachable_values import ReachableValues, reachable_values

_LARGEST_WRITTEN = 10**15


class MistakeKind(StrEnum):
    ARITHMETIC_SLIP = "arithmetic_slip"
    WRONG_OPERATION = "wrong_operation"
    WRONG_OPERAND = "wrong_operand"
    MISSING_STEP = "missing_step"
    EXTRA_STEP = "extra_step"
    NO_EQUATION = "no_equation"
    NO_ANSWER = "no_answer"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Mistake:
    """The first mistake; ``step`` is its number in the output, or else its place among the lines that are not blank.

    ``keyphrase`` names no number or name of the problem; ``detail`` does.
    """

    kind: MistakeKind
    step: int | None
    keyphrase: str
    detail: str


def find_first_mistake(question: str, gold_solution: str, output: str) -> Mistake:
    """Find the first mistake of a wrong output.

    An output without a mistake on its way is judged by its end: it stopped early, states no answer, or is unclear. A
    gold solution without equations leaves only slips and foreign numbers to be found.
    """
    gold = read_equations(gold_solution)
    answer = final_answer(gold_solution) or stated_answer(gold_solution)
    if answer is None and gold:
        answer = gold[-1].stated
    reachable = reachable_values(gold, read_variables(question), answer)
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

    def mistake(self) -> Mistake:
        for line in self.output.lines:
            mistake = self._in_line(line)
            if mistake is not None:
                return mistake
        return self._at_the_end()

    def _in_line(self, line: Line) -> Mistake | None:
        for value in line.mentions:
            if self._is_foreign(value):
                return self._foreign(line, value)
        for equation in line.equations:
            if not equation.holds:
                return self._slip(line, equation)
            if self._is_off(equation):
                return self._wrong_turn(line, equation)
            self.computed |= {value for value in (equation.value, equation.stated) if value is not None}
            self.position += 1
        return None

    def _is_foreign(self, value: Fraction) -> bool:
        if value in self.constants or value in self.computed or value == 100:
            return False
        return not self.reachable.knows(value) and not any(
            self.reachable.knows(value * constant) or value * constant in self.computed for constant in self.constants
        )

    def _foreign(self, line: Line, value: Fraction) -> Mistake:
        operation = phrases.main_operation(line.equations[0]) if line.equations else None
        detail = f"{_written(value)} comes from nowhere"
        return Mistake(MistakeKind.WRONG_OPERAND, line.step, phrases.foreign_number(operation), detail)

    def _slip(self, line: Line, equation: Equation) -> Mistake:
        detail = f"{_written(equation.value)} stated as {_written(equation.stated)}"
        return Mistake(MistakeKind.ARITHMETIC_SLIP, line.step, phrases.slip(equation), detail)

    def _is_off(self, equation: Equation) -> bool:
        """Return whether an equation leaves every right path, or continues after the answer."""
        if self._answer_is_reached() and self.output.answer != self.reachable.answer:
            return equation.value not in self.computed
        if self.reachable.allows(equation):
            return False
        return not any(self._returns(later, equation) for later in self.equations[self.position + 1 :])

    def _answer_is_reached(self) -> bool:
        """Return whether the answer has been computed, and not a step before it that has the same value."""
        same = sum(gold.value == self.reachable.answer for gold in self.reachable.equations)
        return self.reachable.answer in self.computed and same < 2

    def _returns(self, later: Equation, equation: Equation) -> bool:
        """Return whether a later equation takes the value of an earlier one back to a gold result."""
        return equation.value in later.operand_values and later.holds and later.value in self.reachable.results

    def _wrong_turn(self, line: Line, equation: Equation) -> Mistake:
        detail = f"{_written(equation.value)} is not on the way to {_written(self.reachable.answer)}"
        operation = phrases.main_operation(equation)
        where = phrases.where(self.position, len(self.equations))
        if self._answer_is_reached():
            phrase = phrases.needless_step(operation)
            return Mistake(MistakeKind.EXTRA_STEP, line.step, phrase, detail)
        gold = self._counterpart(equation)
        if gold is not None and phrases.main_operation(gold) != operation:
            phrase = phrases.wrong_operation(operation, phrases.main_operation(gold), where)
            return Mistake(MistakeKind.WRONG_OPERATION, line.step, phrase, detail)
        phrase = phrases.wrong_operand(equation, gold, self.reachable.given, where)
        return Mistake(MistakeKind.WRONG_OPERAND, line.step, phrase, detail)

    def _counterpart(self, equation: Equation) -> Equation | None:
        """Return the gold equation that shares most operands, one of the same operation if there is a choice."""
        used = equation.operand_values
        pending = [gold for gold in self.reachable.equations if gold.value not in self.computed]

        def closeness(gold: Equation) -> tuple[bool, int, bool]:
            shared = used & gold.operand_values
            same = isinstance(gold.left, Operation) and phrases.main_operation(gold) == phrases.main_operation(equation)
            return used == gold.operand_values, len(shared) if len(used) > 2 else min(len(shared), 1), same

        best = max(pending, key=closeness, default=None)
        return best if best is not None and used & best.operand_values else None

    def _at_the_end(self) -> Mistake:
        if not self.equations:
            return self._without_equations()
        if self.output.answer is None and self.reachable.answer in self.computed:
            step = self._last_line().step
            return Mistake(MistakeKind.NO_ANSWER, step, phrases.NO_ANSWER, "no answer is stated")
        if self.output.answer != self.reachable.answer:
            return self._stopped()
        return Mistake(MistakeKind.UNCLEAR, None, phrases.UNCLEAR, "the equations are right")

    def _without_equations(self) -> Mistake:
        answer = self.output.answer
        if answer is not None and answer == self.reachable.answer:
            return Mistake(MistakeKind.UNCLEAR, None, phrases.UNCLEAR, "the answer is right")
        step = None if answer is None else self._conclusion(after=-1)
        phrase = phrases.no_equation(answered=answer is not None)
        return Mistake(MistakeKind.NO_EQUATION, step, phrase, "the output holds no equation")

    def _stopped(self) -> Mistake:
        missing = [gold for gold in self.reachable.equations if gold.value not in self.computed]
        operation = phrases.main_operation(missing[0]) if missing else None
        last = self._last_line()
        step = last.step
        if last.equations[-1].stated != self.output.answer:
            step = self._conclusion(after=self.output.lines.index(last)) or step
        detail = f"stops at {_written(self.equations[-1].value)}, {len(missing)} gold steps before the answer"
        ended = bool(missing) and phrases.main_operation(missing[-1]) == phrases.main_operation(self.equations[-1])
        phrase = phrases.missing_step(operation, len(missing), self.output.answer is not None, ended)
        return Mistake(MistakeKind.MISSING_STEP, step, phrase, detail)

    def _last_line(self) -> Line:
        return next(line for line in reversed(self.output.lines) if line.equations)

    def _conclusion(self, after: int) -> int | None:
        """Return the step that first puts the stated answer in words, or None where only the answer line has it."""
        answer = self.output.answer
        if answer is None:
            return None
        for line in self.output.lines[after + 1 :]:
            if line.says(answer) and stated_answer(line.text) is None:
                return line.step
        return None


def _written(value: Fraction | None) -> str:
    if value is None:
        return "no value"
    if abs(value) > _LARGEST_WRITTEN:
        return "a number too large to write"
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.4g}"
