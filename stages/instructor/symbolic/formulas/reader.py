r"""A reader of LaTeX formulas of its own, so that what SymPy finds is checked by something that shares nothing with it.

    parse(r"\frac{1}{2}x^2 - 3")  ->  (- (* (/ 1 2) (^ x 2)) 3)

It reads less than the parser of `grading` and refuses what people read in two ways: `1/2x`, `\sin 2x^2 \cos x`, mixed
numbers that are no proper ones.
"""

import re
from collections.abc import Callable, Collection
from fractions import Fraction

from stages.instructor.symbolic.formulas.tokens import UnreadableError, tokens_of
from stages.instructor.symbolic.formulas.trees import FUNCTIONS, Tree

_NAMES = ("alpha", "beta", "theta", "phi", "rho", "omega")
_FUNCTION_NAMES = frozenset("fghFGH")
_ADDITIVE = {"+": "+", "-": "-"}
_MULTIPLICATIVE = {"\\cdot": "*", "\\times": "*", "*": "*", "/": "/", "\\div": "/"}
_OPENING = {"(": ")", "[": "]", "{": "}"}
_ROUNDING = {"\\lfloor": ("\\rfloor", "floor"), "\\lceil": ("\\rceil", "ceil")}
_ARCS = {f"\\arc{name}": f"arc{name}" for name in ("sin", "cos", "tan")}
_NAME_COMMANDS = frozenset(f"\\{name}" for name in _NAMES)
_STARTS = frozenset("([{") | {"\\frac", "\\sqrt", "\\binom", "\\pi", *_ROUNDING, *_NAME_COMMANDS}


def parse(text: str, functions: Collection[str] = ()) -> Tree:
    """Read an expression; `f(x)` is a call for the names in `functions` and a product for others.

    Raises:
        UnreadableError: it has no reading, or more than one.
    """
    return _Parser(text, functions).whole()


class _Parser:
    def __init__(self, text: str, functions: Collection[str]) -> None:
        self.functions = functions
        self.tokens = tokens_of(text)
        self.index = 0
        self.bars = 0

    def whole(self) -> Tree:
        tree = self.list_of(self.sum, ",")
        if self.index < len(self.tokens):
            raise UnreadableError
        return tree

    def peek(self) -> str:
        return self.tokens[self.index] if self.index < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise UnreadableError
        self.index += 1
        return token

    def list_of(self, read: Callable[[], Tree], separator: str) -> Tree:
        found = [read()]
        while self.peek() == separator:
            self.take()
            found.append(read())
        return found[0] if len(found) == 1 else Tree("list", tuple(found))

    def sum(self) -> Tree:
        tree = self.product()
        while self.peek() in _ADDITIVE:
            sign = self.take()
            tree = Tree(sign, (tree, self.product()))
        return tree

    def product(self) -> Tree:
        tree, divided, implied = self.signed(), False, False
        while True:
            token = self.peek()
            if token in _MULTIPLICATIVE:
                op = _MULTIPLICATIVE[self.take()]
                if op == "/" and implied:
                    raise UnreadableError
                divided = divided or op == "/"
                tree = Tree(op, (tree, self.signed()))
            elif self.starts():
                if divided:
                    raise UnreadableError
                implied = True
                tree = self._beside(tree)
            else:
                return tree

    def _beside(self, left: Tree) -> Tree:
        if self.peek()[:1].isdigit() or self.peek()[:1] == ".":
            raise UnreadableError
        return Tree("*", (left, self.power()))

    def mixed(self, whole: Tree) -> Tree:
        """Read a mixed number, or a product of a number and a fraction that is no plain one."""
        if self.peek() != "\\frac" or whole.value.denominator != 1:
            return whole
        start = self.index
        part = self.atom()
        if not all(piece.op == "number" for piece in part.args):
            self.index = start
            return whole
        top, bottom = (piece.value for piece in part.args)
        if not 0 < top < bottom or self.peek() == "^":
            raise UnreadableError
        return Tree("mixed", (whole, part))

    def starts(self) -> bool:
        token = self.peek()
        if token == "|":
            return self.bars == 0
        known = token in _STARTS or token in _ARCS or token.lstrip("\\") in (*FUNCTIONS, "log")
        return known or token.startswith("\\begin") or (len(token) == 1 and token.isalpha()) or token[:1].isdigit()

    def signed(self) -> Tree:
        if self.peek() == "-":
            self.take()
            return Tree("neg", (self.signed(),))
        if self.peek() == "+":
            self.take()
            return self.signed()
        return self.power()

    def power(self) -> Tree:
        base = self.postfix()
        if self.peek() != "^":
            return base
        self.take()
        tree = Tree("^", (base, self.argument()))
        if self.peek() in ("^", "!", "'"):
            raise UnreadableError
        return tree

    def postfix(self) -> Tree:
        tree = self.atom()
        while self.peek() in ("!", "\\deg"):
            tree = Tree({"!": "!", "\\deg": "degrees"}[self.take()], (tree,))
        return tree

    def argument(self) -> Tree:
        """Read what a command takes: a group in braces, or one character."""
        token = self.peek()
        if token == "{":
            return self.group("{")
        if token[:1].isdigit() and len(token) > 1:
            self.tokens[self.index : self.index + 1] = [token[0], token[1:]]
        if token == "-":
            raise UnreadableError
        return _number(self.take()) if token[:1].isdigit() else self.atom()

    def group(self, opening: str) -> Tree:
        self.take(opening)
        bars, self.bars = self.bars, 0
        tree = self.list_of(self.sum, ",")
        self.bars = bars
        self.take(_OPENING[opening])
        return tree

    def atom(self) -> Tree:
        token = self.peek()
        if token in _OPENING:
            return self.group(token)
        self.take()
        if token[:1].isdigit() or token[:1] == ".":
            return self.mixed(_number(token))
        if len(token) == 1 and token.isalpha():
            return self.named(token)
        if token == "|":
            return self.absolute()
        return self.command(token)

    def named(self, name: str) -> Tree:
        if self.peek() == "_":
            self.take()
            self.take("{") if self.peek() == "{" else None
            name += f"_{self.take()}"
            self.take("}") if self.peek() == "}" else None
        if name in self.functions:
            if self.peek() != "(":
                raise UnreadableError
            inner = self.group("(")
            return Tree("call", inner.args if inner.op == "list" else (inner,), name=name)
        if self.peek() == "'" or self.calls(name):
            raise UnreadableError
        return Tree("name", name=name)

    def calls(self, name: str) -> bool:
        """Return whether a name stands before brackets as functions do that nobody defined: `f(3)`, `p(-x)`."""
        if self.peek() != "(":
            return False
        inner = self.tokens[self.index + 1 : self.index + 4]
        return name in _FUNCTION_NAMES or ")" in (inner[1:2] if inner[:1] != ["-"] else inner[2:3])

    def absolute(self) -> Tree:
        self.bars += 1
        tree = self.sum()
        self.take("|")
        self.bars -= 1
        return Tree("abs", (tree,))

    def command(self, token: str) -> Tree:
        if token == "\\frac":
            return Tree("/", (self.argument(), self.argument()))
        if token == "\\binom":
            return Tree("binom", (self.argument(), self.argument()))
        if token == "\\sqrt":
            index = self.group("[") if self.peek() == "[" else Tree("number", value=Fraction(2))
            return Tree("root", (self.argument(), index))
        if token in _ROUNDING:
            closing, op = _ROUNDING[token]
            tree = self.sum()
            self.take(closing)
            return Tree(op, (tree,))
        if token in _NAME_COMMANDS or token == "\\pi":
            return self.named(token[1:]) if token != "\\pi" else Tree("name", name="pi")
        if token.startswith("\\begin"):
            return self.matrix(token)
        return self.function(token)

    def function(self, token: str) -> Tree:
        if token in _ARCS:
            return Tree(_ARCS[token], (self.operand(),))
        name = token[1:]
        if name in FUNCTIONS:
            return self.trigonometric(name)
        if name != "log":
            raise UnreadableError
        base = Tree("number", value=Fraction(10))
        if self.peek() == "_":
            self.take()
            base = self.argument()
        return Tree("log", (self.operand(), base))

    def trigonometric(self, name: str) -> Tree:
        if self.peek() != "^":
            return Tree(name, (self.operand(),))
        self.take()
        exponent = self.argument()
        if exponent.op == "neg":
            return Tree(f"arc{name}", (self.operand(),))
        return Tree("^", (Tree(name, (self.operand(),)), exponent))

    def operand(self) -> Tree:
        """Read what a function without brackets takes: factors side by side, up to a sign or another function."""
        bracket = self.peek() in ("(", "[", "{")
        tree = self.signed()
        if bracket:
            if tree.op == "^" or (self.starts() and self.peek()[:1] not in ("\\", "(")):
                raise UnreadableError
            return tree
        while self.starts() and self.peek().lstrip("\\") not in (*FUNCTIONS, "log", "frac", "sqrt"):
            if self.peek() in _ARCS or self.peek() in _OPENING:
                raise UnreadableError
            tree = self._beside(tree)
        if self.peek() in _MULTIPLICATIVE and self.peek() == "/":
            raise UnreadableError
        return tree

    def matrix(self, token: str) -> Tree:
        rows = [self.row()]
        while self.peek().startswith("\\\\"):
            self.take()
            if not self.peek().startswith("\\end"):
                rows.append(self.row())
        self.take(token.replace("begin", "end"))
        if len({len(row.args) for row in rows}) != 1:
            raise UnreadableError
        tree = Tree("matrix", tuple(rows))
        return Tree("det", (tree,)) if "vmatrix" in token else tree

    def row(self) -> Tree:
        cells = [self.sum()]
        while self.peek() == "&":
            self.take()
            cells.append(self.sum())
        return Tree("row", tuple(cells))


def _number(token: str) -> Tree:
    if "\\overline" not in token:
        return Tree("number", value=Fraction(token.replace(",", "")), name="decimal" if "." in token else "")
    plain, repeated = re.findall(r"[\d.]+", token)
    digits = plain.partition(".")[2]
    value = Fraction(plain if digits else f"{plain}0") + Fraction(
        int(repeated), 10 ** len(digits) * (10 ** len(repeated) - 1)
    )
    return Tree("number", value=value, name=token)
