from fractions import Fraction

import pytest

from stages.arithmetic.bounds import result_bound, upper_bound
from stages.arithmetic.implied_constants import implied_constants
from stages.arithmetic.quantities import read_variables


def fixed_values(question):
    return {variable.value: variable.fixed for variable in read_variables(question)}


@pytest.mark.parametrize(
    ("question", "value", "fixed"),
    [
        pytest.param("Ann has 18 pens.", 18, False, id="plain"),
        pytest.param("Ann has thirteen pens.", 13, False, id="word"),
        pytest.param("Ann has 1 pen.", 1, True, id="one"),
        pytest.param("Ann ate 3/5 of it.", 3, True, id="part-of-a-fraction"),
        pytest.param("Ann has 2 pens, twice as many as Bo.", 2, True, id="two-beside-twice"),
        pytest.param("Ann runs 7 miles a week.", 7, True, id="seven-beside-week"),
        pytest.param("Ann runs 7 miles.", 7, False, id="seven-alone"),
        pytest.param("She came on July 19 with pens.", 19, True, id="date"),
        pytest.param("She came at 8 a.m. with pens.", 8, True, id="clock"),
        pytest.param("The ratio of pens is 14:25.", 25, False, id="ratio-is-no-clock"),
        pytest.param("It was built in 1995.", 1995, True, id="year"),
        pytest.param("It cost $1995.", 1995, False, id="price-is-no-year"),
        pytest.param("They are quintuplets, all 5.", 5, True, id="five-beside-quintuplets"),
        pytest.param("A 15% rise on $15.", 15, True, id="percent-and-amount"),
        pytest.param("Her 3 friends Ann, Bea and Cleo paid.", 3, True, id="names-listed"),
        pytest.param("It weighs 13-15 pounds.", 15, True, id="range"),
        pytest.param("Half a cake.", Fraction(1, 2), True, id="half"),
    ],
)
def test_value_is_fixed_where_its_meaning_is_in_doubt(question, value, fixed):
    assert fixed_values(question)[value] is fixed


def test_equal_values_are_one_variable():
    (variable,) = read_variables("18 jars hold 18 pens each.")
    assert [token.start for token in variable.tokens] == [0, 13]


def test_ordinals_are_no_numbers_but_hints():
    assert read_variables("The 5th and the third girl.") == ()
    assert {Fraction(5), Fraction(3)} <= implied_constants("The 5th and the third girl.")


@pytest.mark.parametrize(
    ("question", "bound"),
    [
        pytest.param("He works 9 hours a day.", 14, id="hours-a-day"),
        pytest.param("He swims 3 days a week.", 7, id="days-a-week"),
        pytest.param("He is 5 feet 9 inches tall.", 11, id="inches-after-feet"),
        pytest.param("It gave 40% off.", 95, id="percent"),
        pytest.param("He has 9 pens.", None, id="no-limit"),
    ],
)
def test_words_around_a_number_bound_it(question, bound):
    assert upper_bound(question, read_variables(question)[-1]) == bound


def test_ages_bound_results():
    assert result_bound("How old is Ann?") is None
    assert result_bound("Ann is 9 years old.") == 99
