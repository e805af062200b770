"""Sentences that correct a mistake which is not in the text before them.

They name the wrong number or step beside the right one, and deny nothing that stands there:
`Wait: 12 * 3 = 36, not 34.`
"""

from fractions import Fraction

from stages.answers.numerals import count_decimals, write_decimal, write_like
from stages.arithmetic.equations import Equation
from stages.arithmetic.expressions import Expression, Negation, Number, Symbol

_MAX_DECIMALS = 4
_TIGHTNESS: dict[Symbol, int] = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}
_ATOM = 4


def of_slip(equation: Equation) -> str | None:
    """Return the sentence for a wrong result, or None where there is no right one, as of a division by zero."""
    right = _result(equation)
    return None if right is None else f"Wait: {written(equation.left)} = {right}, not {written(equation.right)}."


def of_step(wrong: Equation, due: Equation) -> str | None:
    """Return the sentence for one step in place of another, or None where the two are written alike."""
    left, right = written(wrong.left), written(due.left)
    return None if left == right else f"Wait: the next step is not {left}, but {right}."


def of_invented(number: str) -> str:
    """Return the sentence for a number that the problem does not give."""
    return f"Wait: the problem does not give {number}."


def of_needless(answer: str) -> str:
    """Return the sentence for a step after the answer."""
    return f"Wait: {answer} is the answer already."


def of_claim(last: Equation) -> str:
    """Return the sentence for a step whose result is taken for the answer."""
    return f"Wait: {written(last.left)} = {_result(last)} is not the answer."


def of_end(answer: str) -> str:
    """Return the sentence for a right solution that breaks off: at its answer, or before it where there is none yet."""
    return f"So the answer is {answer}." if answer else "That is not the answer yet."


def written(expression: Expression) -> str:
    """Return an expression as plain arithmetic: `(3 + 4) * 2`."""
    return _written(expression)[0]


def _result(equation: Equation) -> str | None:
    """Return what the left side comes to, written as the result that the equation states."""
    value, stated = equation.value, equation.result
    if value is None:
        return None
    if stated is not None and stated.percent:
        return f"{_decimal(value * 100, stated.text)}%"
    return _decimal(value, "0" if stated is None else stated.text)


def _written(expression: Expression) -> tuple[str, int]:
    """Return the text, and how tightly it holds together."""
    if isinstance(expression, Number):
        text = expression.text
        text = text if text[0].isdigit() or text[0] == "." else _decimal(expression.value, "0")
        return text + "%" * expression.percent, _ATOM
    if isinstance(expression, Negation):
        return f"-{_held(expression.operand, _ATOM)}", 0
    own = _TIGHTNESS[expression.symbol]
    left = _held(expression.left, own)
    return f"{left} {expression.symbol} {_held(expression.right, own + 1)}", own


def _held(expression: Expression, tightness: int) -> str:
    text, own = _written(expression)
    return text if own >= tightness else f"({text})"


def _decimal(value: Fraction, like: str) -> str:
    """Return a value in digits, in the manner of a written number; rounded to cents where it does not end."""
    decimals = count_decimals(value)
    exact = None if decimals is None or decimals > _MAX_DECIMALS else write_like(like, value)
    return exact or write_decimal(round(value, 2), 2)
