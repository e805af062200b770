"""Questions for the value of a formula: alone, or from functions and equations."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import algebra, exact, roots, work
from stages.instructor.symbolic.formulas.equations import assigned, cleared_of, is_zero
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import OPERATION_NAME, Facts
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain, latex, substituted
from stages.instructor.symbolic.formulas.systems import solving
from stages.instructor.symbolic.formulas.task import POINT
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, is_smooth, names
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate

ONE, ALL = "one", "all"
_ASKED: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "product": math.prod,
    "positive difference": lambda two: two[1] - two[0],
    "greatest": lambda ordered: ordered[-1],
    "least": lambda ordered: ordered[0],
}
_JOINED = {"sum": " + ", "product": " \\cdot ", "positive difference": " - "}
_CALL = re.compile(rf"{OPERATION_NAME}\(([^(),]*), ([^(),]*)\)")


@dataclass
class Given:
    """The value of a formula under facts, or what is asked of its values: one, all, or a key of `_ASKED`."""

    facts: Facts
    goal: str
    mode: str = ONE
    points: Sequence[Mapping[str, Value]] = POINT
    solutions: list[dict[Any, Any]] = field(default_factory=list)
    inner: list[Value] = field(default_factory=list)
    cost: int = 1

    def __post_init__(self) -> None:
        if self.facts.conditions:
            raise UnreadableError

    @property
    def frame(self) -> str:
        return ", ".join("@" * len(self.solutions)) if self.mode == ALL else "@"

    # The way of SymPy.

    def exact(self) -> list[Any]:
        goal = self._read(self.goal)
        residuals = [self._read(left) - self._read(right) for left, right in self.facts.equations]
        if not residuals:
            return [exact.settled(goal)]
        self.solutions = self._real_ones(algebra.solve(residuals))
        found = list(dict.fromkeys(_settled(goal.subs(solution)) for solution in self.solutions))
        ordered = sorted(found, key=lambda value: value.evalf(30)) if len(found) > 1 else found
        asked = self._asked(ordered, UnsolvedError)
        return asked if self.mode in (ONE, ALL) else list(map(exact.settled, asked))

    def _read(self, text: str) -> Any:
        return exact.read(exact.with_functions(self.facts.spelled(text), self.facts.functions))

    def _real_ones(self, solutions: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
        real = [
            one for one in solutions if not any(value.is_number and value.is_real is False for value in one.values())
        ]
        return self._chosen(real, solutions, UnsolvedError)

    def _chosen(self, real: list[Any], found: list[Any], error: type[ValueError]) -> list[Any]:
        """Return the solutions in real numbers, or one that is not real if it is the only one."""
        if self.mode != ONE and len(real) < len(found):
            raise error("not real")
        return real or (found if len(found) == 1 else [])

    def _asked(self, ordered: list[Any], error: type[ValueError]) -> list[Any]:
        """Return what is asked of the different values, in order."""
        wanted = {ONE: 1, "positive difference": 2}.get(self.mode)
        least = 2 if self.mode in ("greatest", "least") else 1
        if len(ordered) < least or (wanted and len(ordered) != wanted):
            raise error("not so many values")
        return ordered if self.mode in (ONE, ALL) else [_ASKED[self.mode](ordered)]

    # The other way.

    def numeric(self) -> list[list[Value]]:
        goal, functions = self.facts.tree(self.goal), self.facts.trees()
        if not self.facts.equations:
            return [[evaluate(goal, {}, functions)]]
        found: list[Value] = []
        for point in self._solved():
            value = evaluate(goal, point, functions)
            if not any(close(value, other) for other in found):
                found.append(value)
        return [[value] for value in self._asked(sorted(found) if len(found) > 1 else found, UndefinedError)]

    def _solved(self) -> list[roots.Point]:
        functions = self.facts.trees()
        pairs = [(self.facts.tree(left), self.facts.tree(right)) for left, right in self.facts.equations]
        known, pairs = assigned(pairs, functions)
        inside = [names(function.body) - set(function.params) for function in functions.values()] if pairs else []
        unknowns = sorted(names(*(side for pair in pairs for side in pair)).union(*inside) - set(known))
        if not unknowns:
            return [known] if not pairs else []
        residuals = [
            lambda point, pair=pair: (
                evaluate(pair[0], known | point, functions) - evaluate(pair[1], known | point, functions)
            )
            for pair in pairs
        ]
        cleared = residuals if functions or len(unknowns) > 1 else [cleared_of(*pair, known) for pair in pairs]
        formulas = [*(side for pair in pairs for side in pair), *(function.body for function in functions.values())]
        solved, searched = roots.solve(cleared, unknowns, smooth=all(map(is_smooth, formulas)))
        self.cost = 6 if searched else 1
        found = [known | point for point in solved if all(is_zero(residual, point) for residual in residuals)]
        real = [point for point in found if not any(isinstance(value, complex) for value in point.values())]
        chosen = self._chosen(real, found, UndefinedError)
        if self.mode != ONE or not searched:
            self.inner = [value for name in unknowns for value in sorted((one[name] for one in chosen), key=_parts)]
        return chosen

    # The worked solution.

    def work(self, written: Sequence[str]) -> list[str]:
        goal, functions = self.facts.tree(self.goal), self.facts.trees()
        if "line" in goal.name and goal.op == "number":
            return work.repeating(goal, written[0])
        if not self.facts.equations:
            return [self._respelled(line) for line in work.evaluation(goal, functions, written[0])]
        asked = self._goal_line(goal, written[0]) if self.mode == ONE else self._asked_line(written[0])
        return [*self._solving(), *asked]

    def _respelled(self, line: str) -> str:
        """Write the call of an operation as the question does."""
        if not self.facts.sign:
            return line
        return _CALL.sub(lambda call: f"{_held(call[1])} {self.facts.sign} {_held(call[2])}", line)

    def _solving(self) -> list[str]:
        plain = [
            tuple(exact.with_functions(self.facts.spelled(side), self.facts.functions) for side in pair)
            for pair in self.facts.equations
        ]
        lines = solving(self.facts.equations, plain, self.solutions)
        if self.cost == 1 or len(self.solutions) > 2:
            return lines
        pairs = [(parse(left), parse(right)) for left, right in plain]
        points = [_fractions(solution) for solution in self.solutions]
        checks = [work.check(pairs, point) for point in points if len(point) == len(self.solutions[0])]
        return [*lines, *checks]

    def _asked_line(self, answer: str) -> list[str]:
        """Return how what is asked of several values comes from them."""
        if self.mode == ALL:
            return []
        if self.mode not in _JOINED:
            return [f"The {self.mode} of them is ${answer}$."]
        values = sorted((value for one in self.solutions for value in one.values()), key=lambda one: one.evalf(30))
        written = [exact.written(exact.settled(value)) for value in values]
        if self.mode == "positive difference":
            written.reverse()
        held = [written[0], *(one if one.isdigit() or one.startswith("\\frac") else f"({one})" for one in written[1:])]
        return [f"Their {self.mode} is {work.equal([_JOINED[self.mode].join(held), answer])}."]

    def _goal_line(self, goal: Tree, answer: str) -> list[str]:
        if goal.op == "name" or self.facts.functions:
            return []
        fractions = _fractions(self.solutions[0]) if len(self.solutions) == 1 else {}
        steps = chain(substituted(goal, fractions), answer) if names(goal) <= set(fractions) else [latex(goal), answer]
        return [f"Therefore {work.equal(steps)}."]


def _parts(value: Value) -> tuple[float, float]:
    return complex(value).real, complex(value).imag


def _held(operand: str) -> str:
    return f"({operand})" if operand.startswith("-") else operand


def _fractions(solution: dict[Any, Any]) -> dict[str, Fraction]:
    """Return the rational values of a solution."""
    return {
        symbol.name: Fraction(int(value.p), int(value.q)) for symbol, value in solution.items() if value.is_Rational
    }


def _settled(value: Any) -> Any:
    from sympy import cancel, together

    value = cancel(together(value)) if value.free_symbols else value
    if value.free_symbols:
        raise UnsolvedError
    return exact.settled(value)
