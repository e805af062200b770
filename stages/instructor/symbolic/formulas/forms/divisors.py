"""Questions about divisors and prime factors, and about what numbers have in common."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Build, Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK, SLOTS
from stages.instructor.symbolic.formulas.forms.whole import whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import Tree
from stages.instructor.symbolic.formulas.values import evaluate
from stages.instructor.symbolic.formulas.work import equal

_LARGEST = 10**6
Factors = list[tuple[int, int]]
"""Primes in order with their exponents."""


def _factorized(number: int) -> Factors:
    found, left, prime = [], number, 2
    while left > 1:
        count = 0
        while left % prime == 0:
            left, count = left // prime, count + 1
        if count:
            found.append((prime, count))
        prime = left if prime * prime > left > 1 else prime + 1
    return found


def _written(number: int) -> str:
    return " \\cdot ".join(str(p) if k == 1 else f"{p}^{{{k}}}" for p, k in _factorized(number))


def _common(kind: str) -> Build:
    def build(groups: Groups, _: Match) -> Computed:
        numbers = [whole(slot) for slot in groups["of"]]
        if not 2 <= len(set(numbers)) == len(numbers) <= 4:
            raise UnreadableError

        def by_sympy() -> list[Any]:
            from sympy import igcd, ilcm

            return [igcd(*numbers) if kind == "gcd" else ilcm(*numbers)]

        return Computed(
            by_sympy,
            lambda: [_common_by_hand(kind, numbers)],
            lambda found: _common_lines(kind, numbers, int(found[0])),
        )

    return build


def _common_by_hand(kind: str, numbers: Sequence[int]) -> int:
    if kind == "gcd":
        return next(k for k in range(min(numbers), 0, -1) if all(n % k == 0 for n in numbers))
    largest = max(numbers)
    return next(k for k in range(largest, largest * 10**4, largest) if all(k % n == 0 for n in numbers))


def _common_lines(kind: str, numbers: Sequence[int], value: int) -> list[str]:
    factored = [f"${n} = {_written(n)}$" if _written(n) != str(n) else f"${n}$ is prime" for n in numbers]
    which = "lowest power of each prime that they share" if kind == "gcd" else "highest power of each prime in them"
    product = equal(list(dict.fromkeys([_written(value), str(value)])))
    end = "They share no prime" if value == 1 else f"The {which} gives {product}"
    return [f"We factor: {', '.join(factored)}.", f"{end}."]


_BY_FACTORS: dict[str, Callable[[Factors], int]] = {
    "largest": lambda factors: factors[-1][0],
    "smallest": lambda factors: factors[0][0],
    "sum": lambda factors: sum(p for p, _ in factors),
    "number of divisors": lambda factors: prod(k + 1 for _, k in factors),
    "sum of divisors": lambda factors: prod((p ** (k + 1) - 1) // (p - 1) for p, k in factors),
}


def _by_trial(kind: str, number: int) -> int:
    divisors = [k for k in range(1, number + 1) if number % k == 0]
    if kind.endswith("divisors"):
        return len(divisors) if kind.startswith("number") else sum(divisors)
    primes = [k for k in divisors[1:] if all(k % j for j in range(2, int(k**0.5) + 1))]
    return {"largest": max(primes), "smallest": min(primes), "sum": sum(primes)}[kind]


def _of_factors(kind: str) -> Build:
    def build(groups: Groups, _: Match) -> Computed:
        text = groups["a"][0]
        tree = parse(text)
        number = evaluate(tree)
        if not isinstance(number, Fraction) or number.denominator != 1 or not 2 <= number <= _LARGEST:
            raise UnreadableError

        def by_sympy() -> list[Any]:
            from sympy import factorint

            return [_BY_FACTORS[kind](sorted(factorint(exact.read(text)).items()))]

        return Computed(
            by_sympy,
            lambda: [_by_trial(kind, int(number))],
            lambda found: _factor_lines(kind, tree, int(number), found[0]),
        )

    return build


def _factor_lines(kind: str, tree: Tree, number: int, value: str) -> list[str]:
    factors = _factorized(number)
    shown = [] if tree.op == "number" else [f"{equal(chain(tree, str(number)))}."]
    is_prime = factors == [(number, 1)]
    first = f"${number}$ is prime." if is_prime else f"The prime factorization is ${number} = {_written(number)}$."
    if kind in ("largest", "smallest"):
        return [*shown, first]
    if kind == "sum":
        primes = " + ".join(str(p) for p, _ in factors)
        return [*shown, first, f"The sum of its prime factors is {equal(list(dict.fromkeys([primes, value])))}."]
    if kind == "number of divisors":
        choices = equal(list(dict.fromkeys([" \\cdot ".join(str(k + 1) for _, k in factors), value])))
        return [*shown, first, f"Counting the choices for the exponent of each prime, there are {choices} of them."]
    sums = "".join(f"({' + '.join(str(p**j) for j in range(k + 1))})" for p, k in factors)
    return [
        *shown,
        first,
        f"Each divisor is a product of one term of each bracket, so their sum is {equal([sums, value])}.",
    ]


_GCD = r"(?:greatest common (?:divisor|factor)|gcd|gcf)"
_DIVISORS = r"(?:positive |whole-number |distinct |integer )*(?:divisors|factors)"

FORMS: tuple[Form, ...] = (
    form(rf"{ASK} the {_GCD} of(?: the numbers)? (?P<of>{SLOTS})", _common("gcd")),
    form(rf"{ASK} the (?:least common multiple|lcm) of(?: the numbers)? (?P<of>{SLOTS})", _common("lcm")),
    form(rf"{ASK} the smallest positive integer divisible by (?P<of>{SLOTS})", _common("lcm")),
    form(rf"{ASK} the (?:largest|greatest) prime (?:factor|divisor) of (?P<a>@)", _of_factors("largest")),
    form(rf"{ASK} the (?:smallest|least) prime (?:factor|divisor) of (?P<a>@)", _of_factors("smallest")),
    form(rf"{ASK} the sum of the distinct prime (?:factors|divisors) of (?P<a>@)", _of_factors("sum")),
    form(rf"how many {_DIVISORS} does(?: the number)? (?P<a>@) have", _of_factors("number of divisors")),
    form(rf"{ASK} the number of {_DIVISORS} of (?P<a>@)", _of_factors("number of divisors")),
    form(rf"{ASK} the sum of(?: all)?(?: the)? {_DIVISORS} of (?P<a>@)", _of_factors("sum of divisors")),
)
