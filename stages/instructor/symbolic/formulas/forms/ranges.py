r"""Questions about the whole numbers that satisfy inequalities, and about lists and sums with dots."""

import operator
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import Facts, read_facts, split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree, names, parse
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
_DOTS = re.compile(r"\\(?:l|c)?dots(?:b|c|m|i|o)?(?![a-z])|\.\.\.")
_CASES = {
    "integers": -_FARTHEST,
    "integer": -_FARTHEST,
    "positive integers": 1,
    "positive integer": 1,
    "positive integer values": 1,
    "integer values": -_FARTHEST,
}


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
        from sympy import Integer, Interval, Symbol, solve_univariate_inequality

        symbol = Symbol(name, real=True)
        region = Interval(max(low, -_FARTHEST), _FARTHEST)
        for left, relation, right in facts.conditions:
            sides = [exact.read(side) for side in (left, right)]
            sides = [side.subs(Symbol(name), symbol) for side in sides]
            difference = sides[0] - sides[1]
            if not difference.is_polynomial(symbol) or difference.as_poly(symbol).degree() > 3 or relation == "!=":
                raise UnsolvedError
            found = solve_univariate_inequality(_relation(sides, relation), symbol, relational=False)
            region = region.intersect(found)
        return [Integer(_chosen(_whole_numbers(region), what))]

    def lines(written: Sequence[str]) -> list[str]:
        found = [n for n in range(max(low, -_FARTHEST), _FARTHEST + 1) if _holds(trees, {name: Fraction(n)})]
        runs = _runs(found)
        if len(runs) > 2:
            raise UnsolvedError
        kind = "positive integers" if low == 1 else "integers"
        ends = " and ".join(f"from ${run[0]}$ to ${run[-1]}$" if len(run) > 1 else f"${run[0]}$" for run in runs)
        outside = [n for run in runs for n in (run[0] - 1, run[-1] + 1) if n >= max(low, -_FARTHEST)]
        checks = ", ".join(f"${n}$" for n in dict.fromkeys(outside))
        lead = (
            f"The {kind} that satisfy this are {ends}; the next to them, {checks}, "
            f"{'do' if len(outside) > 1 else 'does'} not."
        )
        if what != "count":
            return [lead]
        counts = " + ".join(str(len(run)) for run in runs)
        return [
            lead,
            f"There are {equal(list(dict.fromkeys([counts, written[0]])))} of them."
            if len(runs) > 1
            else f"There are ${written[0]}$ of them.",
        ]

    return Computed(by_sympy, by_hand, lines, cost=4)


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


# Lists with dots


def _terms(text: str, separator: str) -> tuple[list[Fraction], Fraction, bool, Fraction]:
    """Read `1, 4, 7, \\dots, 100` as its first terms, its last one, whether it is arithmetic, and the step or ratio."""
    parts = [part.strip() for part in (split_commas(text) if separator == "," else re.split(r"\s*\+\s*", text))]
    dots = [k for k, part in enumerate(parts) if _DOTS.fullmatch(part)]
    if len(dots) != 1 or dots[0] < 3 or not dots[0] < len(parts) - 1:
        raise UnreadableError
    trees = [parse(part) for k, part in enumerate(parts) if k != dots[0]]
    values = [evaluate(tree) for tree in trees]
    if not all(isinstance(value, Fraction) for value in values) or any(tree.op in ("+", "-") for tree in trees):
        raise UnreadableError
    start, tail = values[: dots[0]], values[dots[0] :]
    steps = {b - a for a, b in pairwise(start)} | {b - a for a, b in pairwise(tail)}
    if len(steps) == 1 and (step := next(iter(steps))):
        return start, tail[-1], True, step
    if 0 in start or len(tail) != 1:
        raise UnreadableError
    ratios = {b / a for a, b in pairwise(start)}
    if len(ratios) != 1 or abs(next(iter(ratios))) in (0, 1):
        raise UnreadableError
    return start, tail[-1], False, next(iter(ratios))


def _all_terms(start: Sequence[Fraction], last: Fraction, arithmetic: bool, step: Fraction) -> list[Fraction]:
    found = [start[0]]
    while found[-1] != last and len(found) < 5000:
        found.append(found[-1] + step if arithmetic else found[-1] * step)
    if found[-1] != last or len(found) <= len(start):
        raise UndefinedError("the last term is not reached")
    return found


def _count_of_list(groups: Groups, _: Match) -> Computed:
    start, last, arithmetic, step = _terms(groups["a"][0], ",")
    if not arithmetic:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Rational

        count = (
            Rational(last.numerator, last.denominator) - Rational(start[0].numerator, start[0].denominator)
        ) / Rational(step.numerator, step.denominator) + 1
        if not count.is_Integer or count < 1:
            raise UnsolvedError
        return [count]

    def by_hand() -> list[Value]:
        return [Fraction(len(_all_terms(start, last, arithmetic, step)))]

    def lines(written: Sequence[str]) -> list[str]:
        fraction = f"\\frac{{{last} - {_bracketed(start[0])}}}{{{step}}} + 1"
        return [f"From one number to the next it is ${step}$, so the count is {equal([fraction, written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _bracketed(value: Fraction) -> str:
    return f"({value})" if value < 0 else str(value)


def _series(groups: Groups, _: Match) -> Computed:
    text = groups["a"][0]
    start, last, arithmetic, step = _terms(text, "+")

    def by_sympy() -> list[Any]:
        from sympy import Rational

        first, end, by = (Rational(one.numerator, one.denominator) for one in (start[0], last, step))
        if not arithmetic:
            return [(end * by - first) / (by - 1)]
        count = (end - first) / by + 1
        if not count.is_Integer:
            raise UnsolvedError
        return [count * (first + end) / 2]

    def by_hand() -> list[Value]:
        return [sum(_all_terms(start, last, arithmetic, step), Fraction(0))]

    def lines(written: Sequence[str]) -> list[str]:
        count = len(_all_terms(start, last, arithmetic, step))
        first, end, by = (_latex(one) for one in (start[0], last, step))
        if arithmetic:
            return [
                f"This is an arithmetic series with the step ${by}$ and $\\frac{{{end} - ({first})}}{{{by}}} + 1 "
                f"= {count}$ terms.",
                f"Its sum is ${count} \\cdot \\frac{{{first} + {end}}}{{2}} = {written[0]}$.",
            ]
        return [
            f"This is a geometric series with the ratio ${by}$.",
            f"Its sum is $\\frac{{{by} \\cdot {end} - {first}}}{{{by} - 1}} = {written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _latex(value: Fraction) -> str:
    from stages.instructor.symbolic.formulas.steps import fraction

    return f"({fraction(value)})" if value < 0 else fraction(value)


def _infinite_series(groups: Groups, _: Match) -> Computed:
    """Return the sum of `1 + 1/2 + 1/4 + \\dots`."""
    parts = [part.strip() for part in re.split(r"\s*(?<![{(^])([+-])\s*", groups["a"][0])]
    signs = ["+", *parts[1::2]] if parts[0] else parts[1::2]
    texts = parts[0::2] if parts[0] else parts[2::2]
    if not _DOTS.fullmatch(texts[-1]) or len(texts) < 4:
        raise UnreadableError
    terms = [evaluate(parse(text)) * (1 if sign == "+" else -1) for sign, text in zip(signs, texts[:-1], strict=False)]
    if not all(isinstance(term, Fraction) and term for term in terms):
        raise UnreadableError
    ratios = {b / a for a, b in pairwise(terms)}
    ratio = next(iter(ratios))
    if len(ratios) != 1 or abs(ratio) >= 1:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Rational

        return [Rational(terms[0].numerator, terms[0].denominator) / (1 - Rational(ratio.numerator, ratio.denominator))]

    def by_hand() -> list[Value]:
        total, term = 0.0, float(terms[0])
        while abs(term) > 1e-18:
            total, term = total + term, term * float(ratio)
        return [total]

    def lines(written: Sequence[str]) -> list[str]:
        return [
            f"This is a geometric series with the first term ${_latex(terms[0])}$ and the ratio ${_latex(ratio)}$.",
            f"Its sum is $\\frac{{{_latex(terms[0])}}}{{1 - {_latex(ratio)}}} = {written[0]}$.",
        ]

    return Computed(by_sympy, by_hand, lines)


_SUM = (
    r"(?:find|compute|evaluate|calculate|what is)(?: the value of)?(?: the)?(?: sum)?(?: of)?(?: the)?(?: "
    r"infinite)?(?: arithmetic| geometric)?(?: series)? ?(?P<a>@)"
)
_KIND = r"(?P<kind>(?:positive )?integers?(?: values)?)"

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
    form(
        r"how many (?:numbers|integers|terms) are (?:there )?in the (?:list|sequence|arithmetic sequence) (?P<a>@)",
        _count_of_list,
    ),
    form(_SUM, _series),
    form(_SUM, _infinite_series),
)
