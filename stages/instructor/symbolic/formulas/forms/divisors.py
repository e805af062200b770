"""Questions about divisors and prime factors, and about what numbers have in common."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK, SLOTS
from stages.instructor.symbolic.formulas.forms.whole import symbolic, whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree
from stages.instructor.symbolic.formulas.values import Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_HOW_MANY = r"how many(?: different| distinct)*(?: positive)?(?: integer| whole-number| natural-number| whole number)?"
_FACTORS = r"(?:divisors|factors|integer divisors|integer factors)"


def _factorization(number: int) -> list[tuple[int, int]]:
    found, left, prime = [], number, 2
    while left > 1:
        count = 0
        while left % prime == 0:
            left, count = left // prime, count + 1
        if count:
            found.append((prime, count))
        prime = left if prime * prime > left and left > 1 else prime + 1
    return found


def _written_factors(number: int) -> str:
    return " \\cdot ".join(
        str(p) if k == 1 else f"{p}^{{{k}}}" if k > 9 else f"{p}^{k}" for p, k in _factorization(number)
    )


def _common(kind: str) -> Callable[[Groups, Match], Computed]:
    def build(groups: Groups, _: Match) -> Computed:
        numbers = [whole(part) for slot in groups["of"] for part in _listed(slot)]
        if not 2 <= len(numbers) <= 4 or len(set(numbers)) != len(numbers):
            raise UnreadableError
        return Computed(
            lambda: _by_sympy(kind, numbers),
            lambda: [_by_hand(kind, numbers)],
            lambda written: _common_lines(kind, numbers, written),
        )

    return build


def _listed(slot: str) -> list[str]:
    inner = re.fullmatch(r"\\(?:gcd|text\{lcm\}|operatorname\{lcm\})\s*[(\[](.*)[)\]]", slot.strip())
    return re.split(r",\s", inner[1] if inner else slot)


def _by_sympy(kind: str, numbers: Sequence[int]) -> list[Any]:
    from sympy import igcd, ilcm

    return symbolic(igcd(*numbers) if kind == "gcd" else ilcm(*numbers))


def _by_hand(kind: str, numbers: Sequence[int]) -> Fraction:
    if kind == "gcd":
        return Fraction(next(k for k in range(min(numbers), 0, -1) if all(n % k == 0 for n in numbers)))
    largest = max(numbers)
    return Fraction(next(k for k in range(largest, largest * 10**4, largest) if all(k % n == 0 for n in numbers)))


def _common_lines(kind: str, numbers: Sequence[int], written: Sequence[str]) -> list[str]:
    factored = [
        f"${n} = {_written_factors(n)}$" if _written_factors(n) != str(n) else f"${n}$ is prime" for n in numbers
    ]
    which = "lowest power of each prime that they share" if kind == "gcd" else "highest power of each prime in them"
    value = int(written[0])
    end = (
        "They share no prime"
        if value == 1
        else f"The {which} gives ${_written_factors(value)}"
        f"{f' = {value}' if _written_factors(value) != str(value) else ''}$"
    )
    return [f"We factor: {', '.join(factored)}.", f"{end}."]


def _both_common(groups: Groups, match: Match) -> Computed:
    numbers = [whole(slot) for slot in groups["of"]]
    if len(set(numbers)) != 2 or max(numbers) > 10**4:
        raise UnreadableError
    sign = " \\cdot " if match["what"] == "product" else " + "

    def by_sympy() -> list[Any]:
        from sympy import igcd, ilcm

        return symbolic(_with_sign(sign, igcd(*numbers), ilcm(*numbers)))

    def by_hand() -> list[Value]:
        return [Fraction(_with_sign(sign, _by_hand("gcd", numbers), _by_hand("lcm", numbers)))]

    def lines(written: Sequence[str]) -> list[str]:
        found = [str(_by_hand(kind, numbers)) for kind in ("gcd", "lcm")]
        factored = _common_lines("gcd", numbers, [found[0]])[0]
        return [
            factored,
            f"The greatest common divisor is ${found[0]}$ and the least common multiple is ${found[1]}$.",
            f"{equal([sign.join(found), written[0]])}.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _with_sign(sign: str, first: Any, second: Any) -> Any:
    return first * second if "cdot" in sign else first + second


_OF_PRIMES: dict[str, Callable[[list[tuple[int, int]]], int]] = {
    "largest": lambda factors: factors[-1][0],
    "smallest": lambda factors: factors[0][0],
    "sum": lambda factors: sum(p for p, _ in factors),
    "product": lambda factors: prod(p for p, _ in factors),
    "count": len,
    "divisors": lambda factors: prod(k + 1 for _, k in factors),
    "divisor sum": lambda factors: prod((p ** (k + 1) - 1) // (p - 1) for p, k in factors),
    "odd divisors": lambda factors: prod(k + 1 for p, k in factors if p != 2),
    "even divisors": lambda factors: prod(k + 1 for p, k in factors) - prod(k + 1 for p, k in factors if p != 2),
    "perfect square divisors": lambda factors: prod(k // 2 + 1 for _, k in factors),
}  # fmt: skip


def _counted(kind: str, number: int) -> int:
    divisors = [k for k in range(1, number + 1) if number % k == 0]
    primes = [k for k in divisors if k > 1 and all(k % j for j in range(2, int(k**0.5) + 1))]
    counts: dict[str, int] = {
        "largest": max(primes),
        "smallest": min(primes),
        "sum": sum(primes),
        "product": prod(primes),
        "count": len(primes),
        "divisors": len(divisors),
        "divisor sum": sum(divisors),
        "odd divisors": sum(k % 2 for k in divisors),
        "even divisors": sum(1 - k % 2 for k in divisors),
        "perfect square divisors": sum(round(k**0.5) ** 2 == k for k in divisors),
    }
    return counts[kind]


def _of_factors(kind: str) -> Callable[[Groups, Match], Computed]:
    def build(groups: Groups, _: Match) -> Computed:
        tree = parse(groups["a"][0])
        number = evaluate(tree)
        if not isinstance(number, Fraction) or number.denominator != 1 or not 2 <= number <= 10**6:
            raise UnreadableError
        return Computed(
            lambda: _factor_by_sympy(kind, groups["a"][0]),
            lambda: [Fraction(_counted(kind, int(number)))],
            lambda written: _factor_lines(kind, tree, int(number), written),
        )

    return build


def _factor_by_sympy(kind: str, text: str) -> list[Any]:
    from sympy import factorint

    value = exact.read(text)
    if not value.is_Integer:
        raise exact.UnsolvedError
    return symbolic(_OF_PRIMES[kind](sorted(factorint(int(value)).items())))


def _factor_lines(kind: str, tree: Tree, number: int, written: Sequence[str]) -> list[str]:
    factors, value = _factorization(number), written[0]
    shown = [] if tree.op == "number" else [f"{equal(chain(tree, str(number)))}."]
    first = (
        f"The prime factorization is ${number} = {_written_factors(number)}$."
        if len(factors) > 1 or factors[0][1] > 1
        else f"${number}$ is prime."
    )
    primes = [str(p) for p, _ in factors]
    if kind in ("largest", "smallest", "count"):
        return [*shown, first]
    if kind in ("sum", "product"):
        sign = " + " if kind == "sum" else " \\cdot "
        return [
            *shown,
            first,
            f"Its prime factors have the {kind} ${sign.join(primes)}{f' = {value}' if len(primes) > 1 else ''}$.",
        ]
    return [*shown, first, _divisor_line(kind, factors, value)]


def _divisor_line(kind: str, factors: list[tuple[int, int]], value: str) -> str:
    if kind == "divisor sum":
        sums = "".join("(" + " + ".join("1" if j == 0 else str(p**j) for j in range(k + 1)) + ")" for p, k in factors)
        return f"Each divisor is a product of one term of each bracket, so their sum is ${sums} = {value}$."
    counts = {
        "perfect square divisors": [k // 2 + 1 for _, k in factors],
        "odd divisors": [k + 1 for p, k in factors if p != 2],
    }
    numbers = counts.get(kind, [k if kind == "even divisors" and p == 2 else k + 1 for p, k in factors])
    product = " \\cdot ".join(map(str, numbers))
    return (
        f"Counting the choices for the exponent of each prime, there are ${product}"
        f"{f' = {value}' if len(numbers) > 1 else ''}$ of them."
    )


FORMS: tuple[Form, ...] = (
    form(
        rf"{ASK} the (?P<what>product|sum) of the greatest common (?:divisor|factor) and the least common "
        rf"multiple of (?P<of>@ and @)",
        _both_common,
    ),
    form(
        rf"{ASK} the (?:greatest common (?:divisor|factor)|gcd|gcf|largest common (?:divisor|factor)|greatest "
        rf"common divisor \(gcd\))(?: of| between| for)?(?: the)?(?: numbers)? (?P<of>{SLOTS})",
        _common("gcd"),
    ),
    form(
        rf"{ASK} the (?:least common multiple|lcm|lowest common multiple|smallest common multiple)(?: of)?(?: "
        rf"the)?(?: numbers)? (?P<of>{SLOTS})",
        _common("lcm"),
    ),
    form(
        rf"{ASK} the smallest positive integer (?:that is )?(?:divisible by|multiple of)(?: all of| both| each "
        rf"of)?(?: the integers)? (?P<of>{SLOTS})",
        _common("lcm"),
    ),
    form(rf"{ASK} the (?:largest|greatest) prime (?:factor|divisor) of (?P<a>@)", _of_factors("largest")),
    form(rf"{ASK} the (?:smallest|least) prime (?:factor|divisor) of (?P<a>@)", _of_factors("smallest")),
    form(rf"{ASK} the sum of the distinct prime (?:factors|divisors) of (?P<a>@)", _of_factors("sum")),
    form(r"how many (?:distinct|different) prime (?:factors|divisors) does (?P<a>@) have", _of_factors("count")),
    form(rf"{_HOW_MANY} {_FACTORS} does(?: the number| the integer)? (?P<a>@) have", _of_factors("divisors")),
    form(rf"{_HOW_MANY} {_FACTORS} of (?P<a>@) are there", _of_factors("divisors")),
    form(
        rf"{ASK} the (?:total )?number of(?: distinct| different)?(?: positive)?(?: integer)? {_FACTORS} of (?P<a>@)",
        _of_factors("divisors"),
    ),
    form(
        rf"{ASK} the sum of(?: all)?(?: of)?(?: the)? (?:distinct )?(?:positive |whole-number |whole number |"
        rf"positive integer |integer )?{_FACTORS} of (?P<a>@)",
        _of_factors("divisor sum"),
    ),
    form(
        rf"how many (?:of the )?(?:positive )?odd (?:positive )?{_FACTORS} does (?P<a>@) have",
        _of_factors("odd divisors"),
    ),
    form(
        rf"how many (?:of the )?(?:positive )?even (?:positive )?{_FACTORS} does (?P<a>@) have",
        _of_factors("even divisors"),
    ),
    form(rf"how many (?:of the )?(?:positive )?{_FACTORS} of (?P<a>@) are even", _of_factors("even divisors")),
    form(
        rf"how many (?:of the )?(?:positive )?{_FACTORS} of (?P<a>@) are perfect squares",
        _of_factors("perfect square divisors"),
    ),
)
