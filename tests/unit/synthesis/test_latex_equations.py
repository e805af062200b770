import pytest

from stages.synthesis.latex_equations import false_equation


@pytest.mark.parametrize(
    ("solution", "found"),
    [
        pytest.param(r"So $\sqrt{16} + 3 = 8$.", r"\sqrt{16} + 3 = 8", id="root"),
        pytest.param(r"\[x = 2^3 \cdot 3 = 25\]", r"2^3 \cdot 3 = 25", id="link-of-a-chain"),
        pytest.param(r"$$\begin{aligned} a &= 2 + 2 \\ 3^2 &= 6 \end{aligned}$$", "3^2 = 6", id="row"),
        pytest.param(r"\(\sin(\pi) = 1\)", r"\sin(\pi) = 1", id="function"),
        pytest.param(r"$\sqrt{2} = 1.43$", r"\sqrt{2} = 1.43", id="rounded-wrongly"),
        pytest.param(r"$1,\!000 + 1 = 1,\!002$", r"1,\!000 + 1 = 1,\!002", id="thousands"),
    ],
)
def test_false_equation_is_found(solution, found):
    assert false_equation(solution) == found


@pytest.mark.parametrize(
    "solution",
    [
        pytest.param(r"So $x + 3 = 8$.", id="name"),
        pytest.param(r"$\sqrt{16} + 3 = 7$", id="right"),
        pytest.param(r"$\sqrt{2} = 1.41$", id="rounded"),
        pytest.param(r"$\sqrt{3} = 1.7$ and $\frac{2}{3} = 0.66$", id="cut-off"),
        pytest.param(r"$2\frac{1}{2} = \frac{5}{2}$", id="mixed-number"),
        pytest.param(r"$101_2 = 5$", id="base"),
        pytest.param(r"$50\% = 0.5$", id="percent"),
        pytest.param(r"$0.\overline{3} = \frac{1}{3}$", id="repeating-decimal"),
        pytest.param(r"$17 \equiv 2 \pmod{5}$", id="congruence"),
        pytest.param(r"$f(2) = 5$ and $f(12) - f(2) = 30$", id="value-of-a-function"),
        pytest.param(r"$3(10) = 30$ and $\frac{1}{2}(3)(4) = 6$", id="product-without-a-sign"),
        pytest.param(r"$\frac{58}{900} = .06444...$", id="decimal-that-goes-on"),
        pytest.param(r"$\left[\frac{7}{2}\right] = 3$", id="whole-part"),
        pytest.param(r"$\gcd(4, 6) = 2$", id="several-arguments"),
        pytest.param(r"$\frac{17}{5} = 3$ with a remainder of $2$", id="remainder"),
        pytest.param("$7 / 2 = 3$ R1. And $9 / 2 = 4$ (remainder 1).", id="remainder-in-short"),
        pytest.param("$7 / 2 = 3$ boxes, leaving a remainder of 1", id="remainder-of-things"),
        pytest.param(r"$1 + 2 + \dots + 9 = 45$", id="dots"),
        pytest.param("3 + 4 = 8", id="no-formula"),
    ],
)
def test_what_has_several_readings_or_holds_is_left_alone(solution):
    assert false_equation(solution) is None


def test_many_equations_take_a_bounded_time():
    assert false_equation("$1 + 1 = 2$ " * 200 + "$1 + 1 = 3$") is None
