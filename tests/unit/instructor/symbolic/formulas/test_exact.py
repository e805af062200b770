import pytest

from stages.instructor.symbolic.formulas import algebra, exact
from stages.instructor.symbolic.formulas.exact import UnsolvedError


@pytest.mark.parametrize(
    ("formula", "written"),
    [
        (r"\sqrt{72} + \sqrt{8}", r"8\sqrt{2}"),
        (r"\cos 240^\circ", r"-\frac{1}{2}"),
        (r"\log_2 8 - \log_3 81", "-1"),
        (r"\frac{1}{\sqrt{2} + 1}", r"-1 + \sqrt{2}"),
        (r"(2 + 3i)(4 - i)", "11 + 10i"),
        (r"0.5\overline{10}", r"\frac{101}{198}"),
    ],
)
def test_number_is_written_in_its_simplest_form(formula, written):
    assert exact.written(exact.settled(exact.read(formula))) == written


def test_polynomial_is_written_from_its_highest_power():
    assert exact.written(exact.read("5 - 3x - x^2")) == "-x^2 - 3x + 5"


def test_capital_letters_are_names_of_their_own():
    assert {symbol.name for symbol in exact.read("2A + 3a").free_symbols} == {"A", "a"}


def test_functions_are_written_out_from_the_inside():
    functions = {"f": (("x",), "x^2 - 5"), "g": (("a", "b"), "ab + b")}
    assert exact.read(exact.with_functions("f(f(1))", functions)) == 11
    assert exact.read(exact.with_functions("g(2, f(3))", functions)) == 12


def test_equations_of_linear_and_quadratic_unknowns_are_solved():
    x, y = exact.read("x"), exact.read("y")
    found = algebra.solve([x + y - 10, x * y - 21])
    assert sorted((one[x], one[y]) for one in found) == [(3, 7), (7, 3)]


def test_product_beside_nothing_else_is_not_divided_by_a_factor_that_may_be_zero():
    x, y = exact.read("x"), exact.read("y")
    with pytest.raises(UnsolvedError):
        algebra.solve([x * y - 3 * x, x**2 + y**2 - 9])


def test_equation_with_functions_has_all_of_its_real_solutions():
    x = exact.read("x")
    assert sorted(one[x] for one in algebra.solve([exact.read("|x - 20| - 3")])) == [17, 23]
    assert algebra.solve([exact.read(r"\sqrt{x + 1} - 4")]) == [{x: 15}]
    assert algebra.solve([exact.read("4^x - 8")]) == [{x: exact.read(r"\frac{3}{2}")}]


def test_equation_with_functions_that_is_not_solved_completely_is_refused():
    for formula in (r"x + \lfloor x \rfloor - 5", r"\sin x + \cos x + \tan x - 7"):
        with pytest.raises(UnsolvedError):
            algebra.solve([exact.read(formula)])
    with pytest.raises(UnsolvedError):
        algebra.solve([exact.read("2^x - y"), exact.read("y - 8")])


def test_solution_that_makes_a_denominator_zero_is_none():
    x = exact.read("x")
    assert algebra.solve([(x**2 - 1) / (x - 1) - 2 * x]) == []


def test_quintic_without_rational_roots_is_not_solved():
    x = exact.read("x")
    with pytest.raises(UnsolvedError):
        algebra.solve([x**5 - x - 1])
