"""Keyphrases: what a teacher would write next to a mistake.

"adds the two quantities instead of multiplying them in the first step" is short, says the reason and the operation, and
names nothing of the problem, so that equal mistakes in different problems come out equal.
"""

from collections import Counter
from fractions import Fraction

from stages.arithmetic.equations import Equation
from stages.arithmetic.expressions import operations

NO_ANSWER = "works all the steps but states no answer"
UNCLEAR = "makes a mistake that the equations do not show"

_NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division", "^": "power"}
_ACTIONS = {
    "addition": "adds",
    "subtraction": "subtracts",
    "multiplication": "multiplies",
    "division": "divides",
    "power": "raises to a power",
}
_ALTERNATIVES = {
    "addition": "adding them",
    "subtraction": "subtracting them",
    "multiplication": "multiplying them",
    "division": "dividing them",
    "power": "raising to a power",
}
_SIZES = {1: "one-digit", 2: "two-digit", 3: "three-digit"}


def main_operation(equation: Equation) -> str:
    """Return the name of the operation computed last: "subtraction" for ``2 * 8 - 3``."""
    return _NAMES[list(operations(equation.left))[-1].symbol]


def where(position: int, count: int) -> str:
    """Say where an equation stands among the equations of an output."""
    if position == 0:
        return "in the first step"
    return "in the last step" if position == count - 1 else "in a middle step"


def slip(equation: Equation) -> str:
    """Name a slip by the operation, the size of the numbers and how the stated result is off."""
    operation = main_operation(equation)
    size = _size(equation)
    value, stated = equation.value, equation.stated
    if value is None or stated is None:
        return "divides by zero in an equation"
    if value and stated and stated in {value * factor for factor in (10, 100, 1000)} | {value / 10, value / 100}:
        return f"misplaces the decimal point in a {size} {operation}"
    if stated == -value:
        return f"loses the sign in a {size} {operation}"
    if abs(stated - value) in (10, 100, 1000):
        return f"slips in carrying over in a {size} {operation}"
    if abs(value) and abs(stated - value) * 2 > abs(value):
        return f"gets a {size} {operation} badly wrong"
    return f"slips in a {size} {operation}"


def _size(equation: Equation) -> str:
    values = [abs(number.value) for number in equation.operands]
    if any(number.percent for number in equation.operands):
        return "percentage"
    if len(list(operations(equation.left))) > 2:
        return "long"
    if any(value.denominator > 1 for value in values):
        return "decimal"
    return _SIZES.get(max(len(str(value.numerator)) for value in values), "large-number")


def wrong_operation(operation: str, expected: str, position: str) -> str:
    """Say that one operation was done where another was due."""
    if operation == expected:
        return f"takes the wrong quantities for the {operation} {position}"
    return f"{_ACTIONS[operation]} the quantities instead of {_ALTERNATIVES[expected]} {position}"


def wrong_operand(equation: Equation, gold: Equation | None, given: frozenset[Fraction], position: str) -> str:
    """Say what is wrong with the numbers of an equation, as far as the gold equation next to it shows."""
    operation = main_operation(equation)
    if gold is None:
        return f"does {with_article(operation)} that the problem does not call for {position}"
    used, wanted = equation.operand_values, gold.operand_values
    if used == wanted:
        return _same_numbers(equation, gold)
    as_many = len(equation.operands) == len(gold.operands)
    if used < wanted and not as_many:
        return f"leaves a quantity out of the {operation} {position}"
    if wanted < used and not as_many:
        return f"puts a quantity too many into the {operation} {position}"
    if used < wanted:
        return f"takes one quantity twice and leaves another out in the {operation}"
    if operation in ("addition", "subtraction") and _multiple(used - wanted, wanted - used) in given | {2}:
        return f"takes a quantity once instead of several times in the {operation}"
    if any(number.percent for number in equation.operands):
        return f"takes the percentage of a wrong quantity {position}"
    if used - wanted <= given:
        if wanted - used <= given:
            return f"uses a quantity that the question gives for something else in the {operation}"
        return f"uses a given quantity instead of an intermediate result in the {operation}"
    return f"uses an intermediate result that does not belong in the {operation}"


def _same_numbers(equation: Equation, gold: Equation) -> str:
    """Say how an equation of the right numbers differs from the gold one."""
    operation = main_operation(equation)
    used, wanted = (Counter(_NAMES[part.symbol] for part in operations(side.left)) for side in (equation, gold))
    done, due = list(used - wanted), list(wanted - used)
    if len(done) == len(due) == 1:
        return f"{_ACTIONS[done[0]]} a quantity instead of {_ALTERNATIVES[due[0]].replace('them', 'it')}"
    if operation in ("addition", "multiplication"):
        return f"counts a quantity more than once in the {operation}"
    return f"takes the operands of the {operation} in the wrong order"


def _multiple(used: frozenset[Fraction], wanted: frozenset[Fraction]) -> Fraction | None:
    """Return how many times the one other number is the one that was used, where that is one number each."""
    if len(used) != 1 or len(wanted) != 1:
        return None
    (one,), (many,) = used, wanted
    return many / one if one else None


def foreign_number(operation: str | None) -> str:
    """Say that a number has no source."""
    if operation is None:
        return "states a quantity that the problem does not give"
    return f"brings an invented quantity into the {operation}"


def needless_step(operation: str) -> str:
    """Say that the solution went on after its answer."""
    return f"goes on with a needless {operation} after the answer is found"


def missing_step(operation: str | None, missing: int, answered: bool, ended: bool) -> str:
    """Say which step was left out; `ended` where the output ends with the kind of operation that it should end with."""
    if not answered:
        return f"breaks off before the {operation or 'answer'} is done"
    if operation is None:
        return "finds the answer but states another number"
    if missing == 1:
        return f"leaves out the final {operation}"
    if ended:
        return f"leaves out {with_article(operation)} on the way to the answer"
    return f"leaves out {with_article(operation)} and the steps after it"


def no_equation(answered: bool) -> str:
    """Say that nothing was computed."""
    return "states an answer without writing any equation" if answered else "writes no equation and gives no answer"


def with_article(operation: str) -> str:
    """Return "an addition", "a division"."""
    return f"an {operation}" if operation == "addition" else f"a {operation}"
