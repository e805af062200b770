r"""Questions about whole numbers: remainders, divisors, primes, multiples, numerals in other bases."""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from math import prod
from typing import Any

from stages.instructor.symbolic.formulas import exact
from stages.instructor.symbolic.formulas.forms.computed import Computed
from stages.instructor.symbolic.formulas.forms.form import Form, Groups, form
from stages.instructor.symbolic.formulas.forms.patterns import SLOTS
from stages.instructor.symbolic.formulas.steps import chain
from stages.instructor.symbolic.formulas.trees import Tree, UnreadableError, parse
from stages.instructor.symbolic.formulas.values import UndefinedError, Value, evaluate
from stages.instructor.symbolic.formulas.work import equal

_POWER = re.compile(r"(\d+)\s*\^\s*\{?\s*(\d+)\s*\}?")
_BASED = re.compile(r"(\d+)_\s*\{?\s*(\d+)\s*\}?")
_RESIDUE = re.compile(r"(-?\d+)\s*(<|\\leq?)\s*([a-z])\s*(<|\\leq?)\s*(-?\d+)")
_CONGRUENCE = re.compile(r"(.+?)\\equiv(.+?)(?:\\!|~|\\;|\\,)*\\(?:pmod|mod|bmod)\s*\{?\s*(\d+)\s*\}?~?")
_DIGITS = {"two": 2, "three": 3, "four": 4, "five": 5}
_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_LARGEST = 10**7
Match = "re.Match[str]"


def whole(text: str, *, least: int = 1) -> int:
    """Read a plain whole number.

    Raises:
        UnreadableError: it is none, or too small or large.
    """
    tree = parse(text)
    if tree.op != "number" or tree.value.denominator != 1 or not least <= tree.value <= _LARGEST or tree.name:
        raise UnreadableError
    return int(tree.value)


def _symbolic(value: Any) -> list[Any]:
    from sympy import Integer

    return [Integer(value)]


# Remainders


def _remainder(expression: str, modulus: int, shown: str = "") -> Computed:
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
        division = equal([str(value), f"{quotient} \\cdot {modulus} + {written[0]}" if quotient >= 0 else f"({quotient}) \\cdot {modulus} + {written[0]}"])
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
        f"Since ${exponent} - {place + 1} = {length} \\cdot {(exponent - place - 1) // length}$, the remainder is that of ${base}^{{{place + 1}}}$.",
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
        f"Since ${exponent} = {' + '.join(str(k) for k, _ in used)}$, we have ${base}^{{{exponent}}} \\equiv {factors} \\equiv {total % modulus} \\pmod{{{modulus}}}$.",
    ]


def _divided(groups: Groups, _: Match) -> Computed:
    return _remainder(groups["a"][0], whole(groups["m"][0]))


def _residue(groups: Groups, _: Match) -> Computed:
    """Read `0 \\le n < 7` and `n \\equiv 100 \\pmod 7`, in either order."""
    slots = groups["facts"]
    ranges, congruences = ([found for slot in slots if (found := pattern.fullmatch(slot.strip()))] for pattern in (_RESIDUE, _CONGRUENCE))
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
        return [*task.lines([str(value)]), f"In the range asked for, ${name} = {value} {sign} {abs(steps)} \\cdot {modulus} = {found}$."]

    return Computed(lambda: [low + (value - low) % modulus for value in task.by_sympy()], by_hand, lines)


def _units_digit(groups: Groups, _: Match) -> Computed:
    return _remainder(groups["a"][0], 10)


# Divisors and primes


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
    return " \\cdot ".join(str(p) if k == 1 else f"{p}^{{{k}}}" if k > 9 else f"{p}^{k}" for p, k in _factorization(number))


def _common(kind: str) -> Callable[[Groups, Match], Computed]:
    def build(groups: Groups, _: Match) -> Computed:
        numbers = [whole(part) for slot in groups["of"] for part in _listed(slot)]
        if not 2 <= len(numbers) <= 4 or len(set(numbers)) != len(numbers):
            raise UnreadableError
        return Computed(lambda: _by_sympy(kind, numbers), lambda: [_by_hand(kind, numbers)], lambda written: _common_lines(kind, numbers, written))

    return build


def _listed(slot: str) -> list[str]:
    inner = re.fullmatch(r"\\(?:gcd|text\{lcm\}|operatorname\{lcm\})\s*[(\[](.*)[)\]]", slot.strip())
    return re.split(r",\s", inner[1] if inner else slot)


def _by_sympy(kind: str, numbers: Sequence[int]) -> list[Any]:
    from sympy import igcd, ilcm

    return _symbolic(igcd(*numbers) if kind == "gcd" else ilcm(*numbers))


def _by_hand(kind: str, numbers: Sequence[int]) -> Fraction:
    if kind == "gcd":
        return Fraction(next(k for k in range(min(numbers), 0, -1) if all(n % k == 0 for n in numbers)))
    largest = max(numbers)
    return Fraction(next(k for k in range(largest, largest * 10**4, largest) if all(k % n == 0 for n in numbers)))


def _common_lines(kind: str, numbers: Sequence[int], written: Sequence[str]) -> list[str]:
    factored = [f"${n} = {_written_factors(n)}$" if _written_factors(n) != str(n) else f"${n}$ is prime" for n in numbers]
    which = "lowest power of each prime that they share" if kind == "gcd" else "highest power of each prime in them"
    value = int(written[0])
    end = "They share no prime" if value == 1 else f"The {which} gives ${_written_factors(value)}{f' = {value}' if _written_factors(value) != str(value) else ''}$"
    return [f"We factor: {', '.join(factored)}.", f"{end}."]


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
    return {
        "largest": lambda: max(primes), "smallest": lambda: min(primes), "sum": lambda: sum(primes), "product": lambda: prod(primes),
        "count": lambda: len(primes), "divisors": lambda: len(divisors), "divisor sum": lambda: sum(divisors),
        "odd divisors": lambda: sum(k % 2 for k in divisors), "even divisors": lambda: sum(1 - k % 2 for k in divisors),
        "perfect square divisors": lambda: sum(round(k**0.5) ** 2 == k for k in divisors),
    }[kind]()  # fmt: skip


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
    return _symbolic(_OF_PRIMES[kind](sorted(factorint(int(value)).items())))


def _factor_lines(kind: str, tree: Tree, number: int, written: Sequence[str]) -> list[str]:
    factors, value = _factorization(number), written[0]
    shown = [] if tree.op == "number" else [f"{equal(chain(tree, str(number)))}."]
    first = f"The prime factorization is ${number} = {_written_factors(number)}$." if len(factors) > 1 or factors[0][1] > 1 else f"${number}$ is prime."
    primes = [str(p) for p, _ in factors]
    if kind in ("largest", "smallest", "count"):
        return [*shown, first]
    if kind in ("sum", "product"):
        sign = " + " if kind == "sum" else " \\cdot "
        return [*shown, first, f"Its prime factors have the {kind} ${sign.join(primes)}{f' = {value}' if len(primes) > 1 else ''}$."]
    return [*shown, first, _divisor_line(kind, factors, value)]


def _divisor_line(kind: str, factors: list[tuple[int, int]], value: str) -> str:
    if kind == "divisor sum":
        sums = "".join("(" + " + ".join("1" if j == 0 else str(p**j) for j in range(k + 1)) + ")" for p, k in factors)
        return f"Each divisor is a product of one term of each bracket, so their sum is ${sums} = {value}$."
    counts = {"perfect square divisors": [k // 2 + 1 for _, k in factors], "odd divisors": [k + 1 for p, k in factors if p != 2]}
    numbers = counts.get(kind, [k if kind == "even divisors" and p == 2 else k + 1 for p, k in factors])
    product = " \\cdot ".join(map(str, numbers))
    return f"Counting the choices for the exponent of each prime, there are ${product}{f' = {value}' if len(numbers) > 1 else ''}$ of them."


# Numerals in other bases


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

        return _symbolic("".join(map(str, digits_of(Integer(value), target)[1:])))

    def lines(written: Sequence[str]) -> list[str]:
        found = _expansion(shown, base) if base != 10 else []
        if target == 10:
            return found
        powers = [f"{digit} \\cdot {target}^{{{len(digits) - 1 - k}}}" for k, digit in enumerate(digits) if digit != "0"]
        return [*found, f"In powers of ${target}$, ${value} = {' + '.join(powers)}$, so its digits in base ${target}$ are ${written[0]}$."]

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
    if value.denominator != 1 or not 0 < value < _LARGEST:
        raise UndefinedError("not a numeral")
    task = _in_base(plain, int(value), 10, target)
    inner = task.lines

    def lines(written: Sequence[str]) -> list[str]:
        read = ", ".join(f"${d}_{{{b}}} = {int(d, int(b))}$" for d, b in dict.fromkeys(numerals))
        return [f"In base 10, {read}.", f"{equal(chain(parse(plain), str(value)))}.", *inner(written)]

    task.lines = lines
    return task


# Counting


def _inverse(groups: Groups, _: Match) -> Computed:
    number, modulus = whole(groups["a"][0]), whole(groups["m"][0], least=3)
    if [whole(slot, least=0) for slot in groups.get("range", [])] not in ([], [0, modulus - 1]):
        raise UnreadableError

    def by_sympy() -> list[Any]:
        from sympy import mod_inverse

        return _symbolic(mod_inverse(number, modulus))

    def by_hand() -> list[Fraction]:
        found = [k for k in range(1, modulus) if number * k % modulus == 1]
        if not found:
            raise UndefinedError("no inverse")
        return [Fraction(found[0])]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        return [f"We have ${number} \\cdot {value} = {number * value} = {number * value // modulus} \\cdot {modulus} + 1$, so ${number} \\cdot {value} \\equiv 1 \\pmod{{{modulus}}}$."]

    return Computed(by_sympy, by_hand, lines)


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
        from sympy import ceiling, floor, ilcm, Rational

        step = ilcm(*divisors, 1)
        return _symbolic(floor(Rational(high, step)) * step if largest else ceiling(Rational(low, step)) * step)

    def by_hand() -> list[Fraction]:
        numbers = range(high, low - 1, -1) if largest else range(low, high + 1)
        return [Fraction(next(n for n in numbers if all(n % d == 0 for d in divisors)))]

    def lines(written: Sequence[str]) -> list[str]:
        from math import lcm

        step, value = lcm(*divisors), int(written[0])
        first = [f"Such a number is a multiple of the least common multiple, ${step}$."] if len(divisors) > 1 else []
        near = value + step if largest else value - step
        return [*first, f"We have ${value} = {value // step} \\cdot {step}$, while the {'next' if largest else 'previous'} multiple, ${near}$, does not have {digits} digits."]

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
        return [next(Fraction(n) for k in range(1, step + 1) for n in [int(bound) + sign * k] if (n - rest) % step == 0)]

    def lines(written: Sequence[str]) -> list[str]:
        value = int(written[0])
        near = value + step if below else value - step
        tail = f" + {rest}" if rest else ""
        quotient = (value - rest) // step
        factor = f"({quotient})" if quotient < 0 else str(quotient)
        return [f"We have ${value} = {factor} \\cdot {step}{tail}$, and the {'next' if below else 'previous'} such number, ${near}$, is not {match['side']} than ${bound}$."]

    return Computed(by_sympy, by_hand, lines)


def _both_common(groups: Groups, match: Match) -> Computed:
    numbers = [whole(slot) for slot in groups["of"]]
    if len(set(numbers)) != 2 or max(numbers) > 10**4:
        raise UnreadableError
    sign = " \\cdot " if match["what"] == "product" else " + "

    def by_sympy() -> list[Any]:
        from sympy import igcd, ilcm

        return _symbolic(_with_sign(sign, igcd(*numbers), ilcm(*numbers)))

    def by_hand() -> list[Value]:
        return [Fraction(_with_sign(sign, _by_hand("gcd", numbers), _by_hand("lcm", numbers)))]

    def lines(written: Sequence[str]) -> list[str]:
        found = [str(_by_hand(kind, numbers)) for kind in ("gcd", "lcm")]
        factored = _common_lines("gcd", numbers, [found[0]])[0]
        return [factored, f"The greatest common divisor is ${found[0]}$ and the least common multiple is ${found[1]}$.", f"{equal([sign.join(found), written[0]])}."]

    return Computed(by_sympy, by_hand, lines)


def _with_sign(sign: str, first: Any, second: Any) -> Any:
    return first * second if "cdot" in sign else first + second


def _tens_digit(groups: Groups, _: Match) -> Computed:
    task = _remainder(groups["a"][0], 100)

    def lines(written: Sequence[str]) -> list[str]:
        (value,) = task.by_sympy()
        return [*task.lines([str(value)]), f"The last two digits are ${int(value):02d}$, so the tens digit is ${written[0]}$."]

    return Computed(lambda: [value // 10 for value in task.by_sympy()], lambda: [value // 10 for value in task.by_hand()], lines)


def _to_ten(groups: Groups, _: Match) -> Computed:
    value, base = based(groups["a"][0])
    if base == 10:
        raise UnreadableError
    return _in_base(groups["a"][0], value, base, 10)


def _count_multiples(groups: Groups, match: Match) -> Computed:
    divisor, (low, high) = whole(groups["m"][0], least=2), [whole(slot) for slot in groups["range"]]
    if low % divisor == 0 or high % divisor == 0 or low >= high:
        raise UnreadableError
    return _counting(divisor, low, high, f"between ${low}$ and ${high}$")


def _count_digit_multiples(groups: Groups, match: Match) -> Computed:
    divisors, digits = [whole(slot, least=2) for slot in groups["m"]], _digits(groups, match)
    from math import lcm

    return _counting(lcm(*divisors), 10 ** (digits - 1), 10**digits - 1, f"with {digits} digits", divisors)


def _count_below(groups: Groups, match: Match) -> Computed:
    divisor, high = whole(groups["m"][0], least=2), whole(groups["n"][0])
    if high % divisor == 0:
        raise UnreadableError
    return _counting(divisor, 1, high, f"up to ${high}$")


def _counting(step: int, low: int, high: int, where: str, divisors: Sequence[int] = ()) -> Computed:
    def by_sympy() -> list[Any]:
        from sympy import Rational, floor

        return _symbolic(floor(Rational(high, step)) - floor(Rational(low - 1, step)))

    if high > 10**5:
        raise UnreadableError

    def by_hand() -> list[Fraction]:
        return [Fraction(sum(all(n % d == 0 for d in divisors or (step,)) for n in range(low, high + 1)))]

    def lines(written: Sequence[str]) -> list[str]:
        first, last = -(-low // step), high // step
        lead = [f"Such a number is a multiple of the least common multiple, ${step}$."] if len(divisors) > 1 else []
        ends = f"The multiples of ${step}$ {where} go from ${first} \\cdot {step} = {first * step}$ to ${last} \\cdot {step} = {last * step}$"
        return [*lead, f"{ends}, so there are ${last} - {first} + 1 = {written[0]}$ of them."]

    return Computed(by_sympy, by_hand, lines)


def _primes_between(groups: Groups, match: Match) -> Computed:
    low, high = [whole(slot) for slot in groups["range"]] if len(groups["range"]) == 2 else (1, whole(groups["range"][0]))
    if not low < high <= 400 or (_is_prime(low) or _is_prime(high)):
        raise UnreadableError
    total = match["what"] == "sum"
    primes = [n for n in range(low, high) if _is_prime(n)]

    def by_sympy() -> list[Any]:
        from sympy import primerange

        found = list(primerange(low, high))
        return _symbolic(sum(found) if total else len(found))

    def lines(written: Sequence[str]) -> list[str]:
        if not primes or len(primes) > 20:
            raise exact.UnsolvedError
        listed = f"The primes in this range are ${', '.join(map(str, primes))}$."
        return [listed, f"Their sum is ${written[0]}$." if total else f"There are ${written[0]}$ of them."]

    return Computed(by_sympy, lambda: [Fraction(sum(primes) if total else len(primes))], lines)


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % k for k in range(2, int(number**0.5) + 1))


_ASK = r"(?:what is|find|determine|compute|calculate|evaluate)"
_HOW_MANY = r"how many(?: different| distinct)*(?: positive)?(?: integer| whole-number| natural-number| whole number)?"
_FACTORS = r"(?:divisors|factors|integer divisors|integer factors)"
_BASE_WORD = r"(?:base[ -](?:(?P<base>@)|(?P<word>two|three|four|five|six|seven|eight|nine|ten)))"
_BASE_WORD_FIRST = r"(?:base[ -](?:(?P<base>@)|(?P<word>two|three|four|five|six|seven|eight|nine|ten))(?: integer| number| numeral)?)"

FORMS: tuple[Form, ...] = (
    form(rf"{_ASK} the (?P<extreme>largest|greatest|smallest|least) (?:positive )?multiple of (?P<m>@) (?:that is |which is )?(?P<side>less|greater|smaller|larger|more) than (?P<n>@)", _multiple_near),
    form(rf"{_ASK} the (?P<extreme>largest|greatest) integer (?P<side>less|smaller) than (?P<n>@) that leaves a remainder of (?P<r>@) when divided by (?P<m>@)", _multiple_near),
    form(rf"{_ASK} the (?P<what>product|sum) of the greatest common (?:divisor|factor) and the least common multiple of (?P<of>@ and @)", _both_common),
    form(rf"{_ASK} the tens digit of (?P<a>@)", _tens_digit),
    form(r"what is the base[ -]ten (?:equivalent of|number represented by)(?: the)?(?: number)? (?P<a>@)(?P<word>ten)?", _to_ten),
    form(rf"{_ASK} the remainder (?:when|if)(?: the (?:sum|product|number|difference))? (?P<a>@) is divided by (?P<m>@)", _divided),
    form(rf"{_ASK} the remainder of (?P<a>@) (?:when divided|divided|upon division) by (?P<m>@)", _divided),
    form(rf"(?:when )?(?P<a>@) is divided by (?P<m>@) what is the remainder", _divided),
    form(r"(?:compute|find|evaluate|determine|reduce|what is)(?: the value of)? (?P<a>@) (?:modulo|as a residue modulo|mod) (?P<m>@)", _divided),
    form(r"(?:find|determine|compute)(?: the)?(?: integer| value of| residue)? @ (?P<facts>@(?: such that| and| if| with| where)* @)", _residue, tied=True),
    form(r"(?:suppose|if)(?: that)? (?P<facts>@ (?:where|and) @) (?:then )?(?:what is|find)(?: the value of)? @", _residue, tied=True),
    form(r"what (?:is the )?(?:integer|value of) @ (?:satisfies|such that) (?P<facts>@ and @)", _residue, tied=True),
    form(rf"{_ASK} the (?:units?|ones|last) digit of(?: the (?:sum|product|number|integer))?(?: of)? (?P<a>@)(?: when written as an integer)?", _units_digit),
    form(rf"{_ASK} the (?:greatest common (?:divisor|factor)|gcd|gcf|largest common (?:divisor|factor)|greatest common divisor \(gcd\))(?: of| between| for)?(?: the)?(?: numbers)? (?P<of>{SLOTS})", _common("gcd")),
    form(rf"{_ASK} the (?:least common multiple|lcm|lowest common multiple|smallest common multiple)(?: of)?(?: the)?(?: numbers)? (?P<of>{SLOTS})", _common("lcm")),
    form(rf"{_ASK} the smallest positive integer (?:that is )?(?:divisible by|multiple of)(?: all of| both| each of)?(?: the integers)? (?P<of>{SLOTS})", _common("lcm")),
    form(rf"{_ASK} the (?:largest|greatest) prime (?:factor|divisor) of (?P<a>@)", _of_factors("largest")),
    form(rf"{_ASK} the (?:smallest|least) prime (?:factor|divisor) of (?P<a>@)", _of_factors("smallest")),
    form(rf"{_ASK} the sum of the distinct prime (?:factors|divisors) of (?P<a>@)", _of_factors("sum")),
    form(rf"how many (?:distinct|different) prime (?:factors|divisors) does (?P<a>@) have", _of_factors("count")),
    form(rf"{_HOW_MANY} {_FACTORS} does(?: the number| the integer)? (?P<a>@) have", _of_factors("divisors")),
    form(rf"{_HOW_MANY} {_FACTORS} of (?P<a>@) are there", _of_factors("divisors")),
    form(rf"{_ASK} the (?:total )?number of(?: distinct| different)?(?: positive)?(?: integer)? {_FACTORS} of (?P<a>@)", _of_factors("divisors")),
    form(rf"{_ASK} the sum of(?: all)?(?: of)?(?: the)? (?:distinct )?(?:positive |whole-number |whole number |positive integer |integer )?{_FACTORS} of (?P<a>@)", _of_factors("divisor sum")),
    form(rf"how many (?:of the )?(?:positive )?odd (?:positive )?{_FACTORS} does (?P<a>@) have", _of_factors("odd divisors")),
    form(rf"how many (?:of the )?(?:positive )?even (?:positive )?{_FACTORS} does (?P<a>@) have", _of_factors("even divisors")),
    form(rf"how many (?:of the )?(?:positive )?{_FACTORS} of (?P<a>@) are even", _of_factors("even divisors")),
    form(rf"how many (?:of the )?(?:positive )?{_FACTORS} of (?P<a>@) are perfect squares", _of_factors("perfect square divisors")),
    form(rf"(?:convert|express|write|rewrite|represent)(?: the)?(?: number)? (?P<a>@) (?:to|in|into|as)(?: an?)? {_BASE_WORD_FIRST}", _converted),
    form(rf"{_ASK}(?: the)? (?P<a>@)(?: expressed| written)? (?:in|to|into) {_BASE_WORD}", _converted),
    form(rf"{_ASK} the {_BASE_WORD} (?:equivalent|representation|expression)(?: of)?(?: the(?: base[ -](?P<from>@))? (?:number|integer))? (?P<a>@)", _converted),
    form(rf"(?:convert|express|write) (?P<a>@) (?:to|in|into|as)(?: an?)? {_BASE_WORD}(?: integer| number)", _converted),
    form(rf"(?:add|find|compute|evaluate|calculate|what is|determine|find the sum|find the product|find the value of)(?: the (?:sum|product|difference|value of))?(?: of)? (?P<a>@) (?:(?:and )?(?:express|write|give|leave) your (?:answer|final answer|result) )?(?:in )?{_BASE_WORD}", _based_sum),
    form(rf"(?:find|determine|what is|compute) the (?:modular )?inverse of (?P<a>@) (?:modulo|mod) (?P<m>@)(?: express your answer as an integer from (?P<range>@ to @)(?: inclusive)?)?", _inverse, tied=True),
    form(rf"{_ASK} the (?P<extreme>greatest|largest|smallest|least)(?: positive)?(?: possible)? (?P<digits>two|three|four|five|@)-digit(?: positive)?(?: whole| base ten)?(?: number| integer)?(?: that is)? (?:a )?(?:multiple of|divisible by)(?: both)? (?P<m>{SLOTS})", _digit_multiple),
    form(rf"how many(?: positive)? (?P<digits>two|three|four|five|@)-digit(?: positive)? (?:numbers|integers|whole numbers) are (?:divisible by|multiples of)(?: both)? (?P<m>{SLOTS})", _count_digit_multiples),
    form(rf"how many (?:positive )?(?P<digits>two|three|four|five|@)-digit multiples of (?P<m>@) are there", _count_digit_multiples),
    form(r"how many (?:positive )?(?:multiples of|integers divisible by|numbers divisible by) (?P<m>@) are (?:there )?between (?P<range>@ and @)", _count_multiples),
    form(r"how many positive (?:integers|numbers|multiples) (?:less than|not exceeding|up to|smaller than) (?P<n>@) are (?:divisible by|multiples of) (?P<m>@)", _count_below),
    form(r"how many positive multiples of (?P<m>@) are less than (?P<n>@)", _count_below),
    form(r"how many (?P<what>prime) (?:numbers|positive integers) are (?:there )?between (?P<range>@ and @)", _primes_between),
    form(r"how many (?P<what>primes) are (?:there )?between (?P<range>@ and @)", _primes_between),
    form(r"what is the (?P<what>sum) of (?:all )?(?:the )?(?:prime numbers|primes) (?:between|less than) (?P<range>@(?: and @)?)", _primes_between),
)
