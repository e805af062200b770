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
