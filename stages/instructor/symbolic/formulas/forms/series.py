r"""Questions about lists and sums with dots: how many numbers, what they add up to."""

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.facts import split_commas
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_DOTS = re.compile(r"\\(?:l|c)?dots(?:b|c|m|i|o)?(?![a-z])|\.\.\.")
_SUM = (
    r"(?:find|compute|evaluate|calculate|what is)(?: the value of)?(?: the)?(?: sum)?(?: of)?(?: the)?(?: "
    r"infinite)?(?: arithmetic| geometric)?(?: series)? ?(?P<a>@)"
)


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


FORMS: tuple[Form, ...] = (
    form(
        r"how many (?:numbers|integers|terms) are (?:there )?in the (?:list|sequence|arithmetic sequence) (?P<a>@)",
        _count_of_list,
    ),
    form(_SUM, _series),
    form(_SUM, _infinite_series),
)
