"""Questions about numerals in other bases."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.forms.whole import LARGEST, symbolic, whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, evaluate
from stages.instructor.symbolic.formulas.work import equal

_BASED = re.compile(r"(\d+)_\s*\{?\s*(\d+)\s*\}?")
_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_BASE_WORD = r"(?:base[ -](?:(?P<base>@)|(?P<word>two|three|four|five|six|seven|eight|nine|ten)))"
_BASE_WORD_FIRST = (
    r"(?:base[ -](?:(?P<base>@)|(?P<word>two|three|four|five|six|seven|eight|nine|ten))(?: integer| number| numeral)?)"
)


def based(text: str) -> tuple[int, int]:
    """Read a numeral with its base as its value and the base; a plain number has base 10."""
    found = _BASED.fullmatch(text.strip())
    if found is None:
        return whole(text), 10
    base = int(found[2])
    if not 2 <= base <= 10 or any(int(digit) >= base for digit in found[1]):
        raise UnreadableError
    return int(found[1], base), base


def in_base(value: int, base: int) -> str:
    """Write a number in a base of at most 10."""
    digits = ""
    while value:
        value, digit = divmod(value, base)
        digits = f"{digit}{digits}"
    return digits or "0"


def _converted(groups: Groups, match: Match) -> Computed:
    value, base = based(groups["a"][0])
    target = _base(groups, match)
    if [whole(slot) for slot in groups.get("from", [])] not in ([], [base]):
        raise UnreadableError
    if base == target or not 2 <= target <= 10:
        raise UnreadableError
    return _in_base(groups["a"][0], value, base, target)


def _base(groups: Groups, match: Match) -> int:
    return whole(groups["base"][0]) if groups.get("base") else _BASES[match["word"]]


def _in_base(shown: str, value: int, base: int, target: int) -> Computed:
    digits = in_base(value, target)

    def by_sympy() -> list[Any]:
        from sympy import Integer
        from sympy.ntheory.digits import digits as digits_of

        return symbolic("".join(map(str, digits_of(Integer(value), target)[1:])))

    def lines(written: Sequence[str]) -> list[str]:
        found = _expansion(shown, base) if base != 10 else []
        if target == 10:
            return found
        powers = [
            f"{digit} \\cdot {target}^{{{len(digits) - 1 - k}}}" for k, digit in enumerate(digits) if digit != "0"
        ]
        return [
            *found,
            f"In powers of ${target}$, ${value} = {' + '.join(powers)}$, so its digits in base ${target}$ are "
            f"${written[0]}$.",
        ]

    frame = "@" if target == 10 else f"@_{target}" if target < 10 else f"@_{{{target}}}"
    return Computed(by_sympy, lambda: [Fraction(digits)], lines, frame)


def _expansion(numeral: str, base: int) -> list[str]:
    found = _BASED.fullmatch(numeral.strip())
    if found is None:
        raise UnreadableError
    digits = found[1]
    terms = [f"{digit} \\cdot {base}^{{{len(digits) - 1 - k}}}" for k, digit in enumerate(digits)]
    return [f"In base 10, the number is ${' + '.join(terms)} = {int(digits, base)}$."]


def _based_sum(groups: Groups, match: Match) -> Computed:
    expression, base = groups["a"][0], _base(groups, match) if groups.get("base") or match["word"] else 0
    numerals = _BASED.findall(expression)
    if not 2 <= len(numerals) <= 4 or not re.fullmatch(r"[\d_{}\s+*-]|(?:\\cdot|\\times|[\d_{}\s+*-])+", expression):
        raise UnreadableError
    target = base or int(numerals[0][1])
    plain = _BASED.sub(lambda numeral: str(based(numeral[0])[0]), expression)
    if "_" in plain or {int(b) for _, b in numerals} - {target} or target == 10:
        raise UnreadableError
    value = evaluate(parse(plain))
    if value.denominator != 1 or not 0 < value < LARGEST:
        raise UndefinedError("not a numeral")
    task = _in_base(plain, int(value), 10, target)
    inner = task.lines

    def lines(written: Sequence[str]) -> list[str]:
        read = ", ".join(f"${d}_{{{b}}} = {int(d, int(b))}$" for d, b in dict.fromkeys(numerals))
        return [f"In base 10, {read}.", f"{equal(chain(parse(plain), str(value)))}.", *inner(written)]

    task.lines = lines
    return task


def _to_ten(groups: Groups, _: Match) -> Computed:
    value, base = based(groups["a"][0])
    if base == 10:
        raise UnreadableError
    return _in_base(groups["a"][0], value, base, 10)


FORMS: tuple[Form, ...] = (
    form(
        r"what is the base[ -]ten (?:equivalent of|number represented by)(?: the)?(?: number)? (?P<a>@)(?P<word>ten)?",
        _to_ten,
    ),
    form(
        rf"(?:convert|express|write|rewrite|represent)(?: the)?(?: number)? (?P<a>@) (?:to|in|into|as)(?: an?)? "
        rf"{_BASE_WORD_FIRST}",
        _converted,
    ),
    form(rf"{ASK}(?: the)? (?P<a>@)(?: expressed| written)? (?:in|to|into) {_BASE_WORD}", _converted),
    form(
        rf"{ASK} the {_BASE_WORD} (?:equivalent|representation|expression)(?: of)?(?: the(?: base[ "
        rf"-](?P<from>@))? (?:number|integer))? (?P<a>@)",
        _converted,
    ),
    form(
        rf"(?:convert|express|write) (?P<a>@) (?:to|in|into|as)(?: an?)? {_BASE_WORD}(?: integer| number)", _converted
    ),
    form(
        rf"(?:add|find|compute|evaluate|calculate|what is|determine|find the sum|find the product|find the value "
        rf"of)(?: the (?:sum|product|difference|value of))?(?: of)? (?P<a>@) (?:(?:and )?(?:express|write|give|"
        rf"leave) your (?:answer|final answer|result) )?(?:in )?{_BASE_WORD}",
        _based_sum,
    ),
)
