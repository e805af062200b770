r"""Questions for remainders: of sums and products, of powers, in a range, as last digits; and inverses."""

import re
from collections.abc import Sequence
from fractions import Fraction
from math import prod
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.forms.whole import symbolic, whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_POWER = re.compile(r"(\d+)\s*\^\s*\{?\s*(\d+)\s*\}?")
_RESIDUE = re.compile(r"(-?\d+)\s*(<|\\leq?)\s*([a-z])\s*(<|\\leq?)\s*(-?\d+)")
_CONGRUENCE = re.compile(r"(.+?)\\equiv(.+?)(?:\\!|~|\\;|\\,)*\\(?:pmod|mod|bmod)\s*\{?\s*(\d+)\s*\}?~?")


def _remainder(expression: str, modulus: int) -> Computed:
    power = _POWER.fullmatch(expression.strip())
    if modulus < 2:
        raise UnreadableError
    if power:
        return _power_remainder(int(power[1]), int(power[2]), modulus)
    tree = parse(expression)

    def by_sympy() -> list[Any]:
        value = exact.read(expression)
        if not value.is_Integer:
            raise exact.UnsolvedError
        return [value % modulus]

    def by_hand() -> list[Fraction]:
        value = evaluate(tree)
        if not isinstance(value, Fraction) or value.denominator != 1:
            raise UndefinedError("not whole")
        return [Fraction(int(value) - modulus * (int(value) // modulus))]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(evaluate(tree))
        quotient = value // modulus
        shown = [] if tree.op in ("number", "neg") else [f"{equal(chain(tree, str(value)))}."]
        division = equal(
            [
                str(value),
                f"{quotient} \\cdot {modulus} + {written[0]}"
                if quotient >= 0
                else f"({quotient}) \\cdot {modulus} + {written[0]}",
            ]
        )
        return [*shown, f"Dividing by ${modulus}$, {division}, so the remainder is ${written[0]}$."]

    return Computed(by_sympy, by_hand, lines)


def _power_remainder(base: int, exponent: int, modulus: int) -> Computed:
    def by_sympy() -> list[Any]:
        from sympy import Integer, Mod, Pow

        return [Mod(Pow(Integer(base), Integer(exponent), evaluate=False), modulus)]

    def by_hand() -> list[Fraction]:
        value = 1
        for _ in range(min(exponent, 10**5)):
            value = value * base % modulus
        if exponent > 10**5:
            raise UndefinedError("large")
        return [Fraction(value)]

    def lines(written: Sequence[str]) -> list[str]:
        return [*_cycle(base, exponent, modulus), f"So the remainder of ${base}^{{{exponent}}}$ is ${written[0]}$."]

    return Computed(by_sympy, by_hand, lines)


def _cycle(base: int, exponent: int, modulus: int) -> list[str]:
    """Show the powers of a number modulo another one until they repeat, or by squaring where that takes long."""
    seen: list[int] = []
    value = base % modulus
    while value not in seen and len(seen) < 12:
        seen.append(value)
        value = value * base % modulus
    if value not in seen:
        return _squaring(base, exponent, modulus)
    start, length = seen.index(value), len(seen) - seen.index(value)
    listed = ", ".join(f"${base}^{{{k + 1}}} \\equiv {one}$" for k, one in enumerate([*seen, value]))
    if exponent <= len(seen):
        return [f"Modulo ${modulus}$, {listed}."]
    place = start + (exponent - 1 - start) % length
    return [
        f"Modulo ${modulus}$, {listed}: from ${base}^{{{start + 1}}}$ on, the remainders repeat every {length} powers."
        if length > 1
        else f"Modulo ${modulus}$, {listed}: from ${base}^{{{start + 1}}}$ on, the remainders stay the same.",
        f"Since ${exponent} - {place + 1} = {length} \\cdot {(exponent - place - 1) // length}$, the remainder "
        f"is that of ${base}^{{{place + 1}}}$.",
    ]


def _squaring(base: int, exponent: int, modulus: int) -> list[str]:
    powers, value, k = [], base % modulus, 1
    while k <= exponent:
        powers.append((k, value))
        value, k = value * value % modulus, 2 * k
    used = [(k, value) for k, value in powers if exponent & k]
    squares = ", ".join(f"${base}^{{{k}}} \\equiv {value}$" for k, value in powers)
    factors = " \\cdot ".join(str(value) for _, value in used)
    total = prod(value for _, value in used)
    return [
        f"Squaring again and again modulo ${modulus}$: {squares}.",
        f"Since ${exponent} = {' + '.join(str(k) for k, _ in used)}$, we have ${base}^{{{exponent}}} \\equiv "
        f"{factors} \\equiv {total % modulus} \\pmod{{{modulus}}}$.",
    ]


def _divided(groups: Groups, _: Match) -> Computed:
    return _remainder(groups["a"][0], whole(groups["m"][0]))


def _residue(groups: Groups, _: Match) -> Computed:
    """Read `0 \\le n < 7` and `n \\equiv 100 \\pmod 7`, in either order."""
    slots = groups["facts"]
    ranges, congruences = (
        [found for slot in slots if (found := pattern.fullmatch(slot.strip()))] for pattern in (_RESIDUE, _CONGRUENCE)
    )
    if len(ranges) != 1 or len(congruences) != 1:
        raise UnreadableError
    bound, congruence = ranges[0], congruences[0]
    modulus, name = int(congruence[3]), bound[3]
    low, high = int(bound[1]) + (bound[2] == "<"), int(bound[5]) - (bound[4] == "<")
    sides = [congruence[1].strip(), congruence[2].strip()]
    if high - low + 1 != modulus or name not in sides:
        raise UnreadableError
    sides.remove(name)
    return _remainder(sides[0], modulus) if low == 0 else _shifted(_remainder(sides[0], modulus), low, modulus, name)


def _shifted(task: Computed, low: int, modulus: int, name: str) -> Computed:
    """Move a remainder into the range that begins with `low`."""

    def by_hand() -> list[Value]:
        (value,) = task.by_hand()
        return [next(Fraction(n) for n in range(low, low + modulus) if (n - value) % modulus == 0)]

    def lines(written: Sequence[str]) -> list[str]:
        (value,) = task.by_sympy()
        found = int(written[0])
        if found == value:
            return task.lines([str(value)])
        steps = (found - int(value)) // modulus
        sign = "+" if steps > 0 else "-"
        return [
            *task.lines([str(value)]),
            f"In the range asked for, ${name} = {value} {sign} {abs(steps)} \\cdot {modulus} = {found}$.",
        ]

    return Computed(lambda: [low + (value - low) % modulus for value in task.by_sympy()], by_hand, lines)


def _units_digit(groups: Groups, _: Match) -> Computed:
    return _remainder(groups["a"][0], 10)


def _tens_digit(groups: Groups, _: Match) -> Computed:
    task = _remainder(groups["a"][0], 100)

    def lines(written: Sequence[str]) -> list[str]:
        (value,) = task.by_sympy()
        return [
            *task.lines([str(value)]),
            f"The last two digits are ${int(value):02d}$, so the tens digit is ${written[0]}$.",
        ]

    return Computed(
        lambda: [value // 10 for value in task.by_sympy()], lambda: [value // 10 for value in task.by_hand()], lines
    )


def _inverse(groups: Groups, _: Match) -> Computed:
    number, modulus = whole(groups["a"][0]), whole(groups["m"][0], least=3)
    if [whole(slot, least=0) for slot in groups.get("range", [])] not in ([], [0, modulus - 1]):
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import mod_inverse

        return symbolic(mod_inverse(number, modulus))

    def by_hand() -> list[Fraction]:
        found = [k for k in range(1, modulus) if number * k % modulus == 1]
        if not found:
            raise UndefinedError("no inverse")
        return [Fraction(found[0])]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        return [
            f"We have ${number} \\cdot {value} = {number * value} = {number * value // modulus} \\cdot {modulus} "
            f"+ 1$, so ${number} \\cdot {value} \\equiv 1 \\pmod{{{modulus}}}$."
        ]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(rf"{ASK} the tens digit of (?P<a>@)", _tens_digit),
    form(
        rf"{ASK} the remainder (?:when|if)(?: the (?:sum|product|number|difference))? (?P<a>@) is divided by (?P<m>@)",
        _divided,
    ),
    form(rf"{ASK} the remainder of (?P<a>@) (?:when divided|divided|upon division) by (?P<m>@)", _divided),
    form(r"(?:when )?(?P<a>@) is divided by (?P<m>@) what is the remainder", _divided),
    form(
        r"(?:compute|find|evaluate|determine|reduce|what is)(?: the value of)? (?P<a>@) (?:modulo|as a residue "
        r"modulo|mod) (?P<m>@)",
        _divided,
    ),
    form(
        r"(?:find|determine|compute)(?: the)?(?: integer| value of| residue)? @ (?P<facts>@(?: such that| and| "
        r"if| with| where)* @)",
        _residue,
        tied=True,
    ),
    form(
        r"(?:suppose|if)(?: that)? (?P<facts>@ (?:where|and) @) (?:then )?(?:what is|find)(?: the value of)? @",
        _residue,
        tied=True,
    ),
    form(r"what (?:is the )?(?:integer|value of) @ (?:satisfies|such that) (?P<facts>@ and @)", _residue, tied=True),
    form(
        rf"{ASK} the (?:units?|ones|last) digit of(?: the (?:sum|product|number|integer))?(?: of)? (?P<a>@)(?: "
        rf"when written as an integer)?",
        _units_digit,
    ),
    form(
        r"(?:find|determine|what is|compute) the (?:modular )?inverse of (?P<a>@) (?:modulo|mod) (?P<m>@)(?: "
        r"from (?P<range>@ to @)(?: inclusive)?)?",
        _inverse,
        tied=True,
    ),
)
