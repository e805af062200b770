"""What a number in a solution may be: a number of the question, a constant, or an earlier result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

ZERO, ONE, HUNDRED = Fraction(0), Fraction(1), Fraction(100)
_HUNDREDTH = Fraction(1, 100)


class SourceKind(StrEnum):
    """A part is the outcome of an operation inside an equation, a result that of the whole equation."""

    VARIABLE = "variable"
    CONSTANT = "constant"
    RESULT = "result"
    PART = "part"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from, with its value in the original problem."""

    kind: SourceKind
    value: Fraction
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as a linear function of a source: ``0.8`` is ``1 - p/100`` for a discount of p percent."""

    source: int
    scale: Fraction = ONE
    offset: Fraction = ZERO

    def of(self, values: Sequence[Fraction]) -> Fraction:
        """Return the number under values for all sources."""
        value = values[self.source]
        return value if self.scale is ONE and self.offset is ZERO else self.scale * value + self.offset

    def hundredth(self) -> "Reading":
        return Reading(self.source, self.scale / 100, self.offset / 100)


def agree(readings: Sequence[Reading], values: Sequence[Fraction]) -> bool:
    """Return whether all readings give the same number under the values of the sources."""
    first = readings[0].of(values)
    return all(reading.of(values) == first for reading in readings[1:])


class Ledger:
    """The sources known so far while a solution is read.

    ``hundreds`` says whether the problem counts in percent or cents, so that 45 may turn up as 0.45. Two ranges of
    sources are no reading of a number: ``hidden``, and the parts from ``side_start`` on, which the side now read made.
    """

    def __init__(self, sources: Sequence[Source], hundreds: bool) -> None:
        self.sources = list(sources)
        self.hidden = range(0)
        self.side_start = len(self.sources)
        self.stated_percents: set[int] = set()
        self._hundreds = hundreds

    def add(self, kind: SourceKind, value: Fraction) -> Reading:
        """Enter a source and return the reading of it as it is."""
        self.sources.append(Source(kind, value))
        return Reading(len(self.sources) - 1)

    def value(self, reading: Reading) -> Fraction:
        """Return what a reading is in the original problem."""
        return reading.scale * self.sources[reading.source].value + reading.offset

    def promote(self, source: int) -> None:
        """Make the outcome of an operation the result of its equation."""
        self.sources[source] = Source(SourceKind.RESULT, self.sources[source].value)

    def readings(self, value: Fraction, percent: bool) -> tuple[Reading, ...]:
        """Return all readings of a written value; parts of equations count only where nothing else fits."""
        known = [
            (index, source)
            for index, source in enumerate(self.sources)
            if index not in self.hidden and (source.kind is not SourceKind.PART or index < self.side_start)
        ]
        same = [(index, source) for index, source in known if source.value == value]
        strong = [pair for pair in same if pair[1].kind is not SourceKind.PART] or same
        readings = [Reading(index) for index, _ in strong]
        readings += [Reading(index, HUNDRED) for index, source in known if self._is_stated(index, source, value)]
        if not readings or percent or (value < 2 and value.denominator > 1):
            for index, source in known:
                if source.kind is not SourceKind.CONSTANT and source.value not in (0, 1):
                    readings.extend(view for view in self._views(index, source) if self.value(view) == value)
        return tuple(readings)

    def _is_stated(self, index: int, source: Source, value: Fraction) -> bool:
        return index in self.stated_percents and source.value * 100 == value

    def _views(self, index: int, source: Source) -> Iterator[Reading]:
        if source.percent or self._hundreds:
            yield Reading(index, _HUNDREDTH)
        if self._hundreds and source.value.denominator > 1:
            yield Reading(index, HUNDRED)
        if source.percent:
            yield Reading(index, -ONE, HUNDRED)
            yield Reading(index, -_HUNDREDTH, ONE)
            yield Reading(index, ONE, HUNDRED)
            yield Reading(index, _HUNDREDTH, ONE)
