"""New numbers for questions, each answer worked out here from the numbers of the new question."""

import math
import random
import re
from fractions import Fraction

import pytest

from stages.arithmetic.renumbering import Renumbered
from stages.arithmetic.tracing import Refusal
from stages.instructor.symbolic.formulas.renumbering import renumber_formula
from stages.synthesis.checks import faults


def renumbered(question, answer, seed=0):
    made = renumber_formula(question, answer, random.Random(seed))
    assert isinstance(made, Renumbered), made
    assert made.question != question
    assert made.solution.endswith(rf"The answer is $\boxed{{{made.answer}}}$.")
    assert faults(made.question, made.solution, made.answer) == []
    return made


def whole_numbers(text):
    return [int(number) for number in re.findall(r"-?\d+", text)]


def test_expression_is_computed_anew():
    made = renumbered(r"Compute $34 - 5 \cdot 6$.", "4")
    a, b, c = re.fullmatch(r"Compute \$(\d+) - (\d+) \\cdot (\d+)\$\.", made.question).groups()
    assert made.answer == str(int(a) - int(b) * int(c))
    assert f"${a} - {b} \\cdot {c} = {a} - {int(b) * int(c)} = {made.answer}$." in made.solution


def test_fraction_stays_a_reduced_fraction():
    made = renumbered(r"What is $\frac{3}{4} + \frac{1}{6}$?", r"\frac{11}{12}")
    a, b, one, c = whole_numbers(made.question)
    value = Fraction(a, b) + Fraction(one, c)
    assert made.answer == rf"\frac{{{value.numerator}}}{{{value.denominator}}}"


def test_root_stays_simplified():
    made = renumbered(r"Simplify $\sqrt{72}$.", r"6\sqrt{2}")
    factor, inside = whole_numbers(made.answer)
    assert factor**2 * inside == whole_numbers(made.question)[0]
    assert all(inside % k**2 for k in range(2, inside))


def test_equation_has_a_new_whole_solution():
    made = renumbered("Solve for $x$: $3x + 4 = 19$.", "5")
    a, b, c = whole_numbers(made.question)
    assert a * int(made.answer) + b == c


def test_system_has_new_whole_solutions_and_their_difference_is_asked():
    made = renumbered("If $x + y = 10$ and $2x + y = 13$, what is $y - x$?", "4")
    total, a, b = whole_numbers(made.question)
    x = Fraction(b - total, a - 1)
    assert Fraction(made.answer) == total - 2 * x
    assert x.denominator == 1


def test_functions_are_called_one_after_the_other():
    made = renumbered("Let $f(x) = 2x + 3$ and $g(x) = 5x - 4$. What is $f(g(6))$?", "55")
    a, b, c, d, x = whole_numbers(made.question.replace("- ", "-"))
    assert made.answer == str(a * (c * x + d) + b)


def test_angle_of_a_cosine_is_said_to_be_one_of_several():
    made = renumbered(r"If $\cos \theta = \frac{2}{3}$, find $\cos 2\theta$.", r"-\frac{1}{9}")
    top, bottom = whole_numbers(made.question)[:2]
    value = 2 * Fraction(top, bottom) ** 2 - 1
    assert Fraction(*whole_numbers(made.answer.replace("-\\frac{", "\\frac{-"))) == value
    assert "One solution is" in made.solution


def test_operation_is_written_as_in_the_question():
    made = renumbered(r"If $a \star b = ab + 3b$, what is $4 \star 5$?", "35")
    factor, a, b = whole_numbers(made.question)
    assert made.answer == str(a * b + factor * b)
    assert rf"${a} \star {b} = " in made.solution


def test_product_is_expanded():
    made = renumbered("Expand the product $(x + 3)(x - 8)$.", "x^2 - 5x - 24")
    a, b = whole_numbers(made.question.replace("- ", "-"))
    middle, last = whole_numbers(made.answer.replace(" ", "").removeprefix("x^2"))
    assert (middle, last) == (a + b, a * b)


def test_residue_keeps_the_range_of_its_modulus():
    made = renumbered(r"Find the integer $n$, $0 \le n \le 5$, such that \[n \equiv 2007 \pmod{6}.\]", "3")
    _, bound, number, modulus = whole_numbers(made.question)
    assert bound == modulus - 1
    assert made.answer == str(number % modulus)


def test_greatest_common_divisor_is_that_of_the_new_numbers():
    made = renumbered("What is the greatest common divisor of $84$ and $360$?", "12")
    assert made.answer == str(math.gcd(*whole_numbers(made.question)))


def test_numeral_is_converted_to_the_new_base():
    made = renumbered("Convert $1357_{10}$ to base 5.", "20412_5")
    number, _, base = whole_numbers(made.question)
    digits, written = made.answer.split("_")
    assert int(digits, base) == number
    assert written == str(base)


def test_midpoint_has_whole_coordinates():
    made = renumbered("Find the midpoint of the segment with endpoints $(7, -3)$ and $(1, 9)$.", "(4, 3)")
    a, b, c, d = whole_numbers(made.question)
    assert made.answer == f"({(a + c) // 2}, {(b + d) // 2})"
    assert (a + c) % 2 == (b + d) % 2 == 0


def test_inverse_keeps_the_range_that_it_is_asked_for_in():
    question = (
        "Find the modular inverse of $4$, modulo $21$. Express your answer as an integer from $0$ to $20$, inclusive."
    )
    made = renumbered(question, "16")
    number, modulus, _, bound = whole_numbers(made.question)
    assert number * int(made.answer) % modulus == 1
    assert bound == modulus - 1


def test_what_asks_for_a_form_of_the_answer_stays():
    made = renumbered("Compute $6 - 2.5$. Express your answer as a decimal.", "3.5")
    assert made.question.endswith("Express your answer as a decimal.")
    assert re.fullmatch(r"\d+\.\d", made.answer)


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("How many apples does Tom have if he has 3 and buys 4?", "7", "no form for the question"),
        ("Compute $3 + 4$.", "8", "the gold answer is not reproduced"),
        ("Compute $1 + 1$.", "2", "no numbers to change"),
        ("Find the area shown. [asy] draw(3); [/asy]", "4", "needs a figure"),
        ("If $f(x + y) = f(x) + f(y)$ and $f(1) = 3$, find $f(4)$.", "12", "the question is not solved"),
        ("If $x^2 = 9$, what is $x$?", "3", "the question is not solved"),
        (
            r"Let $z$ be a complex number such that $|z - 3| = 2$ and $|z| = 1$. Find $z$.",
            "1",
            "no form for the question",
        ),
    ],
)
def test_what_cannot_be_certified_is_refused_with_its_reason(question, answer, reason):
    assert renumber_formula(question, answer, random.Random(0)) == Refusal(reason)


def test_same_state_gives_the_same_problem_and_another_one_another():
    question, answer = "Solve for $x$: $7x - 12 = 3x + 8$.", "5"
    first = renumber_formula(question, answer, random.Random(4))
    assert renumber_formula(question, answer, random.Random(4)) == first
    assert renumber_formula(question, answer, random.Random(5)) != first
