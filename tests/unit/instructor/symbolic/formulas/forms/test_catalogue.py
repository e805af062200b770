"""Each form of question, with an answer worked out by hand that both of its ways must give."""

import pytest

from stages.instructor.symbolic.formulas.certificates import reproduced
from stages.instructor.symbolic.formulas.exact import UnsolvedError
from stages.instructor.symbolic.formulas.forms.catalogue import FORMS
from stages.instructor.symbolic.formulas.forms.form import read_with
from stages.instructor.symbolic.formulas.skeletons import read_skeleton
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.values import UndefinedError


def is_solved(question, gold):
    """Return whether a form reads the question, and both ways give the gold."""
    skeleton = read_skeleton(question)
    for task in filter(None, (read_with(form, skeleton) for form in FORMS)):
        try:
            if reproduced(task, task.numeric(), gold):
                return True
        except (UnsolvedError, UndefinedError, UnreadableError):
            continue
    return False


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        (r"Compute $|3 - 4i|$.", "5"),
        (r"Round $3.276$ to the nearest hundredth.", "3.28"),
        (r"Express $\frac{7}{40}$ as a decimal.", "0.175"),
        (r"What is the 5th digit after the decimal point when $\frac{1}{7}$ is expressed as a decimal?", "5"),
        (r"Evaluate $a^2 - ab$ if $a = 3$ and $b = -2$.", "15"),
        (r"Find the value of $x$ that satisfies $\sqrt{x + 1} = 4$.", "15"),
        (r"Find all solutions to the equation $x^2 - 5x + 6 = 0$.", "2, 3"),
        (r"What is the sum of the solutions of the equation $x^2 - 7x + 10 = 0$?", "7"),
        (r"What is the positive difference between the two solutions of $|x - 2| = 9$?", "18"),
        (r"If $\frac{a}{b} = 6$ and $\frac{b}{c} = \frac{1}{2}$, what is $\frac{a}{c}$?", "3"),
        (r"If $x + y = 7$ and $xy = 10$, what is $x^2 + y^2$?", "29"),
        (r"If $\cos \theta = \frac{1}{3}$, find $\cos 2\theta$.", r"-\frac{7}{9}"),
        (r"Factor the expression $6x^2 + 9x$.", "3x(2x + 3)"),
        (r"Simplify $\frac{x^2 - 4}{x - 2}$.", "x + 2"),
        (r"Find the remainder when $x^3 - 2x + 5$ is divided by $x - 2$.", "9"),
        (r"Find the quotient when $x^2 + 5x + 6$ is divided by $x + 2$.", "x + 3"),
        (r"What is the coefficient of $x^2$ in the expansion of $(x + 3)^3$?", "9"),
        (r"Find the product of the roots of the equation $2x^3 - x^2 - 4x - 10 = 0$.", "5"),
        (r"What is the remainder when $3^{100}$ is divided by 7?", "4"),
        (r"What is the units digit of $17 \cdot 28$?", "6"),
        (r"Find the integer $n$, $0 \le n \le 4$, such that \[n \equiv 12 \pmod{5}.\]", "2"),
        (r"Find the modular inverse of $3$, modulo $11$, from $0$ to $10$, inclusive.", "4"),
        (r"What is the least common multiple of $6$, $8$ and $9$?", "72"),
        (r"What is the largest prime factor of $91$?", "13"),
        (r"How many positive divisors does $60$ have?", "12"),
        (r"What is the sum of the positive divisors of $28$?", "56"),
        (r"What is the base ten equivalent of $213_4$?", "39"),
        (r"Add $14_5 + 23_5$. Express your answer in base 5.", "42_5"),
        (r"What is the greatest two-digit multiple of 17?", "85"),
        (r"How many positive three-digit integers are divisible by 50?", "18"),
        (r"How many multiples of 6 are between 10 and 50?", "7"),
        (r"What is the largest multiple of 7 less than 50?", "49"),
        (r"How many prime numbers are between 20 and 40?", "4"),
        (r"How many integers $n$ satisfy $n^2 < 17$?", "9"),
        (r"Find the area of the triangle with vertices $(0, 0)$, $(4, 0)$ and $(0, 5)$.", "10"),
        (
            r"Compute $\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \begin{pmatrix} 5 \\ 6 \end{pmatrix}$.",
            r"\begin{pmatrix} 17 \\ 39 \end{pmatrix}",
        ),
        (
            r"Convert the point $\left(4, \frac{\pi}{6}\right)$ in polar coordinates to rectangular coordinates.",
            r"(2\sqrt{3}, 2)",
        ),
    ],
)
def test_both_ways_give_the_answer_worked_out_by_hand(question, gold):
    assert is_solved(question, gold)


@pytest.mark.parametrize(
    ("question", "gold"),
    [
        ("What is the base 4 representation of the base 3 number $1101_2$?", "31_4"),
        (
            r"Find the modular inverse of $3$, modulo $11$, from $0$ to $9$, inclusive.",
            "4",
        ),
        (r"Find the integer $n$, $0 \le n \le 5$, such that \[n \equiv 12 \pmod{5}.\]", "2"),
        ("If $a, b$ are positive integers and $a + b = 5$, what is $a$?", "2"),
        ("If $f(2) = 6$, find $f(4)$.", "12"),
        ("How many integers $n$ satisfy $(n - 3)(n - 700) < 0$?", "497"),
        (r"If $\mathbf{a} \cdot \mathbf{b} = 3$, find $2\mathbf{a} \cdot \mathbf{b}$.", "6"),
        ("Compute the number of 3 digit numbers $n$.", "900"),
        ("What is the units digit of $2 - 5$?", "7"),
        ("What is the largest positive multiple of $9$ less than $5$?", "0"),
        ("Round $3.45$ to the nearest tenth.", "3.5"),
        (r"If $a \star b = a + b$, what is $2 \star 3^2$?", "11"),
        ("If $x^2 = 9$ and $x > 0$, what is $x$?", "3"),
        (r"How many integers $n$ satisfy $n^2 + 3 < 0$?", "0"),
    ],
)
def test_question_that_a_form_would_only_guess_at_is_not_read(question, gold):
    assert not is_solved(question, gold)
