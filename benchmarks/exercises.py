"""Whether the answers of exercises are those that their questions have when they are read back.

    python -m benchmarks.exercises [--each N] [--show N]

N exercises are written for each keyphrase that names a skill. Of each, the question alone is read: a calculation by
SymPy, an equation by solving it, and a story by finding the situation whose sentences fit it, whose steps are then done
in fractions with the numbers that stand in the text. `--show` prints so many, with the name of the error type.
"""

import random
import re
from collections.abc import Callable
from fractions import Fraction

from benchmarks import inputs, results
from stages.core.files import content_id
from stages.instructor.symbolic.exercises.skills import skill_of
from stages.instructor.symbolic.exercises.stories import Situation, situations
from stages.instructor.symbolic.exercises.writing import Exercise, write_exercise

OPERATIONS = ("addition", "subtraction", "multiplication", "division")
SIZES = ("one-digit", "two-digit", "three-digit", "large-number", "decimal", "long", "percentage")
KEYPHRASES = (
    *(f"slips in a {size} {operation}" for size in SIZES for operation in OPERATIONS),
    *(f"leaves out the final {operation}" for operation in OPERATIONS),
    *(f"leaves out a {operation} on the way to the answer" for operation in OPERATIONS[1:]),
    *(f"takes one quantity twice and leaves another out in the {operation}" for operation in OPERATIONS),
    *(f"uses a given quantity instead of an intermediate result in the {operation}" for operation in OPERATIONS),
    *(f"uses a quantity that the question gives for something else in the {operation}" for operation in OPERATIONS),
    "takes a quantity once instead of several times in the addition",
    "multiplies the quantities instead of dividing them in the first step",
    "adds the quantities instead of subtracting them in the first step",
    "does an addition that the problem does not call for in the first step",
    "states a quantity that the problem does not give",
    "slips in transforming an equation with an unknown",
)
_NUMBER = r"(\d+(?:\.\d+)?)"
_SYMBOLS = {"plus": "+", "minus": "-", "times": "*", "divided by": "/"}
_IN_WORDS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    f"What is the sum of {_NUMBER} and {_NUMBER}\\?": lambda a, b: a + b,
    f"Add {_NUMBER} to {_NUMBER}\\.": lambda a, b: a + b,
    f"What is the difference between {_NUMBER} and {_NUMBER}\\?": lambda a, b: a - b,
    f"Subtract {_NUMBER} from {_NUMBER}\\.": lambda a, b: b - a,
    f"What is the product of {_NUMBER} and {_NUMBER}\\?": lambda a, b: a * b,
    f"Multiply {_NUMBER} by {_NUMBER}\\.": lambda a, b: a * b,
    f"How many times does {_NUMBER} go into {_NUMBER}\\?": lambda a, b: b / a,
    f"Divide {_NUMBER} by {_NUMBER}\\.": lambda a, b: a / b,
    f"(?:What is|Calculate|How much is) {_NUMBER}(?:%| percent) of {_NUMBER}[.?]": lambda p, n: n * p / 100,
    f"A coat costs \\${_NUMBER}\\. In a sale it is {_NUMBER}% cheaper\\..*": lambda n, p: n - n * p / 100,
    f"A rent of \\${_NUMBER} a month goes up by {_NUMBER}%\\..*": lambda n, p: n + n * p / 100,
}
_RIDDLE = re.compile(rf"I think .* by {_NUMBER} and (add|subtract) {_NUMBER}\. The result is {_NUMBER}\..*")
_EQUATION = re.compile(r"Solve (.*) = (\d+) for (\w)\.")
_CALCULATION = re.compile(rf"[A-Z][a-z ]* ({_NUMBER}(?: (?:[-+*/]|plus|minus|times|divided by) {_NUMBER})+)[.?]")
_SLOT = re.compile(r"\\\{(?:\\\$)?(\w+)\\\}")


def main() -> None:
    """Write exercises of all skills, and answer them another way."""
    parser = inputs.parser(__doc__)
    parser.add_argument("--each", type=int, default=100, help="exercises of each keyphrase")
    parser.add_argument("--show", type=int, default=0, help="exercises to print")
    arguments = parser.parse_args()
    rng = random.Random(0)
    written = [
        (keyphrase, write(keyphrase, random.Random(f"{keyphrase}:{number}")))
        for keyphrase in KEYPHRASES
        for number in range(arguments.each)
    ]
    found = [(one, answer_of(one.question)) for _, one in written]
    wrong = [one for one, answer in found if answer is not None and answer != Fraction(one.answer)]
    for one in wrong:
        print(f"wrong: {one}")
    for keyphrase, one in rng.sample(written, arguments.show):
        print(f"\n{keyphrase}\n  {one.question}\n  {' / '.join(one.solution.splitlines())}")
    row = {
        "keyphrases": len(KEYPHRASES),
        "exercises": len(written),
        "distinct": len({content_id(one.question) for _, one in written}),
        "read_back": sum(answer is not None for _, answer in found),
        "wrong": len(wrong),
    }
    results.write("exercises", [row])


def write(keyphrase: str, rng: random.Random) -> Exercise:
    """Write an exercise of the skill that a keyphrase names, sized as in some problem."""
    skill = skill_of(keyphrase)
    if skill is None:
        raise ValueError(f"{keyphrase} names no skill")
    return write_exercise(skill, f"There are {rng.choice((6, 40, 350))} of them.", rng)


def answer_of(question: str) -> Fraction | None:
    """Return the answer that the text of a question has, or None where it cannot be read."""
    for pattern, compute in _IN_WORDS.items():
        match = re.fullmatch(pattern, question)
        if match:
            return compute(Fraction(match[1]), Fraction(match[2]))
    if match := _RIDDLE.fullmatch(question):
        factor, constant, result = (Fraction(match[place]) for place in (1, 3, 4))
        return (result - constant if match[2] == "add" else result + constant) / factor
    if match := _EQUATION.fullmatch(question):
        return _solved(*match.groups())
    if match := _CALCULATION.fullmatch(question):
        return _calculated(match[1])
    return _story(question)


def _solved(left: str, right: str, name: str) -> Fraction:
    from sympy import Rational, Symbol, solve  # takes a second

    factor, rest = left.split(name)
    (value,) = solve(Rational(factor) * Symbol(name) + Rational("".join(rest.split()) or "0") - Rational(right))
    return Fraction(str(value))


def _calculated(text: str) -> Fraction:
    from sympy import Rational, sympify

    for word, symbol in _SYMBOLS.items():
        text = text.replace(word, symbol)
    return Fraction(str(Rational(str(sympify(text, rational=True)))))


def _story(question: str) -> Fraction | None:
    known = situations()
    for situation in known.one_step + known.two_steps:
        for beside in ["", *known.besides]:
            match = re.fullmatch(_pattern(" ".join(filter(None, [situation.facts, beside, situation.ask]))), question)
            if match:
                return _done(
                    situation, {name: Fraction(text) for name, text in match.groupdict().items() if name in "abc"}
                )
    return None


def _pattern(text: str) -> str:
    """Return a regular expression of a situation's sentences, where a letter is the same number everywhere."""
    seen: set[str] = set()

    def slot(match: re.Match[str]) -> str:
        name = match[1]
        money = r"\$" if r"\$" in match[0] else ""
        if name not in "abc":
            return r"(?i:[\w.]+)"
        if name in seen:
            return f"{money}(?P={name})"
        seen.add(name)
        return rf"{money}(?P<{name}>\d+(?:\.\d+)?)"

    return _SLOT.sub(slot, re.escape(text))


def _done(situation: Situation, values: dict[str, Fraction]) -> Fraction:
    for left, symbol, right in situation.steps:
        values["x"] = _applied(symbol, values[left], values[right])
    return values["x"]


def _applied(symbol: str, left: Fraction, right: Fraction) -> Fraction:
    if symbol == "/":
        return left / right
    return {"+": left + right, "-": left - right, "*": left * right}[symbol]


if __name__ == "__main__":
    main()
