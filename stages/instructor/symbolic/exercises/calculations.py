"""Bare calculations, equations with an unknown and percentages, in several wordings, each worked step by step."""

import random
from collections.abc import Sequence
from decimal import Decimal

from stages.instructor.symbolic.exercises.numbers import draw, write

_ASKED = ("What is {}?", "Calculate {}.", "Work out {}.", "How much is {}?", "Find the value of {}.", "Compute {}.")
_IN_WORDS = {
    "+": ("What is the sum of {a} and {b}?", "Add {b} to {a}.", "What is {a} plus {b}?"),
    "-": ("What is the difference between {a} and {b}?", "Subtract {b} from {a}.", "What is {a} minus {b}?"),
    "*": ("What is the product of {a} and {b}?", "Multiply {a} by {b}.", "What is {a} times {b}?"),
    "/": ("How many times does {b} go into {a}?", "Divide {a} by {b}.", "What is {a} divided by {b}?"),
}
_PERCENTS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 90)
_PUZZLES = {
    "+": "I think of a number, multiply it by {k} and add {m}. The result is {n}. What is my number?",
    "-": "I think of a number, multiply it by {k} and subtract {m}. The result is {n}. What is my number?",
}
_ASKED_PERCENT = ("What is {p}% of {n}?", "Calculate {p}% of {n}.", "How much is {p} percent of {n}?")
_CHANGED = {
    "-": "A coat costs ${n}. In a sale it is {p}% cheaper. How much does it cost in the sale?",
    "+": "A rent of ${n} a month goes up by {p}%. How much is it now?",
}

Worked = tuple[str, list[str], Decimal]
"""A question, the lines of its solution, and its answer."""


def calculation(symbol: str, size: str, rng: random.Random) -> Worked:
    """Return a calculation with two numbers."""
    a, b = draw(symbol, size, rng)
    if rng.random() < 0.4:
        question = rng.choice(_IN_WORDS[symbol]).format(a=write(a), b=write(b))
    else:
        question = rng.choice(_ASKED).format(f"{write(a)} {symbol} {write(b)}")
    return question, _steps(symbol, a, b), apply(symbol, a, b)


def chain(symbol: str, rng: random.Random) -> Worked:
    """Return a calculation with three or four numbers, worked from left to right."""
    if symbol == "/":
        by, last = rng.randint(2, 9), rng.randint(2, 9)
        numbers = [by * last * rng.randint(2, 12), by, last]
    elif symbol == "*":
        numbers = [rng.randint(2, 20), rng.randint(2, 9), rng.randint(2, 9)]
    else:
        numbers = [rng.randint(3, 99) for _ in range(rng.choice((3, 3, 4)))]
        numbers[0] += sum(numbers[1:]) if symbol == "-" else 0
    values = [Decimal(number) for number in numbers]
    lines, so_far = [], values[0]
    for value in values[1:]:
        after = apply(symbol, so_far, value)
        lines.append(f"{write(so_far)} {symbol} {write(value)} = {write(after)}")
        so_far = after
    return rng.choice(_ASKED).format(f" {symbol} ".join(map(write, values))), lines, so_far


def percentage(rng: random.Random) -> Worked:
    """Return a percentage of a number, or a price that changes by one."""
    percent = rng.choice(_PERCENTS)
    whole = Decimal(rng.randint(2, 24) * 100 // (5 if percent % 20 == 0 else 1))
    part = whole * percent / 100
    line = f"{percent}% of {write(whole)} is {write(whole)} * {percent} / 100 = {write(part)}."
    if rng.random() < 0.6:
        return rng.choice(_ASKED_PERCENT).format(p=percent, n=write(whole)), [line], part
    symbol = rng.choice("+-")
    after = apply(symbol, whole, part)
    says = f"It now costs {write(whole)} {symbol} {write(part)} = ${write(after)}."
    return _CHANGED[symbol].format(p=percent, n=write(whole)), [line, says], after


def equation(rng: random.Random) -> Worked:
    """Return a linear equation with one unknown, or a riddle that is one."""
    symbol, factor, number, constant = rng.choice("+-"), rng.randint(2, 12), rng.randint(2, 25), rng.randint(2, 60)
    product = factor * number
    if symbol == "-" and constant >= product:
        constant = product - 1
    result = product + constant if symbol == "+" else product - constant
    back = "-" if symbol == "+" else "+"
    if rng.random() < 0.5:
        name = rng.choice("xyn")
        question = f"Solve {factor}{name} {symbol} {constant} = {result} for {name}."
    else:
        name, question = "the number", _PUZZLES[symbol].format(k=factor, m=constant, n=result)
    lines = [
        f"{factor} times {name} is {result} {back} {constant} = {product}.",
        f"So {name} is {product} / {factor} = {number}.",
    ]
    return question, lines, Decimal(number)


def apply(symbol: str, a: Decimal, b: Decimal) -> Decimal:
    """Return the result of `+`, `-`, `*` or `/`."""
    if symbol in "+-":
        return a + b if symbol == "+" else a - b
    return a * b if symbol == "*" else a / b


def _steps(symbol: str, a: Decimal, b: Decimal) -> list[str]:
    """Return the lines of a calculation; a long multiplication goes by tens and ones."""
    result = f"{write(a)} {symbol} {write(b)} = {write(apply(symbol, a, b))}"
    small, large = sorted((a, b))
    if symbol != "*" or small < 11 or any(value % 1 for value in (a, b)) or small % 10 == 0:
        return [result]
    parts = _parts(int(small))
    products = [large * part for part in parts]
    lines = [f"{write(large)} * {part} = {write(product)}" for part, product in zip(parts, products, strict=True)]
    return [*lines, f"{' + '.join(map(write, products))} = {write(a * b)}"]


def _parts(number: int) -> Sequence[int]:
    """Return hundreds, tens and ones: 40 and 7 of 47."""
    digits = str(number)
    return [int(digit) * 10 ** (len(digits) - 1 - place) for place, digit in enumerate(digits) if digit != "0"]
