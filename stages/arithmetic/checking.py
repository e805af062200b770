"""Checks on a worked solution that need no gold solution.

``16 - 3 = 12`` does not hold, ``#### 13`` after ``16 - 4 = 12`` is not the last result, and 9 in ``9 * 4 = 36`` is
foreign if neither the question nor an earlier step has it. A solution that passes can still be wrong: nothing here
knows what the question asks.
"""

from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.answers import final_answer, number_in
from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.expressions import Number, evaluate, operations
from stages.arithmetic.implied_constants import hinted_values
from stages.arithmetic.quantities import Variable, read_variables

_PLAIN_CONSTANTS = frozenset({Fraction(0), Fraction(1), Fraction(100), Fraction(1, 2), Fraction(1, 100)})


@dataclass(frozen=True, slots=True)
class Flaw:
    """``code`` is short and stable, fit for counting; ``detail`` names the numbers."""

    code: str
    detail: str


def find_flaws(question: str, solution: str, answer: str) -> list[Flaw]:
    """Return what is wrong with a solution on its face, in reading order; an empty list means that nothing is."""
    equations = read_equations(solution)
    if not equations:
        return [Flaw("no equations", "")]
    flaws = [
        Flaw("an equation does not hold", solution[equation.start : equation.end])
        for equation in equations
        if not equation.holds
    ]
    flaws += _foreign_numbers(question, solution, equations)
    stated, last = number_in(answer), equations[-1]
    if stated is None or stated not in (last.value, last.stated, last.result.value if last.result else None):
        flaws.append(Flaw("answer is not the last result", answer))
    if final_answer(solution) not in (None, stated):
        flaws.append(Flaw("last line is not the answer", answer))
    return flaws


def _foreign_numbers(question: str, solution: str, equations: list[Equation]) -> list[Flaw]:
    known = set(_PLAIN_CONSTANTS | hinted_values(f"{question}\n{solution}"))
    known |= {1 / value for value in known if value}
    for variable in read_variables(question):
        known |= _forms(variable)
    flaws: list[Flaw] = []
    for equation in equations:
        flaws += [
            Flaw("a number has no source", number.text) for number in equation.operands if not _is_known(number, known)
        ]
        known |= _outcomes(equation)
    return flaws


def _forms(variable: Variable) -> set[Fraction]:
    value = variable.value
    forms = {value, value / 100, value * 100}
    if variable.percent:
        forms |= {100 - value, 100 + value, 1 - value / 100, 1 + value / 100}
    return forms


def _is_known(number: Number, known: set[Fraction]) -> bool:
    if number.text[0].isalpha():
        return True
    return number.value in known or number.value * 100 in known or number.value / 100 in known


def _outcomes(equation: Equation) -> set[Fraction]:
    inner = {evaluate(operation) for side in (equation.left, equation.right) for operation in operations(side)}
    return {value for value in (*inner, equation.stated) if value is not None}
