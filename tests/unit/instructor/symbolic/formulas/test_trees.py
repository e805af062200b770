from fractions import Fraction

import pytest

from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.tokens import UnreadableError
from stages.instructor.symbolic.formulas.trees import is_smooth, names
from stages.instructor.symbolic.formulas.values import evaluate


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        (r"2 + 3 \cdot 4^2", 50),
        (r"-2^2", -4),
        (r"\frac12 + \frac{1}{3}", Fraction(5, 6)),
        (r"2\frac{1}{2} \div 5", Fraction(1, 2)),
        (r"6 \cdot 8\frac{1}{3}", 50),
        (r"12{,}000 + 1,\!500", 13500),
        (r"0.5\overline{10}", Fraction(101, 198)),
        (r"2(3)(4)", 24),
        (r"\sqrt[3]{27} + \sqrt{16}", 7),
        (r"4^{3/2}", 8),
        (r"|3 - |4 - 9||", 2),
        (r"\lfloor -2.5 \rfloor + \lceil 2.1 \rceil", 0),
        (r"5! - \binom{5}{2}", 110),
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix}", -2),
    ],
)
def test_formula_has_its_exact_value(formula, value):
    assert evaluate(parse(formula)) == value


@pytest.mark.parametrize(
    "formula",
    ["1/2x", r"2\frac{5}{2}", "x3", r"\frac123", r"\sin (x)^2", "f(3)", "p(-x)", r"a \pm b", "(1, 2", r"\text{cm}"],
)
def test_formula_with_two_readings_or_none_is_unreadable(formula):
    with pytest.raises(UnreadableError):
        parse(formula)


def test_names_before_brackets_are_calls_only_where_they_are_functions():
    assert parse("f(3)", {"f"}).op == "call"
    assert evaluate(parse("k(k + 1)"), {"k": Fraction(3)}) == 12


def test_names_of_a_formula_are_what_stands_for_numbers():
    assert names(parse(r"x_1 + \theta \cdot \pi")) == {"x_1", "theta"}


@pytest.mark.parametrize(
    ("formula", "smooth"), [("x^2 - 1/x", True), ("|x|", False), (r"2^x", False), (r"\sqrt{2} x", True)]
)
def test_smooth_formulas_have_whole_powers_and_no_moduli(formula, smooth):
    assert is_smooth(parse(formula)) is smooth
