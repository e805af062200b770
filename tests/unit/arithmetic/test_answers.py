from fractions import Fraction

import pytest

from stages.arithmetic.answers import final_answer, number_in, stated_answer


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("$1,200.50", Fraction(2401, 2), id="money"),
        pytest.param("-3", Fraction(-3), id="negative"),
        pytest.param(" 18. ", Fraction(18), id="full-stop"),
        pytest.param("40%", Fraction(40), id="percent"),
        pytest.param("18 eggs", None, id="with-unit"),
        pytest.param("", None, id="empty"),
    ],
)
def test_number_in_reads_a_lone_number(text, value):
    assert number_in(text) == value


@pytest.mark.parametrize(
    ("solution", "value"),
    [("6+6 = 12\n#### 1,200", 1200), ("#### $7", 7), ("#### .5", Fraction(1, 2)), ("so it is 12", None)],
)
def test_final_answer_is_behind_the_marks(solution, value):
    assert final_answer(solution) == value


@pytest.mark.parametrize(
    ("output", "value"),
    [
        pytest.param("#### 10\nThe answer is: 12", 12, id="last-one-counts"),
        pytest.param("A: 18", 18, id="short-form"),
        pytest.param("The answer is $1,500.", 1500, id="sentence"),
        pytest.param("I do not know", None, id="none"),
    ],
)
def test_stated_answer_is_the_last_one_called_so(output, value):
    assert stated_answer(output) == value


@pytest.mark.parametrize(
    ("output", "value"),
    [
        pytest.param(r"So it is \boxed{55}.", 55, id="number"),
        pytest.param(r"\boxed{\$1{,}050}", 1050, id="money"),
        pytest.param(r"\boxed{180\text{ minutes}}", 180, id="unit"),
        pytest.param(r"\boxed{\frac{50}{4}}", Fraction(25, 2), id="fraction"),
        pytest.param(r"\boxed{-7}", -7, id="sign"),
        pytest.param(r"10 chefs: \boxed{10}, and 13 waiters: \boxed{13}", 13, id="last-of-two"),
        pytest.param(r"\boxed{x}", None, id="no-number"),
        pytest.param(r"\boxed{5", None, id="cut-off"),
    ],
)
def test_box_states_the_answer(output, value):
    assert stated_answer(output) == value
