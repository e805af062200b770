"""Calculations in the Python blocks of an output, read statement by statement and never run.

    price = 12
    total = price * 3      ->  the equation 12 * 3 = 36 on this line
    print(total)           ->  36, which a block called "output" right after it claims to show

Numbers, names, and the operators of arithmetic are read. What uses a name of unknown value is unknown; a loop or a
branch ends what is read of a block.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from stages.answers.numerals import LONGEST_NUMBER
from stages.arithmetic.equations import Equation
from stages.arithmetic.expressions import Expression, Negation, Number, Operation, Symbol, evaluate

_BLOCK = re.compile(r"^[ \t]*```(python3?|py|output)[ \t]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_SYMBOLS: dict[type[ast.operator], Symbol] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^",
}  # fmt: skip
_DECIMALS = 6
_LARGEST = 10**15
_LONGEST_LINE = 300
_STOPS = re.compile(r"\s*(?:for|while|if|with|try)\b")


def without_blocks(text: str) -> str:
    """Return the text with fenced blocks blanked out; every other sign stays in its place."""
    return _BLOCK.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def read_code(text: str) -> list[Equation]:
    """Return the equations that the blocks of a text compute, and false ones where an output claims something else."""
    equations: list[Equation] = []
    printed: list[Expression | None] = []
    for match in _BLOCK.finditer(text):
        language, start, line = match[1].lower(), match.start(2), text.count("\n", 0, match.start(2))
        if language == "output":
            equations.extend(_claims(match[2], start, line, printed))
            continue
        block = _Block(start, line)
        for written in match[2].split("\n"):
            if _STOPS.match(written):
                break
            block.read(written)
        equations.extend(block.equations)
        printed = block.printed
    return equations


def _claims(output: str, start: int, line: int, printed: list[Expression | None]) -> Iterator[Equation]:
    """Yield an equation for each printed line with another number than the computed value, its left side."""
    for claim, expression in zip(output.split("\n"), printed, strict=False):
        found = list(_NUMBER.finditer(claim))
        if found and expression is not None and len(found[-1][0]) < LONGEST_NUMBER:
            begin, end = start + found[-1].start(), start + found[-1].end()
            shown = str(round(float(found[-1][0]), _DECIMALS))  # 0.30000000000000004 is 0.3
            claimed = Equation(expression, Number(shown, Fraction(shown), begin, end), begin, end, line)
            if not claimed.holds:
                yield claimed
        start, line = start + len(claim) + 1, line + 1


@dataclass
class _Block:
    """A block under reading: where its next line stands in the text, and what its names stand for."""

    start: int
    line: int
    values: dict[str, Fraction | None] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    printed: list[Expression | None] = field(default_factory=list)

    def read(self, written: str) -> None:
        """Read the next line."""
        try:
            body = ast.parse(written.strip()).body if len(written) <= _LONGEST_LINE else []
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            body = []
        for statement in body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self._assign(statement.targets[0].id, statement.value, written)
            elif isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
                whole = ast.BinOp(statement.target, statement.op, statement.value)
                self._assign(statement.target.id, whole, written)
            elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                self._print(statement.value)
        self.start, self.line = self.start + len(written) + 1, self.line + 1

    def _assign(self, name: str, node: ast.expr, written: str) -> None:
        expression = self._expression(node)
        value = None if expression is None else evaluate(expression)
        self.values[name] = value = None if value is None or abs(value) > _LARGEST else value
        if isinstance(expression, Operation) and value is not None:
            end = self.start + len(written)
            self.equations.append(Equation(expression, Number(name, value, end, end), self.start, end, self.line))

    def _print(self, call: ast.Call) -> None:
        if isinstance(call.func, ast.Name) and call.func.id == "print":
            self.printed.append(self._expression(_shown(call.args[-1])) if call.args else None)

    def _expression(self, node: ast.expr) -> Expression | None:
        if isinstance(node, ast.BinOp):
            left, right = self._expression(node.left), self._expression(node.right)
            symbol = _SYMBOLS.get(type(node.op))
            return Operation(symbol, left, right) if symbol and left is not None and right is not None else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            operand = self._expression(node.operand)
            return None if operand is None else Negation(operand)
        value = self._value(node)
        return None if value is None else Number(ast.unparse(node), value, self.start, self.start)

    def _value(self, node: ast.expr) -> Fraction | None:
        if isinstance(node, ast.Name):
            return self.values.get(node.id)
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
            return None
        plain = isinstance(node.value, int | float) and abs(node.value) <= _LARGEST
        return Fraction(str(node.value)) if plain else None


def _shown(argument: ast.expr) -> ast.expr:
    """Return the last value in an argument of `print`: of ``f"{total} euros"`` it is ``total``."""
    if isinstance(argument, ast.JoinedStr):
        shown = [part.value for part in argument.values if isinstance(part, ast.FormattedValue)]
        return shown[-1] if shown else argument
    return argument
