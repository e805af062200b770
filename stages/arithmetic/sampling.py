"""New values for the variables of a chain that keep the problem sensible.

Whole numbers stay whole, positive ones positive, parts stay below wholes, sizes stay alike. Values are drawn
equation by equation, so that a division which does not come out even is redrawn at once and not after the whole
chain.
"""

import math
import random
from collections.abc import Sequence
from fractions import Fraction

from stages.answers.numerals import count_decimals, is_writable
from stages.arithmetic.bounds import upper_bound
from stages.arithmetic.chains import Chain, Step, run
from stages.arithmetic.consequences import entangled
from stages.arithmetic.expressions import apply
from stages.arithmetic.plausibility import is_plausible
from stages.arithmetic.quantities import Variable
from stages.arithmetic.readings import Reading, SourceKind, agree
from stages.arithmetic.tracing import Refusal

_ATTEMPTS = 60
_DRAWS = 12
_PROBES = 3
_WIDEST_RATIO = 4
_LARGE = 20
_MAX_CANDIDATES = 200
_GRAINS = (100_000, 10_000, 1000, 100, 50, 10, 5)
_WIDE_GRAINS = (1000, 10, 5)


def sample_values(question: str, chain: Chain, rng: random.Random) -> list[Fraction] | Refusal:
    """Return a value for every source of the chain, at least one variable of it being new."""
    free = chain.used - chain.fixed
    if not free:
        return Refusal("no numbers to change")
    free -= _in_doubt(chain, free)
    if not free:
        return Refusal("a number is ambiguous")
    free -= entangled(question, chain)
    if not free:
        return Refusal("a number follows from others")
    for wide in (False, True):
        choices = {index: candidates(question, chain.variables[index], wide) for index in sorted(free)}
        choices = {index: values for index, values in choices.items() if values}
        for attempt in range(_ATTEMPTS):
            drawn = _attempt(chain, choices, attempt / _ATTEMPTS / 2, rng)
            if drawn is not None and is_plausible(question, chain, drawn):
                return drawn
    return Refusal("no valid numbers found")


def candidates(question: str, variable: Variable, wide: bool = False) -> list[Fraction]:
    """Return the values a variable may take: of about the same size, as round and as precise as the old one.

    A wide choice has more values, down to a third and up to three times the old one.
    """
    old = variable.value
    grain = _grain(old, _WIDE_GRAINS if wide else _GRAINS)
    whole = old.denominator == 1
    low, high = (old / 3, old * 3) if wide else (old / 2, old * 2) if old < _LARGE else (old * 3 / 5, old * 9 / 5)
    bound = upper_bound(question, variable)
    if bound is not None:
        high = min(high, bound)
    if old < 1:
        high = min(high, 1 - grain)
    low = max(low, Fraction(2) if whole else grain)
    counts = range(math.ceil(low / grain), math.floor(high / grain) + 1)
    multiples = (grain * count for count in counts[:: len(counts) // _MAX_CANDIDATES + 1])
    return [value for value in multiples if value != old and (value.denominator == 1) is whole]


def _grain(old: Fraction, grains: Sequence[int]) -> Fraction:
    """Return the step between candidates: 10 for 40, a tenth for 2.5, five hundredths for 0.75."""
    scale = 10 ** (count_decimals(old) or 0)
    size = (old * scale).numerator
    fitting = (grain for grain in grains if size % grain == 0 and size >= 2 * grain and _fits(grain, scale))
    return Fraction(next(fitting, 1), scale)


def _fits(grain: int, scale: int) -> bool:
    """Return whether a step is fine enough: between whole numbers, halves leave too little choice."""
    return scale == 1 or grain * 10 <= scale


def _in_doubt(chain: Chain, free: frozenset[int]) -> frozenset[int]:
    """Return the free variables behind numbers whose readings are not the same for all values."""
    groups = [group for step in chain.steps for group in step.agreements]
    groups += [mention.readings for mention in chain.mentions if len(mention.readings) > 1]
    groups = [group for group in groups if group[0].of([source.value for source in chain.sources]) not in (0, 1)]
    doubtful: set[int] = set()
    probes = _probes(chain, free)
    for group in groups:
        if not _agree_throughout(group, probes):
            involved = {variable for reading in group for variable in chain.support[reading.source]} & free
            doubtful |= _cause(chain, group, free, involved)
            probes = _probes(chain, free - doubtful)
    return frozenset(doubtful)


def _cause(chain: Chain, group: Sequence[Reading], free: frozenset[int], involved: set[int]) -> set[int]:
    """Return the one variable that makes the readings agree when it keeps its value, or else all involved."""
    for variable in sorted(involved, reverse=True):
        if _agree_throughout(group, _probes(chain, free - {variable})):
            return {variable}
    return involved


def _agree_throughout(group: Sequence[Reading], probes: Sequence[Sequence[Fraction]]) -> bool:
    return all(agree(group, values) for values in probes)


def _probes(chain: Chain, free: frozenset[int]) -> list[list[Fraction]]:
    """Compute the chain with a few other values for the free variables."""
    steps = [7 * index + 3 if index in free else 0 for index in range(len(chain.variables))]
    probes = (
        run(chain, [variable.value + shift * step for variable, step in zip(chain.variables, steps, strict=True)])
        for shift in range(1, _PROBES + 1)
    )
    return [values for values in probes if values is not None]


def _attempt(
    chain: Chain, choices: dict[int, list[Fraction]], keep: float, rng: random.Random
) -> list[Fraction] | None:
    values = [source.value for source in chain.sources]
    drawn: set[int] = set()
    for step in chain.steps:
        needed = sorted(_needs(step, choices) - drawn)
        drawn.update(needed)
        for _ in range(_DRAWS if needed else 1):
            for index in needed:
                stays = keep and rng.random() < keep
                values[index] = chain.variables[index].value if stays else rng.choice(choices[index])
            if _compute(chain, step, values):
                break
        else:
            return None
    changed = any(values[index] != chain.variables[index].value for index in drawn)
    return values if changed else None


def _needs(step: Step, choices: dict[int, list[Fraction]]) -> set[int]:
    readings = [reading for instruction in step.instructions for reading in (instruction.left, instruction.right)]
    readings += [reading for group in step.agreements for reading in group]
    return {reading.source for reading in readings if reading.source in choices}


def _compute(chain: Chain, step: Step, values: list[Fraction]) -> bool:
    for instruction in step.instructions:
        source = chain.sources[instruction.target]
        outcome = apply(instruction.symbol, instruction.left.of(values), instruction.right.of(values))
        if outcome is None or not _is_alike(source.value, outcome):
            return False
        if source.kind is SourceKind.RESULT and not is_writable(source.value, outcome):
            return False
        values[instruction.target] = outcome
    return all(agree(group, values) for group in step.agreements)


def _is_alike(old: Fraction, new: Fraction) -> bool:
    if old.denominator == 1 and new.denominator != 1:
        return False
    if (old > 0) != (new > 0) or (old < 0) != (new < 0):
        return False
    if old in (0, 1):
        return new == old
    if old > 1:
        return new > 1 and old / _WIDEST_RATIO <= new <= old * _WIDEST_RATIO
    return new < 1
