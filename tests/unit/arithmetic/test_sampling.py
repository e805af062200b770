from fractions import Fraction

import pytest

from stages.arithmetic.quantities import read_variables
from stages.arithmetic.sampling import candidates


def values(question):
    return candidates(question, read_variables(question)[0])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        pytest.param("6 pens", [3, 4, 5, 7, 8, 9, 10, 11, 12], id="small-half-to-double"),
        pytest.param("3 pens", [2, 4, 5, 6], id="never-one"),
        pytest.param("15 pens", [10, 20, 25, 30], id="fives-stay-fives"),
        pytest.param("40 pens", [30, 50, 60, 70], id="tens-stay-tens"),
        pytest.param("$300", [200, 400, 500], id="hundreds-stay-hundreds"),
        pytest.param("80% of them", [50, 60, 70, 90], id="percentage-below-hundred"),
        pytest.param("9 hours a day", [5, 6, 7, 8, 10, 11, 12, 13, 14], id="hours-of-a-day"),
        pytest.param("5 days a week", [3, 4, 6, 7], id="days-of-a-week"),
    ],
)
def test_candidates_are_alike_in_size_and_roundness(question, expected):
    assert values(question) == expected


def test_candidates_of_an_amount_with_cents_are_never_whole():
    amounts = values("It costs $1.50.")
    assert amounts == [Fraction(count, 10) for count in range(8, 31) if count not in (10, 15, 20, 30)]


def test_candidates_of_a_large_uneven_number_are_few():
    assert len(values("There are 12345678 ants.")) <= 201
