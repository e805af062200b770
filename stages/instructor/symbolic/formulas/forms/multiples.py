"""Questions for multiples and primes: the nearest, those with so many digits, how many there are."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK, SLOTS
from stages.instructor.symbolic.formulas.forms.whole import whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import Value, evaluate

_DIGITS = {"two": 2, "three": 3, "four": 4, "five": 5}
_HAS_DIGITS = r"(?P<digits>two|three|four|five|@)-digit"


def _range(groups: Groups, match: Match) -> tuple[int, int, int]:
    """Return how many digits a question asks for, with the first and the last number that has so many."""
    digits = whole(groups["digits"][0]) if groups["digits"] else _DIGITS[match["digits"]]
    if not 2 <= digits <= 5:
        raise UnreadableError
    return digits, 10 ** (digits - 1), 10**digits - 1


def _with_digits(groups: Groups, match: Match) -> Computed:
    """Read "the greatest three-digit multiple of 7"."""
    (digits, low, high), step = _range(groups, match), whole(groups["m"][0], least=2)
    largest = match["extreme"] in ("greatest", "largest")

    def by_sympy() -> list[Any]:
        from sympy import Rational, ceiling, floor

        return [floor(Rational(high, step)) * step if largest else ceiling(Rational(low, step)) * step]

    def by_hand() -> list[Value]:
        numbers = range(high, low - 1, -1) if largest else range(low, high + 1)
        return [next(n for n in numbers if n % step == 0)]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        near = value + step if largest else value - step
        return [
            f"We have ${value} = {value // step} \\cdot {step}$, while the {'next' if largest else 'previous'} "
            f"multiple, ${near}$, does not have {digits} digits."
        ]

    return Computed(by_sympy, by_hand, lines)


def _near(groups: Groups, match: Match) -> Computed:
    """Read "the largest multiple of 9 smaller than 100", with a remainder or without."""
    step, rest = whole(groups["m"][0], least=2), whole(groups["r"][0]) if "r" in groups else 0
    bound = evaluate(parse(groups["n"][0]))
    largest, below = match["extreme"] in ("largest", "greatest"), match["side"] in ("less", "smaller")
    if largest is not below or not isinstance(bound, Fraction) or bound.denominator != 1 or rest >= step:
        raise UnreadableError
    if "positive" in match.string and bound <= step:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Rational, ceiling, floor

        share = Rational(int(bound) - rest, step)
        return [(ceiling(share) - 1 if below else floor(share) + 1) * step + rest]

    def by_hand() -> list[Value]:
        sign = -1 if below else 1
        return [next(n for k in range(1, step + 1) for n in [int(bound) + sign * k] if (n - rest) % step == 0)]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        near = value + step if below else value - step
        quotient = (value - rest) // step
        return [
            f"We have ${value} = {quotient if quotient >= 0 else f'({quotient})'} \\cdot {step}"
            f"{f' + {rest}' if rest else ''}$, and the {'next' if below else 'previous'} such number, ${near}$, is not "
            f"{match['side']} than ${bound}$."
        ]

    return Computed(by_sympy, by_hand, lines)


def _count_with_digits(groups: Groups, match: Match) -> Computed:
    divisors, (digits, low, high) = [whole(slot, least=2) for slot in groups["m"]], _range(groups, match)
    return _counted(divisors, low, high, f"with {digits} digits")


def _count_between(groups: Groups, _: Match) -> Computed:
    divisor, (low, high) = whole(groups["m"][0], least=2), [whole(slot) for slot in groups["range"]]
    if low % divisor == 0 or high % divisor == 0 or not low < high < 10**5:
        raise UnreadableError
    return _counted([divisor], low, high, f"between ${low}$ and ${high}$")


def _counted(divisors: Sequence[int], low: int, high: int, where: str) -> Computed:
    step = lcm(*divisors)

    def by_sympy() -> list[Any]:
        from sympy import Rational, floor, ilcm

        each = ilcm(1, *divisors)
        return [floor(Rational(high, each)) - floor(Rational(low - 1, each))]

    def by_hand() -> list[Value]:
        return [sum(all(n % d == 0 for d in divisors) for n in range(low, high + 1))]

    def lines(written: Sequence[str]) -> list[str]:
        first, last = -(-low // step), high // step
        lead = [f"Such a number is a multiple of the least common multiple, ${step}$."] if len(divisors) > 1 else []
        ends = (
            f"The multiples of ${step}$ {where} go from ${first} \\cdot {step} = {first * step}$ to ${last} "
            f"\\cdot {step} = {last * step}$"
        )
        return [*lead, f"{ends}, so there are ${last} - {first} + 1 = {written[0]}$ of them."]

    return Computed(by_sympy, by_hand, lines)


def _primes(groups: Groups, match: Match) -> Computed:
    low, high = (whole(slot) for slot in groups["range"])
    if not low < high <= 400 or _is_prime(low) or _is_prime(high):
        raise UnreadableError
    total = match.groupdict().get("sum") is not None
    found = [n for n in range(low, high) if _is_prime(n)]

    def by_sympy() -> list[Any]:
        from sympy import primerange

        primes = list(primerange(low, high))
        return [sum(primes) if total else len(primes)]

    def lines(written: Sequence[str]) -> list[str]:
        if not found or len(found) > 20:
            raise UnsolvedError
        listed = f"The primes in this range are ${', '.join(map(str, found))}$."
        return [listed, f"Their sum is ${written[0]}$." if total else f"There are ${written[0]}$ of them."]

    return Computed(by_sympy, lambda: [sum(found) if total else len(found)], lines)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % k for k in range(2, int(number**0.5) + 1))


FORMS: tuple[Form, ...] = (
    form(
        rf"{ASK} the (?P<extreme>largest|greatest|smallest|least) (?:positive )?multiple of (?P<m>@) (?:that is |"
        rf"which is )?(?P<side>less|greater|smaller) than (?P<n>@)",
        _near,
    ),
    form(
        rf"{ASK} the (?P<extreme>largest|greatest) integer (?P<side>less|smaller) than (?P<n>@) that leaves a "
        rf"remainder of (?P<r>@) when divided by (?P<m>@)",
        _near,
    ),
    form(
        rf"{ASK} the (?P<extreme>greatest|largest|smallest|least)(?: positive)? {_HAS_DIGITS}(?: positive)?"
        rf"(?: number| integer)?(?: that is)? (?:multiple of|divisible by) (?P<m>@)",
        _with_digits,
    ),
    form(
        rf"how many(?: positive)? {_HAS_DIGITS}(?: positive)? (?:numbers|integers) are (?:divisible by|multiples of)"
        rf"(?: both)? (?P<m>{SLOTS})",
        _count_with_digits,
    ),
    form(r"how many multiples of (?P<m>@) are between (?P<range>@ and @)", _count_between),
    form(r"how many prime numbers are between (?P<range>@ and @)", _primes),
    form(rf"{ASK} the (?P<sum>sum) of (?:all )?the prime numbers between (?P<range>@ and @)", _primes),
)
