"""Questions about the whole numbers that satisfy inequalities."""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import Facts, read_facts
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, names
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_FARTHEST = 500
_HOLDS: dict[str, Callable[[Value, Value], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
}
_CASES = {
    "integers": -_FARTHEST,
    "integer": -_FARTHEST,
    "positive integers": 1,
    "positive integer": 1,
    "positive integer values": 1,
    "integer values": -_FARTHEST,
}
_KIND = r"(?P<kind>(?:positive )?integers?(?: values)?)"


def _satisfying(groups: Groups, match: Match) -> Computed:
    """Count the whole numbers that satisfy inequalities in one name, or find the largest or smallest of them."""
    facts = read_facts(groups["facts"])
    name = _only_name(facts)
    low = _CASES[match["kind"]]
    what = match.groupdict().get("extreme") or "count"
    trees = [(parse(left), relation, parse(right)) for left, relation, right in facts.conditions]

    def by_hand() -> list[Value]:
        found = [n for n in range(max(low, -_FARTHEST), _FARTHEST + 1) if _holds(trees, {name: Fraction(n)})]
        return [Fraction(_chosen(found, what))]

    def by_sympy() -> list[Any]:
        from sympy import Integer, Interval, Symbol, oo, solve_univariate_inequality

        symbol = Symbol(name, real=True)
        region = Interval(1, oo) if low == 1 else Interval(-oo, oo)
        for left, relation, right in facts.conditions:
            sides = [exact.read(side) for side in (left, right)]
            sides = [side.subs(Symbol(name), symbol) for side in sides]
            difference = sides[0] - sides[1]
            if not difference.is_polynomial(symbol) or difference.as_poly(symbol).degree() > 3 or relation == "!=":
                raise UnsolvedError
            found = solve_univariate_inequality(_relation(sides, relation), symbol, relational=False)
            region = region.intersect(found)
        if _ends_far(region, what):
            raise UnsolvedError
        return [Integer(_chosen(_whole_numbers(region.intersect(Interval(-_FARTHEST, _FARTHEST))), what))]

    def lines(written: Sequence[str]) -> list[str]:
        kind = "positive integers" if low == 1 else "integers"
        if what != "count":
            return [_extreme_line(what, int(written[0]), kind)]
        found = [n for n in range(max(low, -_FARTHEST), _FARTHEST + 1) if _holds(trees, {name: Fraction(n)})]
        runs = _runs(found)
        if len(runs) > 2:
            raise UnsolvedError
        ends = " and ".join(f"from ${run[0]}$ to ${run[-1]}$" if len(run) > 1 else f"${run[0]}$" for run in runs)
        outside = [n for run in runs for n in (run[0] - 1, run[-1] + 1) if n >= max(low, -_FARTHEST)]
        checks = ", ".join(f"${n}$" for n in dict.fromkeys(outside))
        lead = f"The {kind} that satisfy this are {ends}; the next to them, {checks}, do not."
        counts = " + ".join(str(len(run)) for run in runs)
        return [lead, f"There are {equal(list(dict.fromkeys([counts, written[0]])))} of them."]

    return Computed(by_sympy, by_hand, lines, cost=4)


def _ends_far(region: Any, what: str) -> bool:
    """Return whether a set has no end, or a far one, where the numbers asked for would end it."""
    from sympy import EmptySet

    if region == EmptySet:
        return False
    above = what not in ("smallest", "least") and bool(region.sup > _FARTHEST)
    return above or (what not in ("largest", "greatest") and bool(region.inf < -_FARTHEST))


def _extreme_line(what: str, value: int, kind: str) -> str:
    largest = what in ("largest", "greatest")
    beyond = f"${value + 1 if largest else value - 1}$ and all {'larger' if largest else 'smaller'} ones"
    return f"Of the {kind}, ${value}$ satisfies this, while {beyond} do not."


def _runs(found: Sequence[int]) -> list[list[int]]:
    """Split numbers in order into runs without gaps."""
    runs: list[list[int]] = []
    for number in found:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _only_name(facts: Facts) -> str:
    if not facts.conditions or facts.equations or facts.functions:
        raise UnreadableError
    found = set().union(*(names(parse(side)) for left, _, right in facts.conditions for side in (left, right))) - {
        "pi",
        "e",
    }
    if len(found) != 1:
        raise UnreadableError
    return next(iter(found))


def _holds(trees: Sequence[tuple[Tree, str, Tree]], point: dict[str, Fraction]) -> bool:
    return all(_HOLDS[relation](evaluate(left, point), evaluate(right, point)) for left, relation, right in trees)


def _chosen(found: Sequence[int], what: str) -> int:
    if (
        not found
        or (found[-1] > _FARTHEST - 5 and what != "smallest")
        or (found[0] < -_FARTHEST + 5 and what != "largest")
    ):
        raise UndefinedError("none, or without end")
    return {"count": len(found), "largest": found[-1], "smallest": found[0]}[
        {"greatest": "largest", "least": "smallest"}.get(what, what)
    ]


def _relation(sides: Sequence[Any], relation: str) -> Any:
    return {"<": sides[0] < sides[1], ">": sides[0] > sides[1], "<=": sides[0] <= sides[1], ">=": sides[0] >= sides[1]}[
        relation
    ]


def _whole_numbers(region: Any) -> list[int]:
    from sympy import EmptySet, FiniteSet, Interval, Union, ceiling, floor

    if region == EmptySet:
        return []
    if isinstance(region, Union):
        return sorted({n for part in region.args for n in _whole_numbers(part)})
    if isinstance(region, FiniteSet):
        return sorted(int(value) for value in region if value.is_Integer)
    if not isinstance(region, Interval):
        raise UnsolvedError
    low, high = ceiling(region.start), floor(region.end)
    low = low + 1 if region.left_open and low == region.start else low
    high = high - 1 if region.right_open and high == region.end else high
    return list(range(int(low), int(high) + 1))


FORMS: tuple[Form, ...] = (
    form(
        rf"how many {_KIND}(?: of)? @ satisfy(?: the)?(?: inequality| inequalities| both inequalities)? "
        rf"(?P<facts>@(?: and @)?)",
        _satisfying,
    ),
    form(rf"for how many {_KIND}(?: of)? @ (?:is|does) (?P<facts>@(?: and @)?)(?: true)?", _satisfying),
    form(
        rf"(?:find|what is|determine|compute) the (?P<extreme>largest|greatest|smallest|least)(?: possible)? "
        rf"{_KIND}(?: value)?(?: of)? @ (?:such that|for which|that satisfies|satisfying)(?: the inequality)? "
        rf"(?P<facts>@)",
        _satisfying,
    ),
    form(
        rf"(?:find|what is|determine|compute) the number of {_KIND}(?: of)? @ (?:such that|for which|that "
        rf"satisfy|satisfying)(?: the inequality)? (?P<facts>@)",
        _satisfying,
    ),
)
