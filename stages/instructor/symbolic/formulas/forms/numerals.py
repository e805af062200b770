"""Questions about numerals in other bases."""

import re
from collections.abc import Sequence
from typing import Any

from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.forms.whole import LARGEST, whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, evaluate
from stages.instructor.symbolic.formulas.work import equal

_BASED = re.compile(r"(\d+)_\s*\{?\s*(\d+)\s*\}?")


def _read_numeral(text: str) -> tuple[str, int]:
    """Read `213_4` as its digits and its base."""
    found = _BASED.fullmatch(text.strip())
    if found is None or not 2 <= int(found[2]) <= 10 or any(int(digit) >= int(found[2]) for digit in found[1]):
        raise UnreadableError
    return found[1], int(found[2])


def _converted(groups: Groups, _: Match) -> Computed:
    digits, base = _read_numeral(groups["a"][0])
    target = whole(groups["base"][0], least=2) if "base" in groups else 10
    if base == target or target > 10 or [whole(slot) for slot in groups.get("from", [])] not in ([], [base]):
        raise UnreadableError
    value = int(digits, base)
    terms = [f"{digit} \\cdot {base}^{{{len(digits) - 1 - k}}}" for k, digit in enumerate(digits)]
    in_ten = [f"In base 10, the number is ${' + '.join(terms)} = {value}$."] if base != 10 else []
    return _in_base(value, target, in_ten)


def _in_base(value: int, base: int, before: Sequence[str]) -> Computed:
    """Write a number in a base of at most 10, with the lines that come `before`."""
    left, digits = value, ""
    while left:
        left, digit = divmod(left, base)
        digits = f"{digit}{digits}"

    def by_sympy() -> list[Any]:
        from sympy.ntheory.digits import digits as digits_of

        return [int("".join(map(str, digits_of(value, base)[1:])))]

    def lines(written: Sequence[str]) -> list[str]:
        powers = [f"{digit} \\cdot {base}^{{{len(digits) - 1 - k}}}" for k, digit in enumerate(digits) if digit != "0"]
        last = (
            f"In powers of ${base}$, ${value} = {' + '.join(powers)}$, so its digits in base ${base}$ are "
            f"${written[0]}$."
        )
        return [*before] if base == 10 else [*before, last]

    frame = "@" if base == 10 else f"@_{base}"
    return Computed(by_sympy, lambda: [int(digits)], lines, frame)


def _calculated(groups: Groups, _: Match) -> Computed:
    """Read `14_5 + 23_5`, whose answer is wanted in the same base."""
    expression, base = groups["a"][0], whole(groups["base"][0], least=2)
    numerals = [match[0] for match in _BASED.finditer(expression)]
    if len(numerals) < 2 or base > 9 or any(_read_numeral(numeral)[1] != base for numeral in numerals):
        raise UnreadableError
    in_ten = {numeral: int(_read_numeral(numeral)[0], base) for numeral in numerals}
    tree = parse(_BASED.sub(lambda found: str(in_ten[found[0]]), expression))
    value = evaluate(tree)
    if value.denominator != 1 or not 0 < value < LARGEST:
        raise UndefinedError("not a numeral")
    read = ", ".join(f"${numeral} = {number}$" for numeral, number in in_ten.items())
    return _in_base(int(value), base, [f"In base 10, {read}.", f"{equal(chain(tree, str(value)))}."])


FORMS: tuple[Form, ...] = (
    form(r"what is the base[ -]ten equivalent of (?P<a>@)", _converted),
    form(r"convert (?P<a>@) to (?:a )?base (?P<base>@)(?: integer)?", _converted),
    form(
        rf"{ASK} the base (?P<base>@) (?:equivalent|representation) of(?: the base (?P<from>@) number)? (?P<a>@)",
        _converted,
    ),
    form(
        rf"(?:add|{ASK})(?: the (?:sum|product|difference) of)? (?P<a>@) express your answer in base (?P<base>@)",
        _calculated,
    ),
)
