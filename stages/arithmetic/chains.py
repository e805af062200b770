"""The chain of equations behind a worked solution, as a program over the numbers of the question.

For "Ann has 8 pens and buys twice as many" with ``8*2 = 16`` and ``8+16 = 24`` the chain is ``r1 = 8 * 2``, ``r2 =
8 + r1`` where 8 is a variable and 2 a constant. Each number of the solution is read as one or several sources;
where more than one reading exists, new values must make all readings agree, so nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from stages.arithmetic.expressions import Symbol, apply
from stages.arithmetic.quantities import Variable
from stages.arithmetic.readings import Reading, Source


@dataclass(frozen=True, slots=True)
class Instruction:
    """``target = left symbol right``; the target is the index of a source."""

    symbol: Symbol
    left: Reading
    right: Reading
    target: int


@dataclass(frozen=True, slots=True)
class Step:
    """The instructions of one equation and the readings that must agree once it is computed."""

    instructions: tuple[Instruction, ...]
    agreements: tuple[tuple[Reading, ...], ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """A number of the solution's text and what it may be read as."""

    text: str
    start: int
    end: int
    value: Fraction
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Chain:
    """A traced solution.

    The first sources are the variables, in the order of `variables`; ``fixed`` holds the indices of those that must
    keep their values.
    """

    variables: tuple[Variable, ...]
    sources: tuple[Source, ...]
    steps: tuple[Step, ...]
    mentions: tuple[Mention, ...]
    fixed: frozenset[int]

    @cached_property
    def used(self) -> frozenset[int]:
        """The variables that the equations compute with."""
        return frozenset().union(*self.support)

    @cached_property
    def support(self) -> tuple[frozenset[int], ...]:
        """For every source, the variables that a result needs to compute it; empty for a variable nobody uses."""
        count = len(self.variables)
        support: list[frozenset[int]] = [frozenset()] * len(self.sources)
        for step in self.steps:
            for instruction in step.instructions:
                operands = (instruction.left.source, instruction.right.source)
                for source in operands:
                    if source < count:
                        support[source] = frozenset({source})
                support[instruction.target] = support[operands[0]] | support[operands[1]]
        return tuple(support)


def run(chain: Chain, values: Sequence[Fraction]) -> list[Fraction] | None:
    """Compute all sources from values for the variables; None where an operation has no value."""
    computed = [source.value for source in chain.sources]
    computed[: len(values)] = values
    for step in chain.steps:
        for instruction in step.instructions:
            outcome = apply(instruction.symbol, instruction.left.of(computed), instruction.right.of(computed))
            if outcome is None:
                return None
            computed[instruction.target] = outcome
    return computed
