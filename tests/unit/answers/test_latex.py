import pytest

from stages.answers.latex import plain_signs, undress


@pytest.mark.parametrize(
    ("text", "undressed"),
    [
        pytest.param(r"\dfrac{1}{2}\,\text{of}\ 10\%", r"\frac{1}{2}  of  10%", id="answer"),
        pytest.param(r"\text{\textbf{ten}}", "  ten  ", id="wrapper-in-a-wrapper"),
        pytest.param(r"1 & 2 \\ 3 & 4", r"1 & 2 \\ 3 & 4", id="end-of-a-matrix-row"),
        pytest.param(r"2 \times \sqrt{3}", r"2 \times \sqrt{3}", id="signs-stay"),
    ],
)
def test_undressed_formula_keeps_its_fractions_and_signs(text, undressed):
    assert undress(text) == undressed


def test_plain_signs_are_those_of_a_calculator():
    assert plain_signs(r"3 \times 4\cdot 5 \ast 2 \div 8 \divideontimes") == r"3 * 4* 5 * 2 / 8 \divideontimes"
