"""Exercises: what they ask, and whether their solutions hold."""

import random
import re
from collections import Counter
from fractions import Fraction

import pytest

from stages.arithmetic.equations import read_equations
from stages.arithmetic.tokens import tokenize
from stages.instructor.symbolic.exercises import calculations, numbers, stories
from stages.instructor.symbolic.exercises.skills import Skill, skill_of
from stages.instructor.symbolic.exercises.writing import write_exercise
from stages.synthesis.checks import faults

LIKE = "Tom has 48 apples and buys 120 more for 7 friends."
KEYPHRASES = [
    *(
        f"slips in a {size} {operation}"
        for size in ("one-digit", "two-digit", "three-digit", "large-number", "decimal", "long", "percentage")
        for operation in ("addition", "subtraction", "multiplication", "division")
    ),
    *(
        f"{phrase} {operation}"
        for phrase in (
            "leaves out the final",
            "takes one quantity twice and leaves another out in the",
            "takes a quantity once instead of several times in the",
            "uses a given quantity instead of an intermediate result in the",
            "brings an invented quantity into the",
            "uses a quantity that the question gives for something else in the",
        )
        for operation in ("addition", "subtraction", "multiplication", "division")
    ),
    "leaves out an addition on the way to the answer",
    "leaves out a division and the steps after it",
    "takes the operands of the division in the wrong order",
    "states a quantity that the problem does not give",
    "slips in transforming an equation with an unknown",
    "adds the quantities instead of subtracting them in the first step",
]


@pytest.mark.parametrize("keyphrase", KEYPHRASES)
def test_exercises_pass_the_checks_of_candidates_and_are_many(keyphrase):
    rng = random.Random(keyphrase)
    skill = skill_of(keyphrase)
    written = [write_exercise(skill, LIKE, rng) for _ in range(15)]
    for one in written:
        assert faults(one.question, one.solution, one.answer) == [], one
        assert one.solution.endswith(f"\n#### {one.answer}")
        assert "{" not in one.question + one.solution
        equations = read_equations(one.solution)
        assert equations
        assert equations[-1].stated == Fraction(one.answer)
    assert len({one.question for one in written}) > 11


def test_same_state_of_the_generator_gives_the_same_exercise():
    skill = skill_of("slips in a two-digit division")
    once, again = (write_exercise(skill, LIKE, random.Random(5)) for _ in range(2))
    assert once == again


@pytest.mark.parametrize(
    ("size", "low", "high"), [("one-digit", 2, 9), ("two-digit", 11, 99), ("three-digit", 102, 999)]
)
@pytest.mark.parametrize("symbol", "+-*")
def test_largest_operand_has_the_size_of_the_mistake(symbol, size, low, high):
    rng = random.Random(0)
    for _ in range(100):
        assert low <= max(numbers.draw(symbol, size, rng)) <= high


def test_division_is_exact_and_a_decimal_one_has_a_decimal_in_it():
    rng = random.Random(0)
    for _ in range(100):
        large, by = numbers.draw("/", "two-digit", rng)
        assert (large % by, 4 <= large <= 99) == (0, True)
        large, by = numbers.draw("/", "decimal", rng)
        assert numbers.size_of([large, by, large / by]) == "decimal"


def test_numbers_are_sized_as_in_the_problem_where_the_keyphrase_names_no_size():
    rng = random.Random(1)
    skill = skill_of("adds the quantities instead of subtracting them in the first step")
    large = [write_exercise(skill, "A town had 5,200 people and 1,300 left.", rng) for _ in range(30)]
    small = [write_exercise(skill, "Ann has 5 pens and loses 3.", rng) for _ in range(30)]
    assert min(int(re.search(r"(\d+) -", one.solution)[1]) for one in large) > 999
    assert max(int(re.search(r"(\d+) -", one.solution)[1]) for one in small) < 10


def test_long_multiplication_is_worked_by_tens_and_ones():
    lines = [calculations._steps("*", *map(numbers.Decimal, pair)) for pair in ((47, 23), (8, 47), (47, 20))]
    assert lines == [
        ["47 * 20 = 940", "47 * 3 = 141", "940 + 141 = 1081"],
        ["8 * 47 = 376"],
        ["47 * 20 = 940"],
    ]


def test_chain_is_worked_from_left_to_right():
    for seed in range(20):
        question, lines, answer = calculations.chain("-", random.Random(seed))
        first, *others = [int(value) for value in re.findall(r"\d+", question)]
        assert answer == first - sum(others)
        assert len(lines) == len(others)


def written_in(question):
    return Counter(token.value for token in tokenize(question) if token.text[0].isdigit())


@pytest.mark.parametrize("place", range(len(stories.situations().one_step + stories.situations().two_steps)))
def test_numbers_of_a_story_are_those_of_its_solution(place):
    situations = stories.situations()
    situation = (situations.one_step + situations.two_steps)[place]
    rng = random.Random(place)
    _, values = stories._drawn([situation], "two-digit", rng)
    question, lines, answer = stories._told(situation, values, rng, more=False)
    given = Counter(Fraction(values[name]) for name in "abc" if name in values)
    assert written_in(question) == given
    used = Counter(value for line in read_equations("\n".join(lines)) for value in line.quantities)
    between = {Fraction(values["x"]): 1} if len(lines) == 2 else {}
    assert used == given + Counter(between)
    assert Fraction(answer) == read_equations(lines[-1])[0].value


def test_number_that_is_not_needed_stands_in_the_question_alone():
    for seed in range(30):
        question, lines, _ = stories.one_step("+", "two-digit", random.Random(seed), more=True)
        assert written_in(question).total() == 3
        (line,) = read_equations("\n".join(lines))
        assert len(line.quantities) == 2


def test_every_pair_of_operations_has_a_situation():
    pairs = {one.symbols for one in stories.situations().two_steps}
    assert {first + last for first in "+-*/" for last in "+-*/"} == pairs


def test_story_of_two_steps_has_the_operations_that_the_skill_asks_for():
    for keyphrase, fits in {
        "leaves out the final division": r".+/",
        "leaves out a multiplication on the way to the answer": r"\*.+",
        "takes one quantity twice and leaves another out in the multiplication": r"\*\*",
    }.items():
        for seed in range(20):
            one = write_exercise(skill_of(keyphrase), LIKE, random.Random(seed))
            done = "".join(re.search(r"\d (.) ", line)[1] for line in one.solution.split("\n")[:-1])
            assert re.fullmatch(fits, done), one


def test_skill_without_an_operation_draws_all_four():
    rng = random.Random(0)
    skill = Skill("any", ("story",))
    done = {re.search(r"\d (.) ", write_exercise(skill, LIKE, rng).solution)[1] for _ in range(60)}
    assert done == set("+-*/")
