"""Questions about the whole numbers that satisfy inequalities."""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import read_facts
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import names
from stages.instructor.symbolic.formulas.values import UndefinedError, evaluate

_FARTHEST = 500
_HOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _satisfying(groups: Groups, match: Match) -> Computed:
    """Count the whole numbers that satisfy inequalities in one name."""
    facts = read_facts(groups["facts"])
    positive = match["kind"].startswith("positive")
    sides = [side for left, _, right in facts.conditions for side in (left, right)]
    if facts.equations or facts.functions or any(relation not in _HOLDS for _, relation, _ in facts.conditions):
        raise UnreadableError
    (name,) = names(*map(parse, sides))

    def found_by_hand() -> list[int]:
        conditions = [(parse(left), _HOLDS[relation], parse(right)) for left, relation, right in facts.conditions]
        found = [
            n
            for n in range(1 if positive else -_FARTHEST, _FARTHEST + 1)
            for point in [{name: Fraction(n)}]
            if all(holds(evaluate(left, point), evaluate(right, point)) for left, holds, right in conditions)
        ]
        if not found:
            raise UndefinedError("none")
        return found

    def by_sympy() -> list[Any]:
        from sympy import Interval, Symbol, oo, solve_univariate_inequality

        symbol = Symbol(name, real=True)
        region: Any = Interval(1, oo) if positive else Interval(-oo, oo)
        for left, relation, right in facts.conditions:
            first, second = (exact.read(side).subs(Symbol(name), symbol) for side in (left, right))
            if not (first - second).is_polynomial(symbol) or (first - second).as_poly(symbol).degree() > 3:
                raise UnsolvedError
            holds = _HOLDS[relation](first, second)
            region = region.intersect(solve_univariate_inequality(holds, symbol, relational=False))
        return [len(_whole_numbers(region))]

    def lines(written: Sequence[str]) -> list[str]:
        found = found_by_hand()
        if len(found) != found[-1] - found[0] + 1:
            raise UnsolvedError
        ends = f"from ${found[0]}$ to ${found[-1]}$" if len(found) > 1 else f"just ${found[0]}$"
        outside = [n for n in (found[0] - 1, found[-1] + 1) if n > 0 or not positive]
        fail = f"${outside[0]}$ and ${outside[1]}$ do not" if len(outside) > 1 else f"${outside[0]}$ does not"
        kind = "positive integers" if positive else "integers"
        return [f"The {kind} that satisfy this are {ends}; {fail}.", f"There are ${written[0]}$ of them."]

    return Computed(by_sympy, lambda: [len(found_by_hand())], lines, cost=4)


def _whole_numbers(region: Any) -> list[int]:
    """Return the whole numbers of an interval with near ends, or of several."""
    from sympy import FiniteSet, Interval, Union, ceiling, floor

    if isinstance(region, Union):
        return sorted({n for part in region.args for n in _whole_numbers(part)})
    if isinstance(region, FiniteSet):
        return sorted(int(value) for value in region if value.is_Integer)
    if not isinstance(region, Interval) or region.start < -_FARTHEST or region.end > _FARTHEST:
        raise UnsolvedError
    found = range(int(ceiling(region.start)), int(floor(region.end)) + 1)
    return [n for n in found if region.contains(n) == True]  # noqa: E712  (an object of SymPy)


_KIND = r"(?P<kind>(?:positive )?integer(?:s| values of))"

FORMS: tuple[Form, ...] = (
    form(rf"how many {_KIND} @ satisfy(?: the inequality)? (?P<facts>@)", _satisfying),
    form(rf"for how many {_KIND} @ is (?P<facts>@)", _satisfying),
    form(rf"find the number of {_KIND} @ that satisfy (?P<facts>@)", _satisfying),
)
