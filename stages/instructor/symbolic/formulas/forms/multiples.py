"""Questions for multiples and primes: the nearest, those with so many digits, how many there are."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, Match, form
from stages.instructor.symbolic.formulas.forms.patterns import ASK, SLOTS
from stages.instructor.symbolic.formulas.forms.whole import symbolic, whole
from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import Value, evaluate

_DIGITS = {"two": 2, "three": 3, "four": 4, "five": 5}


def _digits(groups: Groups, match: Match) -> int:
    found = whole(groups["digits"][0]) if groups["digits"] else _DIGITS[match["digits"]]
    if not 2 <= found <= 5:
        raise UnreadableError
    return found


def _digit_multiple(groups: Groups, match: Match) -> Computed:
    """Read "the greatest three-digit multiple of 7"."""
    digits, divisors = _digits(groups, match), [whole(slot, least=2) for slot in groups["m"]]
    largest = match["extreme"] in ("greatest", "largest")
    low, high = 10 ** (digits - 1), 10**digits - 1

    def by_sympy() -> list[Any]:
        from sympy import Rational, ceiling, floor, ilcm

        step = ilcm(*divisors, 1)
        return symbolic(floor(Rational(high, step)) * step if largest else ceiling(Rational(low, step)) * step)

    def by_hand() -> list[Fraction]:
        numbers = range(high, low - 1, -1) if largest else range(low, high + 1)
        return [Fraction(next(n for n in numbers if all(n % d == 0 for d in divisors)))]

    def lines(written: Sequence[str]) -> list[str]:

        step, value = lcm(*divisors), int(written[0])
        first = [f"Such a number is a multiple of the least common multiple, ${step}$."] if len(divisors) > 1 else []
        near = value + step if largest else value - step
        return [
            *first,
            f"We have ${value} = {value // step} \\cdot {step}$, while the {'next' if largest else 'previous'} "
            f"multiple, ${near}$, does not have {digits} digits.",
        ]

    return Computed(by_sympy, by_hand, lines)


def _multiple_near(groups: Groups, match: Match) -> Computed:
    """Read "the largest multiple of 9 smaller than 100", with a remainder or without."""
    step, rest = whole(groups["m"][0], least=2), whole(groups["r"][0]) if groups.get("r") else 0
    bound = evaluate(parse(groups["n"][0]))
    largest, below = match["extreme"] in ("largest", "greatest"), match["side"] in ("less", "smaller")
    if largest is not below or not isinstance(bound, Fraction) or bound.denominator != 1 or rest >= step:
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import Rational, ceiling, floor

        share = Rational(int(bound) - rest, step)
        return [(ceiling(share) - 1 if below else floor(share) + 1) * step + rest]

    def by_hand() -> list[Value]:
        sign = -1 if below else 1
        return [
            next(Fraction(n) for k in range(1, step + 1) for n in [int(bound) + sign * k] if (n - rest) % step == 0)
        ]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        near = value + step if below else value - step
        tail = f" + {rest}" if rest else ""
        quotient = (value - rest) // step
        factor = f"({quotient})" if quotient < 0 else str(quotient)
        return [
            f"We have ${value} = {factor} \\cdot {step}{tail}$, and the {'next' if below else 'previous'} such "
            f"number, ${near}$, is not {match['side']} than ${bound}$."
        ]

    return Computed(by_sympy, by_hand, lines)


def _count_multiples(groups: Groups, _: Match) -> Computed:
    divisor, (low, high) = whole(groups["m"][0], least=2), [whole(slot) for slot in groups["range"]]
    if low % divisor == 0 or high % divisor == 0 or low >= high:
        raise UnreadableError
    return _counting(divisor, low, high, f"between ${low}$ and ${high}$")


def _count_digit_multiples(groups: Groups, match: Match) -> Computed:
    divisors, digits = [whole(slot, least=2) for slot in groups["m"]], _digits(groups, match)

    return _counting(lcm(*divisors), 10 ** (digits - 1), 10**digits - 1, f"with {digits} digits", divisors)


def _count_below(groups: Groups, _: Match) -> Computed:
    divisor, high = whole(groups["m"][0], least=2), whole(groups["n"][0])
    if high % divisor == 0:
        raise UnreadableError
    return _counting(divisor, 1, high, f"up to ${high}$")


def _counting(step: int, low: int, high: int, where: str, divisors: Sequence[int] = ()) -> Computed:
    def by_sympy() -> list[Any]:
        from sympy import Rational, floor

        return symbolic(floor(Rational(high, step)) - floor(Rational(low - 1, step)))

    if high > 10**5:
        raise UnreadableError

    def by_hand() -> list[Fraction]:
        return [Fraction(sum(all(n % d == 0 for d in divisors or (step,)) for n in range(low, high + 1)))]

    def lines(written: Sequence[str]) -> list[str]:
        first, last = -(-low // step), high // step
        lead = [f"Such a number is a multiple of the least common multiple, ${step}$."] if len(divisors) > 1 else []
        ends = (
            f"The multiples of ${step}$ {where} go from ${first} \\cdot {step} = {first * step}$ to ${last} "
            f"\\cdot {step} = {last * step}$"
        )
        return [*lead, f"{ends}, so there are ${last} - {first} + 1 = {written[0]}$ of them."]

    return Computed(by_sympy, by_hand, lines)


def _primes_between(groups: Groups, match: Match) -> Computed:
    low, high = (
        [whole(slot) for slot in groups["range"]] if len(groups["range"]) == 2 else (1, whole(groups["range"][0]))
    )
    if not low < high <= 400 or (_is_prime(low) or _is_prime(high)):
        raise UnreadableError
    total = match["what"] == "sum"
    primes = [n for n in range(low, high) if _is_prime(n)]

    def by_sympy() -> list[Any]:
        from sympy import primerange

        found = list(primerange(low, high))
        return symbolic(sum(found) if total else len(found))

    def lines(written: Sequence[str]) -> list[str]:
        if not primes or len(primes) > 20:
            raise exact.UnsolvedError
        listed = f"The primes in this range are ${', '.join(map(str, primes))}$."
        return [listed, f"Their sum is ${written[0]}$." if total else f"There are ${written[0]}$ of them."]

    return Computed(by_sympy, lambda: [Fraction(sum(primes) if total else len(primes))], lines)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % k for k in range(2, int(number**0.5) + 1))


FORMS: tuple[Form, ...] = (
    form(
        rf"{ASK} the (?P<extreme>largest|greatest|smallest|least) (?:positive )?multiple of (?P<m>@) (?:that is |"
        rf"which is )?(?P<side>less|greater|smaller|larger|more) than (?P<n>@)",
        _multiple_near,
    ),
    form(
        rf"{ASK} the (?P<extreme>largest|greatest) integer (?P<side>less|smaller) than (?P<n>@) that leaves a "
        rf"remainder of (?P<r>@) when divided by (?P<m>@)",
        _multiple_near,
    ),
    form(
        rf"{ASK} the (?P<extreme>greatest|largest|smallest|least)(?: positive)?(?: possible)? (?P<digits>two|"
        rf"three|four|five|@)-digit(?: positive)?(?: whole| base ten)?(?: number| integer)?(?: that is)? (?:a "
        rf")?(?:multiple of|divisible by)(?: both)? (?P<m>{SLOTS})",
        _digit_multiple,
    ),
    form(
        rf"how many(?: positive)? (?P<digits>two|three|four|five|@)-digit(?: positive)? (?:numbers|integers|"
        rf"whole numbers) are (?:divisible by|multiples of)(?: both)? (?P<m>{SLOTS})",
        _count_digit_multiples,
    ),
    form(
        r"how many (?:positive )?(?P<digits>two|three|four|five|@)-digit multiples of (?P<m>@) are there",
        _count_digit_multiples,
    ),
    form(
        r"how many (?:positive )?(?:multiples of|integers divisible by|numbers divisible by) (?P<m>@) are "
        r"(?:there )?between (?P<range>@ and @)",
        _count_multiples,
    ),
    form(
        r"how many positive (?:integers|numbers|multiples) (?:less than|not exceeding|up to|smaller than) "
        r"(?P<n>@) are (?:divisible by|multiples of) (?P<m>@)",
        _count_below,
    ),
    form(r"how many positive multiples of (?P<m>@) are less than (?P<n>@)", _count_below),
    form(
        r"how many (?P<what>prime) (?:numbers|positive integers) are (?:there )?between (?P<range>@ and @)",
        _primes_between,
    ),
    form(r"how many (?P<what>primes) are (?:there )?between (?P<range>@ and @)", _primes_between),
    form(
        r"what is the (?P<what>sum) of (?:all )?(?:the )?(?:prime numbers|primes) (?:between|less than) "
        r"(?P<range>@(?: and @)?)",
        _primes_between,
    ),
)
