"""A gold solution that is a chain of equations to its answer, and what of it an output has done."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.answers import number_in
from stages.arithmetic.equations import Equation, read_equations
from stages.arithmetic.quantities import read_variables
from stages.arithmetic.reachable_values import ReachableValues, reachable_values
from stages.arithmetic.unknowns import read_relations
from stages.core.records import Case

_NAME = re.compile(r"(?<![^\W\d_])[^\W\d_](?![^\W\d_])")


@dataclass(frozen=True)
class GoldChain:
    """The solution with its steps, which are its equations; `reachable` are the values around them."""

    solution: str
    answer: str
    steps: Sequence[Equation]
    reachable: ReachableValues

    @classmethod
    def read(cls, case: Case) -> "GoldChain | None":
        """Read the gold solution of a case; None where an equation does not hold or none leads to the answer."""
        solution, answer = case.solution.strip(), number_in(case.answer)
        steps = read_equations(solution)
        results = {value for step in steps for value in (step.value, step.stated)}
        if answer not in results or not all(step.holds for step in steps):
            return None
        reachable = reachable_values(steps, read_variables(case.question), answer)
        return cls(solution, case.answer.strip(), steps, reachable)

    def missing(self, done: Sequence[Equation]) -> list[Equation] | None:
        """Return the steps that these equations leave; None if one of them is no step left and part of none."""
        missing = list(self.steps)
        for equation in done:
            step = next((step for step in missing if _is_same(equation, step)), None)
            if step is None and not any(_is_part(equation, step) for step in missing):
                return None
            if equation.stated not in (equation.value, step and step.stated):
                return None
            if step is not None:
                missing.remove(step)
        return missing

    def has_step(self, equation: Equation) -> bool:
        """Tell whether the left side of an equation is a step or a part of one."""
        return any(_is_same(equation, step) or _is_part(equation, step) for step in self.steps)

    def rest(self, missing: Sequence[Equation]) -> str:
        """Return the lines from the first missing step on, without those of which no step is missing.

        Where the solution works with unknowns, they are all lines from the first one on that names one.
        """
        lines = self.solution.split("\n")
        with_steps, wanted = ({step.line for step in steps} for steps in (self.steps, missing))
        start = min(wanted, default=max(with_steps) + 1)
        while start and start - 1 not in with_steps and lines[start - 1].strip():
            start -= 1
        unknowns = {relation.name for relation in read_relations(self.solution) if len(relation.name) == 1}
        named = [index for index, line in enumerate(lines) if not unknowns.isdisjoint(_NAME.findall(line))]
        start = min(start, *named) if named and missing else start
        left_out = set() if named else with_steps - wanted - {len(lines) - 1}
        rest = [line for index, line in enumerate(lines) if index >= start and index not in left_out]
        return "\n".join(rest or lines[-1:])


def _is_same(equation: Equation, step: Equation) -> bool:
    """Tell whether both compute the same from the same numbers: `400 * 20 / 100` does what `0.2 * 400` does."""
    return equation.value == step.value and _numbers(equation) == _numbers(step)


def _numbers(equation: Equation) -> Counter[Fraction]:
    """Return the numbers of the left side, a share as what it is of a hundred, and no 1 and no 100."""
    values = (number.value for number in equation.operands)
    shares = (value * 100 if 0 < value < 1 else value for value in values)
    return Counter(value for value in shares if value not in (1, 100))


def _is_part(equation: Equation, step: Equation) -> bool:
    """Tell whether an equation does a part of what a step of more than one operation does."""
    own = _numbers(equation)
    return own.total() > 1 and own < _numbers(step) and equation.value in reachable_values([step], (), None).direct
