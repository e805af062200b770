import pytest

from stages.arithmetic.equations import read_equations
from stages.arithmetic.quantities import read_variables
from stages.arithmetic.reachable_values import reachable_values

QUESTION = "He has 16 eggs, finds 10, gives away 13 and sells the rest at $4 with 20% off."
REACHABLE = reachable_values(
    read_equations("16+10 = 26\n26-13 = 13\n13*4 = 52\n52*.8 = 41.6"), read_variables(QUESTION), None
)


@pytest.mark.parametrize(
    ("equation", "allowed"),
    [
        pytest.param("16 + 10 = 26", True, id="gold-step"),
        pytest.param("16 - 13 = 3", True, id="another-order"),
        pytest.param("16 * 4 = 64", True, id="distributed"),
        pytest.param("100 - 20 = 80", True, id="what-the-percentage-leaves"),
        pytest.param("13 * 400 = 5200", True, id="in-cents"),
        pytest.param("16 * 10 = 160", False, id="wrong-operation"),
        pytest.param("13 + 4 = 17", False, id="wrong-pair"),
        pytest.param("10 - 16 = -6", False, id="wrong-order"),
    ],
)
def test_reachable_values_allows_values_of_the_gold_chain_in_any_order(equation, allowed):
    (read,) = read_equations(equation)
    assert REACHABLE.allows(read) is allowed


@pytest.mark.parametrize(("value", "known"), [(16, True), (26, True), (1600, True), (77, False)])
def test_reachable_values_knows_given_and_reached_values_in_other_units(value, known):
    assert REACHABLE.knows(value) is known
