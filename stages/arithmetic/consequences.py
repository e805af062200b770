"""Numbers of a question that follow from other numbers of it.

"works 10 days in May and 20 days in June ... paid for the 30 days" says 30 twice. A new 10 would need a new 30, which
no equation of the solution may say. So the numbers of such a relation keep their values.

Most relations are chance: of 5 apples, 8 pears and 13 boys nothing follows. The words around the numbers tell: a sum is
of like things, a product is of a number of things and of how many of them, "the 30" points back at what was said, and
two units of time or money differ by their factor. A number that the solution does not use may follow from any others.

Not covered: consequences of three steps or more, and those of fractions in words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, permutations

from stages.arithmetic.chains import Chain
from stages.arithmetic.ordinals import ordinals
from stages.arithmetic.readings import SourceKind

_PHRASE = re.compile(r"(?:[- ]+[A-Za-z]+){1,4}")
_SKIPPED = re.compile("more|fewer|less|other|additional|extra|different|new|full|whole|total|further")
_ENDS = re.compile(
    "a|an|and|are|as|at|be|because|before|but|by|can|did|do|does|during|each|every|for|from|had|has|have|he|her|his|if|"
    "in|into|is|it|left|long|many|much|of|off|old|older|on|out|or|over|per|she|so|than|that|the|their|them|then|there|"
    "they|to|under|until|was|were|when|where|which|while|who|will|with|would|younger"
)
_POINTS_BACK = re.compile(r"\b(?:the|all|these|those|both|total of|altogether|remaining|other|last|next) \$?$", re.I)
_UNITS = {
    ("week", "day"): 7, ("year", "month"): 12, ("year", "week"): 52, ("year", "day"): 365, ("month", "day"): 30,
    ("month", "week"): 4, ("day", "hour"): 24, ("hour", "minute"): 60, ("minute", "second"): 60, ("$", "cent"): 100,
    ("foot", "inche"): 12, ("feet", "inche"): 12, ("yard", "feet"): 3, ("pound", "ounce"): 16, ("decade", "year"): 10,
    ("meter", "centimeter"): 100, ("kilometer", "meter"): 1000, ("kilogram", "gram"): 1000, ("dozen", "egg"): 12,
    ("liter", "milliliter"): 1000,
}  # fmt: skip
_SMALL = 2
_LEAST_TOTAL = 10


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A number of the question; ``things`` are the words for what it counts, ordinals are of no variable.

    ``loose`` says that it may follow from numbers of other things: it points back, or the solution needs it not.
    """

    value: Fraction
    variable: int | None
    things: frozenset[str]
    loose: bool


def entangled(question: str, chain: Chain) -> frozenset[int]:
    """Return the variables that another number of the question follows from, and those that follow."""
    found = _quantities(question, chain)
    groups = [group for group in _relations(found) if len({one.value for one in group}) > 1]
    return frozenset(one.variable for group in groups for one in group if one.variable is not None) | _restated(chain)


def _restated(chain: Chain) -> frozenset[int]:
    """Return what a result is computed from that the question states too, without use for it."""
    given = {
        variable.value
        for index, variable in enumerate(chain.variables)
        if index not in chain.used and variable.value > _SMALL
    }
    results = [index for index, source in enumerate(chain.sources) if source.kind is SourceKind.RESULT]
    return frozenset().union(*(chain.support[index] for index in results if chain.sources[index].value in given))


def _quantities(question: str, chain: Chain) -> list[_Quantity]:
    found = [
        _Quantity(
            variable.value,
            index,
            _things(question, token.start, token.end),
            index not in chain.used or bool(_POINTS_BACK.search(question[: token.start])),
        )
        for index, variable in enumerate(chain.variables)
        for token in variable.tokens
    ]
    return found + [
        _Quantity(value, None, _things(question, start, end), False) for value, start, end in ordinals(question)
    ]


def _things(question: str, start: int, end: int) -> frozenset[str]:
    """Return what a number counts: ``{"red", "apple"}`` for "3 more red apples of", ``{"$"}`` for money."""
    if question[:start].endswith("$"):
        return frozenset("$")
    if question[end : end + 1] == "%" or question[end:].startswith(" percent"):
        return frozenset("%")
    phrase = _PHRASE.match(question, end)
    words: list[str] = []
    for word in re.findall(r"[a-z]+", phrase.group().lower()) if phrase else ():
        if _ENDS.fullmatch(word):
            break
        if not _SKIPPED.fullmatch(word):
            words.append(word.removesuffix("s"))
    return frozenset("$" if word == "dollar" else word for word in words)


def _relations(found: Sequence[_Quantity]) -> Iterator[tuple[_Quantity, ...]]:
    yield from _sums(found)
    yield from _products(found)
    for one, other in permutations(found, 2):
        factors = (factor for (large, small), factor in _UNITS.items() if large in one.things and small in other.things)
        if any(one.value * factor == other.value for factor in factors):
            yield one, other
        if one.variable is None and one.things & other.things and abs(one.value - other.value) == 1:
            yield one, other


def _sums(found: Sequence[_Quantity]) -> Iterator[tuple[_Quantity, ...]]:
    for index, total in enumerate(found):
        others = [one for at, one in enumerate(found) if at != index and 1 < one.value < total.value]
        like = [one for one in others if one.things & total.things]
        if len(like) > 2 and sum(one.value for one in like) == total.value:
            yield total, *like
        for pair in combinations(others, 2):
            if sum(one.value for one in pair) == total.value and _may_add_up((total, *pair)):
                yield total, *pair


def _may_add_up(group: Sequence[_Quantity]) -> bool:
    if group[0].things & group[1].things & group[2].things:
        return True
    marked = {one.things & {"$", "%"} for one in group}
    loose = group[0].loose or any(one.loose for one in group[1:] if one.variable is not None)
    return loose and len(marked) == 1 and group[0].value >= _LEAST_TOTAL


def _products(found: Sequence[_Quantity]) -> Iterator[tuple[_Quantity, ...]]:
    for total, one in permutations([quantity for quantity in found if quantity.variable is not None], 2):
        like = bool(one.things & total.things)
        if not 1 < one.value < total.value or not (like or total.loose):
            continue
        for count in found:
            factor = 100 / count.value if "%" in count.things and count.value else count.value
            named = count.variable is not None and count.things and not count.things & total.things
            if named and factor > (1 if total.loose else 2) and one.value * factor == total.value:
                yield total, one, count
