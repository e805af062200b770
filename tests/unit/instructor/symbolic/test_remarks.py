"""Sentences that correct."""

import pytest

from stages.arithmetic.equations import read_equations
from stages.arithmetic.latex import from_latex
from stages.instructor.symbolic import remarks


def equation(text):
    (found,) = read_equations(from_latex(text))
    return found


SLIPS = {
    "whole numbers": ("12 * 3 = 34", "Wait: 12 * 3 = 36, not 34."),
    "units are left out": ("12 boxes x $3 per box = $34", "Wait: 12 * 3 = 36, not 34."),
    "LaTeX": (r"\frac{544}{16} = 36", "Wait: 544 / 16 = 34, not 36."),
    "brackets": ("(3 + 4) * 2 = 15", "Wait: (3 + 4) * 2 = 14, not 15."),
    "no needless brackets": ("3 + (4 * 2) - (5 - 1) = 9", "Wait: 3 + 4 * 2 - (5 - 1) = 7, not 9."),
    "money": ("2 * $1.25 = $2.60", "Wait: 2 * 1.25 = 2.50, not 2.60."),
    "a percentage": ("12 / 40 = 25%", "Wait: 12 / 40 = 30%, not 25%."),
    "no end of decimals": ("20 / 3 = 7.5", "Wait: 20 / 3 = 6.67, not 7.5."),
    "number words": ("three times 5 = 18", "Wait: 3 * 5 = 15, not 18."),
    "an expression on the right": ("3 + 4 = 2 * 4", "Wait: 3 + 4 = 7, not 2 * 4."),
}


@pytest.mark.parametrize(("text", "sentence"), SLIPS.values(), ids=SLIPS)
def test_slip_is_named_beside_the_right_result(text, sentence):
    assert remarks.of_slip(equation(text)) == sentence


def test_division_by_zero_has_no_right_result():
    assert remarks.of_slip(equation("3 / 0 = 3")) is None


def test_wrong_step_is_named_beside_the_next_one_unless_they_look_alike():
    wrong, due = equation("12 + 4 = 16"), equation("12 * 4 = 48")
    assert remarks.of_step(wrong, due) == "Wait: the next step is not 12 + 4, but 12 * 4."
    assert remarks.of_step(wrong, equation("12 + 4 = 17")) is None


@pytest.mark.parametrize("text", ["12 * 3 = 34", "20 / 3 = 7.5", "12 / 40 = 25%", "7 - 2 = 4"])
def test_equation_of_a_sentence_holds(text):
    (found,) = read_equations(remarks.of_slip(equation(text)))
    assert found.holds
