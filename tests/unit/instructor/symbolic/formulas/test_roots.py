from fractions import Fraction

import pytest

from stages.instructor.symbolic.formulas.reader import parse
from stages.instructor.symbolic.formulas.roots import interpolated, polynomial_roots, solve
from stages.instructor.symbolic.formulas.trees import is_smooth
from stages.instructor.symbolic.formulas.values import UndefinedError, evaluate


def solutions(name, *equations):
    trees = [[parse(side) for side in equation.split("=")] for equation in equations]
    residuals = [lambda point, pair=pair: evaluate(pair[0], point) - evaluate(pair[1], point) for pair in trees]
    smooth = all(is_smooth(side) for pair in trees for side in pair)
    return solve(residuals, name.split(), smooth=smooth)[0]


def test_linear_system_is_solved_exactly():
    assert solutions("x y", "x + y = 10", "2x + y = 13") == [{"x": Fraction(3), "y": Fraction(7)}]


def test_system_without_a_solution_is_undefined():
    with pytest.raises(UndefinedError):
        solutions("x y", "x + y = 1", "x + y = 2")


def test_free_unknowns_take_several_values_that_satisfy_the_equation():
    found = solutions("x y", "x + 2y = 4")
    assert len(found) > 1
    assert all(point["x"] + 2 * point["y"] == 4 for point in found)


def test_quadratic_has_both_roots():
    assert {point["x"] for point in solutions("x", "x^2 = 5x - 6")} == {2, 3}


def test_modulus_that_looks_linear_near_zero_has_both_roots():
    assert sorted(point["x"] for point in solutions("x", "|x - 20| = 3")) == pytest.approx([17, 23])


def test_exponential_equation_has_its_one_root():
    (point,) = solutions("x", r"5^{x + 4} = 125^x")
    assert point["x"] == pytest.approx(2)


def test_polynomial_of_values_has_the_coefficients():
    points = [Fraction(k) for k in range(4)]
    assert interpolated(points, [Fraction(k * k - 3) for k in range(4)]) == [-3, 0, 1]


def test_rational_roots_of_a_polynomial_are_exact_and_distinct():
    found = polynomial_roots([Fraction(-4), Fraction(0), Fraction(3), Fraction(1)])
    assert sorted(found) == [-2, 1]
    assert all(isinstance(root, Fraction) for root in found)


def test_other_roots_of_a_polynomial_are_real_or_complex_numbers():
    assert sorted(polynomial_roots([Fraction(-3), Fraction(0), Fraction(1)])) == pytest.approx([-(3**0.5), 3**0.5])
    found = polynomial_roots([Fraction(4), Fraction(0), Fraction(1)])
    assert sorted(root.imag for root in found) == pytest.approx([-2, 2])
