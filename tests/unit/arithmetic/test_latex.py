import pytest

from stages.arithmetic.equations import read_equations
from stages.arithmetic.latex import from_latex


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        pytest.param(r"\(\frac{1}{2}\)", "((1)/(2))", id="fraction-and-delimiters"),
        pytest.param(r"\dfrac12", "(1/2)", id="digits-without-braces"),
        pytest.param(r"\frac{\frac{1}{2}}{3}", "(( ((1)/(2)))/(3))", id="nested"),
        pytest.param(r"3\times4\cdot5\div6", "3 *4 *5 /6", id="signs"),
        pytest.param(r"3 \div \frac{1}{2}", "3 / ((1)/(2))", id="divided-by-a-fraction"),
        pytest.param(r"\$5 is 10\%", "$5 is 10 %", id="escapes"),
        pytest.param(r"5 \text{ hats}", "5 hats", id="words"),
        pytest.param(r"\frac{6 \text{ L}}{2 \mathrm{L/h}}", "((6 LL )/(2 LL/hh ))", id="units-inside-a-fraction"),
        pytest.param(r"\$5/\text{hour}", "$5/ hour", id="per-unit"),
        pytest.param(r"\text{Cost}_{\text{ann}} + p_1 + p_{12}", "Cost + p + p", id="subscripts"),
        pytest.param(r"\left(3\right)", "(3 )", id="sizes"),
        pytest.param(r"2^{3}", "2^(3)", id="power"),
        pytest.param(r"\sqrt{16} + 3", "π{16} + 3", id="function-counts-as-an-unknown"),
        pytest.param(r"\begin{aligned}[t] a &= 3 \\ &= 4 \end{aligned}", ";[t] a = 3 = 4 ;", id="aligned"),
        pytest.param(r"a = 3 \\ b = 4 \implies c", "a = 3 ; b = 4 ; c", id="rows-end"),
        pytest.param(r"\rightarrow \divide", "; π", id="longer-commands"),
        pytest.param("3 + 4 = 7", "3 + 4 = 7", id="plain"),
        pytest.param(r"\$1{,}500", "$ 1,500", id="thousands"),
        pytest.param(r"1{,}\!500\text{m}", "1,500 mm", id="thousands-with-less-space"),
        pytest.param(r"12\,500 \, \text{m}", "12,500 mm", id="thousands-with-a-thin-space"),
        pytest.param(r"\boxed{\dfrac{1}{2}}", "((1)/(2))", id="wrapper-around-a-fraction"),
        pytest.param("\\[\n3 \\times 4\n\\]", "3 * 4", id="formula-of-three-lines"),
    ],
)
def test_latex_becomes_plain_arithmetic_of_the_same_length(text, plain):
    found = from_latex(text)
    assert " ".join(found.split()) == plain
    assert [len(line) for line in found.split("\n")] == [len(line) for line in text.split("\n")]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        pytest.param(r"$\frac{1}{10} + \frac{1}{15} = \frac{1}{6}$", True, id="right-sum"),
        pytest.param(r"\[\frac{1}{10} + \frac{1}{15} = \frac{7}{30}\]", False, id="wrong-sum"),
        pytest.param(r"\frac{3}{4} \times 8 = 6", True, id="right-product"),
        pytest.param(r"2\frac{1}{2} + 1 = 3\frac{1}{2}", True, id="mixed-numbers"),
        pytest.param(r"2\frac{1}{2} + 1 = 2\frac{1}{2}", False, id="wrong-mixed-number"),
        pytest.param(r"1{,}000 + 500 = 1{,}500", True, id="thousands"),
        pytest.param(r"6 \div \frac{1}{2} = 12", True, id="divided-by-a-fraction"),
        pytest.param(r"\frac{12 \text{ km}}{3 \text{ km/h}} = 4 \text{ h}", True, id="units"),
    ],
)
def test_equation_in_latex_is_recomputed(text, holds):
    (equation,) = read_equations(from_latex(text))
    assert equation.holds is holds
