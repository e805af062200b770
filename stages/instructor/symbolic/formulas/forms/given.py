"""Questions for the value of a formula: alone, or from functions and equations."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import algebra, exact, roots, work
from stages.instructor.symbolic.formulas.equations import CONSTANTS, assigned, cleared_of, is_zero
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import OPERATION_NAME, Facts, read_facts, split_commas
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain, latex, substituted
from stages.instructor.symbolic.formulas.systems import solving
from stages.instructor.symbolic.formulas.task import POINT
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, is_smooth, names, operations
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, close, evaluate

_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "!=": lambda a, b: not close(a, b),
}
ONE, ALL = "one", "all"
_JUMPS = frozenset(("abs", "floor", "ceil"))
_CALL = re.compile(rf"{OPERATION_NAME}\(([^(),]*), ([^(),]*)\)")
_TUPLE = re.compile(r"(?:\\left)?\((.*?)(?:\\right)?\)", re.DOTALL)
_PICKED: dict[str, Callable[[Sequence[Any]], Any]] = {"sum": sum, "greatest": max, "least": min}


@dataclass
class Given:
    """The value of a formula under facts, or what is asked of its values."""

    facts: Facts
    goal: str
    mode: str = ONE
    real: bool = False
    points: Sequence[Mapping[str, Value]] = POINT
    solutions: list[dict[Any, Any]] = field(default_factory=list)
    inner: list[Value] = field(default_factory=list)
    cost: int = 1

    @property
    def frame(self) -> str:
        if self.mode == ALL:
            return ", ".join("@" * len(self.solutions))
        return "@"

    # The way of SymPy.

    def exact(self) -> list[Any]:
        goal = self._read(self.goal)
        residuals = [self._read(left) - self._read(right) for left, right in self.facts.equations]
        if not residuals:
            return [exact.settled(goal)]
        self.solutions = [
            one for one in self._real_ones(algebra.solve(residuals, self._candidates())) if self._admitted(one)
        ]
        found: list[Any] = []
        for solution in self.solutions:
            value = _settled(goal.subs(solution))
            if value not in found:
                found.append(value)
        return self._asked_exactly(found)

    def _read(self, text: str) -> Any:
        return exact.read(exact.with_functions(self.facts.spelled(text), self.facts.functions))

    def _candidates(self) -> Iterable[dict[str, Any]]:
        return self._points()

    def _real_ones(self, solutions: list[dict[Any, Any]]) -> list[dict[Any, Any]]:
        """Return the solutions in real numbers, or all where there is but one and it is none."""
        real = [
            one for one in solutions if not any(value.is_number and value.is_real is False for value in one.values())
        ]
        return self._chosen(real, solutions, UnsolvedError)

    def _chosen(self, real: list[Any], found: list[Any], error: type[ValueError]) -> list[Any]:
        if not real and len(found) == 1 and not self.real:
            return found
        if len(real) < len(found) and self.mode != ONE and not self.real:
            raise error("not real")
        return real

    def _admitted(self, solution: dict[Any, Any]) -> bool:
        for left, relation, right in self.facts.conditions:
            sides = [self._read(side).subs(solution) for side in (left, right)]
            if not all(side.is_number for side in sides):
                raise UnsolvedError
            if not _HOLDS[relation](*(side.evalf(30) for side in sides)):
                return False
        return True

    def _asked_exactly(self, found: list[Any]) -> list[Any]:
        if not found or (self.mode == ONE and len(found) > 1):
            raise UnsolvedError
        ordered = sorted(found, key=lambda value: value.evalf(30)) if len(found) > 1 else found
        if self.mode in (ONE, ALL):
            return ordered
        if self.mode in ("greatest", "least") and len(ordered) < 2:
            raise UnsolvedError
        return [exact.settled(_picked(self.mode, ordered))]

    # The other way.

    def numeric(self) -> list[list[Value]]:
        if not self.facts.equations:
            return [[evaluate(self.facts.tree(self.goal), {}, self.facts.trees())]]
        goal, functions = self.facts.tree(self.goal), self.facts.trees()
        found: list[Value] = []
        for point in self._points():
            value = evaluate(goal, point, functions)
            if not any(close(value, other) for other in found):
                found.append(value)
        if not found or (self.mode == ONE and len(found) > 1):
            raise UndefinedError("not one value")
        ordered = sorted(found) if len(found) > 1 else found
        return [[value] for value in ordered] if self.mode in (ONE, ALL) else [[_picked(self.mode, ordered)]]

    def _points(self) -> list[roots.Point]:
        functions = self.facts.trees()
        pairs = [(self.facts.tree(left), self.facts.tree(right)) for left, right in self.facts.equations]
        known, pairs = assigned(pairs, functions)
        inside = [names(function.body) - set(function.params) for function in functions.values()] if pairs else []
        unknowns = sorted(
            set().union(*inside, *(names(side) for pair in pairs for side in pair)) - CONSTANTS - set(known)
        )
        if not unknowns:
            return [known] if not pairs and self._holds(known) else []
        residuals = [
            lambda point, pair=pair: (
                evaluate(pair[0], known | point, functions) - evaluate(pair[1], known | point, functions)
            )
            for pair in pairs
        ]
        cleared = residuals if functions or len(unknowns) > 1 else [cleared_of(*pair, known) for pair in pairs]
        smooth = all(map(is_smooth, (side for pair in pairs for side in pair)))
        smooth = smooth and all(is_smooth(function.body) for function in functions.values())
        if len(unknowns) > 1 and any(_JUMPS & operations(side) for pair in pairs for side in pair):
            raise UndefinedError("not all solutions of such a system are sure to be found")
        solved, searched = roots.solve(cleared, unknowns, smooth=smooth)
        self.cost = 6 if searched else 1
        found = [known | point for point in solved if all(is_zero(residual, point) for residual in residuals)]
        real = [point for point in found if not any(isinstance(value, complex) for value in point.values())]
        held = [point for point in self._chosen(real, found, UndefinedError) if self._holds(point)]
        if held and (self.mode != ONE or not searched):
            self.inner = [value for name in unknowns for value in sorted((one[name] for one in held), key=complex_key)]
        return held

    def _holds(self, point: roots.Point) -> bool:
        functions = self.facts.trees()
        return all(
            _HOLDS[relation](
                evaluate(self.facts.tree(left), point, functions), evaluate(self.facts.tree(right), point, functions)
            )
            for left, relation, right in self.facts.conditions
        )

    # The worked solution.

    def work(self, written: Sequence[str]) -> list[str]:
        goal, functions = self.facts.tree(self.goal), self.facts.trees()
        if "line" in goal.name and goal.op == "number":
            return work.repeating(goal, written[0])
        if not self.facts.equations:
            return [self._respelled(line) for line in work.evaluation(goal, functions, written[0])]
        return [*self._solving(), *self._goal_lines(goal, written)]

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
        return [*solving(self.facts.equations, plain, self.solutions), *self._checked(plain)]

    def _checked(self, plain: Sequence[tuple[str, ...]]) -> list[str]:
        """Return a check of the solution by substitution where the equations are no polynomials."""
        pairs = [(parse(left), parse(right)) for left, right in plain]
        if self.cost == 1 or not 1 <= len(self.solutions) <= 2:
            return []
        points = [self._fractions(solution) for solution in self.solutions]
        return [work.check(pairs, point) for point in points if len(point) == len(self.solutions[0])]

    def _fractions(self, solution: dict[Any, Any]) -> dict[str, Fraction]:
        return {
            symbol.name: Fraction(int(value.p), int(value.q)) for symbol, value in solution.items() if value.is_Rational
        }

    def _picked_line(self, answer: str) -> list[str]:
        """Return how what is asked of several values comes from them."""
        if self.mode == ALL:
            return []
        values = sorted(
            (value for solution in self.solutions for value in solution.values()), key=lambda one: one.evalf(30)
        )
        written = [work.written(exact.settled(value)) for value in values]
        if self.mode not in _JOINED:
            return [f"The {self.mode} of them is ${answer}$."]
        if self.mode == "difference":
            written.reverse()
        held = [written[0], *(one if one.isdigit() or one.startswith("\\frac") else f"({one})" for one in written[1:])]
        return [f"Their {self.mode} is {work.equal([_JOINED[self.mode].join(held), answer])}."]

    def _goal_lines(self, goal: Tree, written: Sequence[str]) -> list[str]:
        if self.mode != ONE:
            return self._picked_line(written[0])
        if goal.op == "name" or self.facts.functions:
            return []
        fractions = self._fractions(self.solutions[0]) if len(self.solutions) == 1 else {}
        if names(goal) <= set(fractions):
            return [f"Therefore {work.equal(chain(substituted(goal, fractions), written[0]))}."]
        return [f"Therefore {work.equal([latex(goal), written[0]])}."]


_JOINED = {"sum": " + ", "product": " \\cdot ", "difference": " - "}


def complex_key(value: Value) -> tuple[float, float]:
    """Order numbers by their real part, then the imaginary one."""
    return complex(value).real, complex(value).imag


def _held(operand: str) -> str:
    return f"({operand})" if operand.startswith("-") else operand


def _settled(value: Any) -> Any:
    from sympy import cancel, together

    value = cancel(together(value)) if value.free_symbols else value
    if value.free_symbols:
        raise UnsolvedError
    return exact.settled(value)


def _picked(mode: str, ordered: Sequence[Any]) -> Any:
    if mode == "product":
        total = ordered[0]
        for value in ordered[1:]:
            total = total * value
        return total
    if mode == "difference":
        if len(ordered) != 2:
            raise UndefinedError("not two")
        return ordered[1] - ordered[0]
    return _PICKED[mode](ordered)


@dataclass
class Tuple:
    """Several values under the same facts, as an ordered pair or triple."""

    parts: list[Given]
    points: Sequence[Mapping[str, Value]] = POINT

    @property
    def frame(self) -> str:
        return f"({', '.join('@' * len(self.parts))})"

    @property
    def inner(self) -> list[Value]:
        return self.parts[0].inner

    @property
    def cost(self) -> int:
        return self.parts[0].cost

    def exact(self) -> list[Any]:
        return [value for part in self.parts for value in part.exact()]

    def numeric(self) -> list[list[Value]]:
        return [value for part in self.parts for value in part.numeric()]

    def work(self, written: Sequence[str]) -> list[str]:
        return self.parts[0].work(written[:1])


def value_of(slots: Sequence[str], goal: str, words: str, *, real: bool = False) -> Given | Tuple:
    """Return the task of a formula under facts, or of a tuple of them.

    Equations in complex numbers are read only where they state the numbers themselves.
    """
    facts = read_facts(slots)
    if "complex" in words and any("|" in side or "overline" in side for pair in facts.equations for side in pair):
        raise UnreadableError
    inner = _TUPLE.fullmatch(goal.strip())
    goals = split_commas(inner[1]) if inner else [goal]
    if len(goals) == 1:
        return Given(facts, goal, ONE, real)
    if not all(parse(part).op == "name" for part in goals):
        raise UnreadableError
    return Tuple([Given(facts, part, ONE, real) for part in goals])
