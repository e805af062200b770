r"""Questions for remainders: of sums and products, of powers, in a range, as last digits; and inverses."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK
from stages.instructor.symbolic.formulas.forms.whole import whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_POWER = re.compile(r"(\d+)\s*\^\s*\{?\s*(\d+)\s*\}?")
_RESIDUE = re.compile(r"0\s*\\leq?\s*([a-z])\s*(<|\\leq?)\s*(\d+)")
_CONGRUENCE = re.compile(r"(.+?)\\equiv(.+?)(?:\\!|~|\\;|\\,)*\\(?:pmod|mod|bmod)\s*\{?\s*(\d+)\s*\}?~?")
_LONGEST_CYCLE = 12
_LARGEST_EXPONENT = 10**5


def _remainder(expression: str, modulus: int) -> Computed:
    if modulus < 2:
        raise UnreadableError
    power = _POWER.fullmatch(expression.strip())
    return _of_power(int(power[1]), int(power[2]), modulus) if power else _of_value(expression, modulus)


def _of_value(expression: str, modulus: int) -> Computed:
    tree = parse(expression)

    def value_by_hand() -> int:
        value = evaluate(tree)
        if not isinstance(value, Fraction) or value.denominator != 1:
            raise UndefinedError("not whole")
        return int(value)

    def by_sympy() -> list[Any]:
        value = exact.read(expression)
        if not value.is_Integer:
            raise UnsolvedError
        return [value % modulus]

    def lines(written: Sequence[str]) -> list[str]:
        value = value_by_hand()
        quotient = value // modulus
        shown = [] if tree.op in ("number", "neg") else [f"{equal(chain(tree, str(value)))}."]
        held = quotient if quotient >= 0 else f"({quotient})"
        division = equal([str(value), f"{held} \\cdot {modulus} + {written[0]}"])
        return [*shown, f"Dividing by ${modulus}$, {division}, so the remainder is ${written[0]}$."]

    return Computed(by_sympy, lambda: [value_by_hand() - modulus * (value_by_hand() // modulus)], lines)


def _of_power(base: int, exponent: int, modulus: int) -> Computed:
    if exponent > _LARGEST_EXPONENT:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Integer, Mod, Pow

        return [Mod(Pow(Integer(base), Integer(exponent), evaluate=False), modulus)]

    def by_hand() -> list[Value]:
        value = 1
        for _ in range(exponent):
            value = value * base % modulus
        return [value]

    def lines(written: Sequence[str]) -> list[str]:
        return [*_cycle(base, exponent, modulus), f"So the remainder of ${base}^{{{exponent}}}$ is ${written[0]}$."]

    return Computed(by_sympy, by_hand, lines)


def _cycle(base: int, exponent: int, modulus: int) -> list[str]:
    """Show the powers of a number modulo another one until they repeat."""
    seen: list[int] = []
    value = base % modulus
    while value not in seen:
        seen.append(value)
        value = value * base % modulus
    if len(seen) > _LONGEST_CYCLE:
        raise UnsolvedError
    start, length = seen.index(value), len(seen) - seen.index(value)
    powers = ", ".join(f"${base}^{{{k + 1}}} \\equiv {one}$" for k, one in enumerate([*seen, value]))
    if exponent <= len(seen):
        return [f"Modulo ${modulus}$, {powers}."]
    place = start + (exponent - 1 - start) % length
    repeated = f"repeat every {length} powers" if length > 1 else "stay the same"
    return [
        f"Modulo ${modulus}$, {powers}: from ${base}^{{{start + 1}}}$ on, the remainders {repeated}.",
        f"Since ${exponent} - {place + 1} = {length} \\cdot {(exponent - place - 1) // length}$, the remainder "
        f"is that of ${base}^{{{place + 1}}}$.",
    ]


def _divided(groups: Groups, _: Match) -> Computed:
    return _remainder(groups["a"][0], whole(groups["m"][0]))


def _residue(groups: Groups, _: Match) -> Computed:
    r"""Read `0 \le n < 7` and `n \equiv 100 \pmod 7`, in either order."""
    ranges, congruences = (
        [found for slot in groups["facts"] if (found := pattern.fullmatch(slot.strip()))]
        for pattern in (_RESIDUE, _CONGRUENCE)
    )
    if len(ranges) != 1 or len(congruences) != 1:
        raise UnreadableError
    (name, sign, bound), (left, right, modulus) = ranges[0].groups(), congruences[0].groups()
    sides = [left.strip(), right.strip()]
    if int(bound) + (sign != "<") != int(modulus) or name not in sides:
        raise UnreadableError
    sides.remove(name)
    return _remainder(sides[0], int(modulus))


def _units_digit(groups: Groups, _: Match) -> Computed:
    expression = groups["a"][0]
    if not _POWER.fullmatch(expression.strip()) and not evaluate(parse(expression)) > 0:
        raise UnreadableError
    return _remainder(expression, 10)


def _inverse(groups: Groups, _: Match) -> Computed:
    number, modulus = whole(groups["a"][0]), whole(groups["m"][0], least=3)
    if [whole(slot, least=0) for slot in groups["range"]] != [0, modulus - 1]:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import mod_inverse

        return [mod_inverse(number, modulus)]

    def by_hand() -> list[Value]:
        found = [k for k in range(1, modulus) if number * k % modulus == 1]
        if not found:
            raise UndefinedError("no inverse")
        return [found[0]]

    def lines(written: Sequence[str]) -> list[str]:
        product = number * int(written[0])
        return [
            f"We have ${number} \\cdot {written[0]} = {product} = {product // modulus} \\cdot {modulus} + 1$, "
            f"so ${number} \\cdot {written[0]} \\equiv 1 \\pmod{{{modulus}}}$."
        ]

    return Computed(by_sympy, by_hand, lines)


FORMS: tuple[Form, ...] = (
    form(rf"{ASK} the remainder when(?: the sum)? (?P<a>@) is divided by (?P<m>@)", _divided),
    form(rf"{ASK} the remainder of (?P<a>@) divided by (?P<m>@)", _divided),
    form(r"find the integer @ (?P<facts>@ such that @)", _residue, tied=True),
    form(r"suppose (?P<facts>@ where @) what is the value of @", _residue, tied=True),
    form(r"what integer @ satisfies (?P<facts>@ and @)", _residue, tied=True),
    form(rf"{ASK} the units digit of (?P<a>@)", _units_digit),
    form(
        r"(?:find|what is) the modular inverse of (?P<a>@) modulo (?P<m>@) from (?P<range>@ to @) inclusive",
        _inverse,
        tied=True,
    ),
)
