"""Keyphrases: what a teacher would write next to a mistake.

"adds the two quantities instead of multiplying them in the first step" is short, says the reason and the operation, and
names nothing of the problem, so that equal mistakes in different problems come out equal.
"""

from collections import Counter
from collections.abc import Set
from fractions import Fraction

from stages.arithmetic.equations import Equation
from stages.arithmetic.expressions import Operation, operations

NO_ANSWER = "works all the steps but states no answer"
UNREADABLE = "calculates in a form that arithmetic alone cannot follow"
IMPOSSIBLE = "slips in simplifying a side of an equation with an unknown"
WRONG_SET_UP = "sets up an equation that does not fit the problem"
WRONG_TRANSFORMATION = "slips in transforming an equation with an unknown"
WRONG_PRINT = "states another result than the code computes"
UNCLEAR = "makes a mistake that the equations do not show"

NAMES = {"+": "addition", "-": "subtraction", "*": "multiplication", "/": "division", "^": "power"}
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
    return NAMES[list(operations(equation.left))[-1].symbol]


def where(position: int, count: int) -> str:
    """Return the position of an equation in words."""
    if position == 0:
        return "in the first step"
    return "in the last step" if position == count - 1 else "in a middle step"


def slip(equation: Equation) -> str:
    """Return the phrase for a slip, by operation, size of the numbers and kind of deviation."""
    if not isinstance(equation.left, Operation):
        return WRONG_PRINT
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
    """Return the phrase for one operation in place of another."""
    if operation == expected:
        return f"takes the wrong quantities for the {operation} {position}"
    return f"{_ACTIONS[operation]} the quantities instead of {_ALTERNATIVES[expected]} {position}"


def needless(operation: str, position: str) -> str:
    """Return the phrase for an operation that no step of the gold solution does."""
    return f"does {with_article(operation)} that the problem does not call for {position}"


def wrong_operand(equation: Equation, gold: Equation, given: Set[Fraction], computed: Set[Fraction], at: str) -> str:
    """Return the phrase for wrong numbers in an equation, as far as its gold counterpart shows them.

    `computed` are the results before it, and `at` its position.
    """
    operation = main_operation(equation)
    used, wanted = equation.operand_values, gold.operand_values
    if used == wanted:
        return _same_numbers(equation, gold)
    as_many = len(equation.quantities) == len(gold.quantities)
    if used < wanted and not as_many:
        return left_out(operation, at)
    if wanted < used and not as_many:
        return f"puts a quantity too many into the {operation} {at}"
    if used < wanted:
        return f"takes one quantity twice and leaves another out in the {operation}"
    if as_many and operation in ("addition", "subtraction") and _multiple(used - wanted, wanted - used) in given | {2}:
        return f"takes a quantity once instead of several times in the {operation}"
    if any(number.percent for number in equation.operands):
        return f"takes the percentage of a wrong quantity {at}"
    if used - wanted <= given:
        if wanted - used <= given:
            return f"uses a quantity that the question gives for something else in the {operation}"
        return f"uses a given quantity instead of an intermediate result in the {operation}"
    if used - wanted <= given | computed:
        return f"uses an intermediate result that does not belong in the {operation}"
    return foreign_number(operation)


def left_out(operation: str, at: str) -> str:
    """Return the phrase for a calculation with fewer quantities than there are."""
    return f"leaves a quantity out of the {operation} {at}"


def _same_numbers(equation: Equation, gold: Equation) -> str:
    """Return the phrase for an equation of the right numbers that differs from the gold one."""
    operation = main_operation(equation)
    used, wanted = (Counter(NAMES[part.symbol] for part in operations(side.left)) for side in (equation, gold))
    done, due = list(used - wanted), list(wanted - used)
    if len(done) == len(due) == 1:
        return f"{_ACTIONS[done[0]]} a quantity instead of {_ALTERNATIVES[due[0]].replace('them', 'it')}"
    if operation in ("addition", "multiplication"):
        return f"counts a quantity more than once in the {operation}"
    return f"takes the operands of the {operation} in the wrong order"


def _multiple(used: frozenset[Fraction], wanted: frozenset[Fraction]) -> Fraction | None:
    """Return the whole ratio of the wanted number to the used one, where there is one of each."""
    if len(used) != 1 or len(wanted) != 1:
        return None
    (one,), (many,) = used, wanted
    ratio = many / one if one else Fraction(0)
    return ratio if ratio.denominator == 1 else None


def foreign_number(operation: str | None) -> str:
    """Return the phrase for a number without a source."""
    if operation is None:
        return "states a quantity that the problem does not give"
    return f"brings an invented quantity into the {operation}"


def needless_step(operation: str) -> str:
    """Return the phrase for a step after the answer."""
    return f"goes on with a needless {operation} after the answer is found"


def broken_off(operation: str | None) -> str:
    """Return the phrase for an output that ends on a right way, without an answer."""
    return f"breaks off before the {operation or 'answer'} is done"


def missing_step(operation: str | None, final: bool, passed: bool) -> str:
    """Return the phrase for a missing step; `passed` says that a step after it was done."""
    if operation is None:
        return "finds the answer but states another number"
    if final:
        return f"leaves out the final {operation}"
    if passed:
        return f"leaves out {with_article(operation)} on the way to the answer"
    return f"leaves out {with_article(operation)} and the steps after it"


def no_equation(answered: bool) -> str:
    """Return the phrase for an output without any equation."""
    return "states an answer without writing any equation" if answered else "writes no equation and gives no answer"


def with_article(operation: str) -> str:
    """Return "an addition", "a division"."""
    return f"an {operation}" if operation == "addition" else f"a {operation}"
