r"""The work of a calculation, written as a chain of equal formulas: `2 + 3 \cdot 4 = 2 + 12 = 14`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.trees import FUNCTIONS, Tree, operations
from stages.instructor.symbolic.formulas.values import UndefinedError, evaluate

_MAX_STEPS = 7
_IRRATIONAL = frozenset(("root", "log", "^", *FUNCTIONS, *(f"arc{name}" for name in FUNCTIONS)))
_SUM, _PRODUCT, _POWER, _ATOM = range(4)
_SIGNS = {"+": " + ", "-": " - ", "*": " \\cdot ", "/": " / "}
_WRAPPED = {"abs": "|{}|", "floor": "\\lfloor {} \\rfloor", "ceil": "\\lceil {} \\rceil"}
_NOT_ROUNDED = ("floor", "ceil")


def chain(tree: Tree, answer: str) -> list[str]:
    """Return the formula, what it comes to step by step, and the answer, all equal, in LaTeX."""
    written = [latex(tree), *_of_matrices(tree)]
    for _ in range(_MAX_STEPS):
        reduced = _reduced(tree)
        reduced = _shown(tree) if reduced == tree else reduced
        if reduced == tree:
            break
        tree = reduced
        written.append(latex(tree))
    written = [one for k, one in enumerate(written) if k == 0 or one != written[k - 1]]
    if any(map(_HUGE.search, written)):
        raise UnsolvedError("the numbers of the work are large")
    same = written[-1].replace(" ", "") == answer.replace(" ", "")
    return written if same and len(written) > 1 else [*written, answer]


def _of_matrices(tree: Tree) -> list[str]:
    """Return a product of two matrices, or the determinant of one, with the sums written out."""
    if tree.op == "det" and len(tree.args[0].args) == 2:
        (a, b), (c, d) = ([latex(cell) for cell in row.args] for row in tree.args[0].args)
        return [f"({a})({d}) - ({b})({c})"]
    if tree.op == "det" and len(tree.args[0].args) == 3:
        return [_first_row([[latex(cell) for cell in row.args] for row in tree.args[0].args])]
    if tree.op != "*" or any(part.op != "matrix" for part in tree.args):
        return []
    rows, columns = ([[latex(cell) for cell in row.args] for row in part.args] for part in tree.args)
    if len(rows[0]) != len(columns):
        return []
    cells = [
        [" + ".join(f"({a})({b})" for a, b in zip(row, column, strict=True)) for column in zip(*columns, strict=True)]
        for row in rows
    ]
    return ["\\begin{pmatrix} " + " \\\\ ".join(" & ".join(row) for row in cells) + " \\end{pmatrix}"]


def _first_row(cells: list[list[str]]) -> str:
    minors = [[row[:k] + row[k + 1 :] for row in cells[1:]] for k in range(3)]
    terms = [f"({cells[0][k]})(({a})({d}) - ({b})({c}))" for k, ((a, b), (c, d)) in enumerate(minors)]
    return f"{terms[0]} - {terms[1]} + {terms[2]}"


def substituted(tree: Tree, point: Mapping[str, Fraction]) -> Tree:
    """Return a formula with numbers for names."""
    if tree.op == "name" and tree.name in point:
        return Tree("number", value=point[tree.name])
    return replace(tree, args=tuple(substituted(part, point) for part in tree.args))


def _reduced(tree: Tree) -> Tree:
    """Carry out all operations whose operands are numbers, where the result is a fraction."""
    if not tree.args or tree.op in ("call", "degrees", "matrix", "det", "row"):
        return tree
    if all(part.op == "number" for part in tree.args):
        try:
            value = evaluate(tree)
        except UndefinedError:
            return tree
        name = "decimal" if any(part.name for part in tree.args) else ""
        return Tree("number", value=value, name=name) if isinstance(value, Fraction) else tree
    return replace(tree, args=tuple(_reduced(part) for part in tree.args))


def _shown(tree: Tree) -> Tree:
    """Write roots, logarithms and functions of numbers with their exact values."""
    if tree.op in _IRRATIONAL and not any(_IRRATIONAL & operations(part) for part in tree.args):
        try:
            text = exact.written(exact.settled(exact.read(latex(tree))))
        except (UnsolvedError, AttributeError):
            return tree
        if text.replace(" ", "") == latex(tree).replace(" ", "") or _OPEN.search(text):
            return tree
        number = _number(text)
        return number if number is not None else Tree("shown", name=text)
    return replace(tree, args=tuple(_shown(part) for part in tree.args))


_OPEN = re.compile(r"operatorname|\\(?:arc)?(?:sin|cos|tan|cot|sec|csc|log|ln)")
_HUGE = re.compile(r"\d{10}")


def _number(text: str) -> Tree | None:
    try:
        return Tree("number", value=Fraction(text))
    except ValueError:
        return None


def fraction(value: Fraction) -> str:
    """Write a fraction in LaTeX."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{'-' if value < 0 else ''}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _decimal(value: Fraction) -> str:
    places = next((k for k in range(7) if 10**k % value.denominator == 0), None)
    return fraction(value) if places is None else f"{float(value):.{places}f}"


def latex(tree: Tree) -> str:
    """Write a formula in LaTeX."""
    return _written(tree)[0]


def _written(tree: Tree) -> tuple[str, int]:
    """Return a formula in LaTeX, and how tightly it holds together."""
    op, args = tree.op, tree.args
    if op == "number":
        text = tree.name if "line" in tree.name else _decimal(tree.value) if tree.name else fraction(tree.value)
        return text, _SUM if tree.value < 0 else _POWER if "frac" in text else _ATOM
    if op == "shown":
        return tree.name, _SUM if any(sign in tree.name for sign in "+-") else _PRODUCT
    if op == "name":
        return (f"\\{tree.name}" if len(tree.name.split("_")[0]) > 1 else tree.name), _ATOM
    if op in ("+", "-"):
        return f"{_held(args[0], _SUM)}{_SIGNS[op]}{_held(args[1], _PRODUCT)}", _SUM
    if op == "neg":
        return f"-{_held(args[0], _PRODUCT)}", _SUM
    if op == "*":
        return _product(*args), _PRODUCT
    if op == "/":
        return f"\\frac{{{latex(args[0])}}}{{{latex(args[1])}}}", _POWER
    if op == "^":
        return _power(*args), _POWER
    if op == "mixed":
        return f"{latex(args[0])}{latex(args[1])}", _SUM
    return _function(tree)


def _held(tree: Tree, tightness: int) -> str:
    text, own = _written(tree)
    return text if own >= tightness else f"({text})" if "\\frac" not in text else f"\\left({text}\\right)"


def _product(left: Tree, right: Tree) -> str:
    first, second = _held(left, _PRODUCT), _held(right, _PRODUCT if right.op == "*" else _POWER)
    if second[0].isdigit() or second.startswith("\\frac") or (first[-1].isdigit() and second[0] == "|"):
        return f"{first} \\cdot {second}"
    return f"{first}{second}" if not first[-1].isalpha() or second[0] in "(\\" else f"{first} {second}"


def _power(base: Tree, exponent: Tree) -> str:
    inner = latex(exponent)
    if base.op in FUNCTIONS:
        return f"\\{base.op}^{{{inner}}} {_operand(base.args[0])}"
    held = f"({latex(base)})" if base.op == "root" else _held(base, _ATOM)
    return f"{held}^{inner}" if len(inner) == 1 else f"{held}^{{{inner}}}"


def _operand(tree: Tree) -> str:
    text, own = _written(tree)
    return text if own >= _POWER or tree.op == "degrees" else f"\\left({text}\\right)"


def _function(tree: Tree) -> tuple[str, int]:
    op, parts = tree.op, [latex(part) for part in tree.args]
    if op in _WRAPPED:
        return _WRAPPED[op].format(parts[0]), _ATOM
    if op == "root":
        return f"\\sqrt{{{parts[0]}}}" if parts[1] == "2" else f"\\sqrt[{parts[1]}]{{{parts[0]}}}", _ATOM
    if op == "binom":
        return f"\\binom{{{parts[0]}}}{{{parts[1]}}}", _ATOM
    if op == "call":
        return f"{tree.name}({', '.join(parts)})", _ATOM
    if op in ("!", "degrees"):
        return _held(tree.args[0], _ATOM) + {"!": "!", "degrees": "^\\circ"}[op], _POWER
    if op == "log":
        return f"\\log_{{{parts[1]}}} {_operand(tree.args[0])}", _PRODUCT
    if op in FUNCTIONS or op.startswith("arc"):
        return f"\\{op} {_operand(tree.args[0])}", _PRODUCT
    if op == "matrix":
        return "\\begin{pmatrix} " + " \\\\ ".join(parts) + " \\end{pmatrix}", _ATOM
    if op == "row":
        return " & ".join(parts), _ATOM
    if op == "det":
        return parts[0].replace("pmatrix", "vmatrix"), _ATOM
    return ", ".join(parts), _SUM
