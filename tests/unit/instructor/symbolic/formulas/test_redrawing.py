import random
import re

import pytest

from stages.instructor.symbolic.formulas.redrawing import keeps_form, numerals, redraw
from stages.instructor.symbolic.formulas.skeletons import read_skeleton


def texts(question):
    return [numeral.text for numeral in numerals(question)]


def test_zero_one_squares_indices_and_what_asks_for_a_form_stay():
    assert texts(r"Find $x_2$ if $0 = x^2 - 1$ and $\sqrt[3]{64} = 5$. Round to the nearest tenth.") == ["64", "5"]
    assert texts("Compute $3 + 4$. Express your answer as a common fraction.") == ["3", "4"]


def test_powers_of_a_name_stay():
    assert texts("Expand $(2z^5 - 7z)(z^4 + 9)$.") == ["2", "7", "9"]


def test_digits_without_braces_stay_digits():
    rng = random.Random(0)
    assert all(re.fullmatch(r"\$\\frac[2-9][2-9]\$", redraw(r"$\frac34$", rng, 1.0)) for _ in range(40))


def test_neighbours_stay_neighbours_where_they_are_tied():
    rng = random.Random(1)
    for _ in range(20):
        bound, modulus = map(int, re.findall(r"\d+", redraw(r"$n \le 10$, modulo 11", rng, 1.0, tied=True)))
        assert modulus == bound + 1


def test_ordinal_has_the_ending_of_its_new_number():
    ends = {"1": "st", "2": "nd", "3": "rd"}
    for seed in range(30):
        text = redraw("What is the $23$rd digit and the 24th one?", random.Random(seed), 1.0)
        for number, end in re.findall(r"(\d+)\$?(st|nd|rd|th)", text):
            teen = len(number) > 1 and number[-2] == "1"
            assert end == ("th" if teen else ends.get(number[-1], "th"))


def test_same_state_gives_the_same_question():
    question = r"Evaluate $17 \cdot 2.5 - \sqrt{49}$."
    assert redraw(question, random.Random(5), 0.9) == redraw(question, random.Random(5), 0.9)


@pytest.mark.parametrize(
    ("new", "kept"),
    [
        (r"\frac{3}{5}", True),
        (r"\frac{5}{3}", False),
        (r"\frac{4}{6}", False),
    ],
)
def test_fraction_stays_reduced_and_proper(new, kept):
    assert keeps_form(r"\frac{2}{7}", new) is kept


def test_fraction_that_can_be_reduced_stays_one():
    assert keeps_form(r"\frac{36}{54}", r"\frac{24}{60}")
    assert not keeps_form(r"\frac{36}{54}", r"\frac{16}{61}")


def test_numbers_that_differ_stay_different():
    for seed in range(40):
        first, second = re.findall(r"\d+", redraw("$9! / 8!$", random.Random(seed), 1.0))
        assert first != second


def test_root_of_no_square_stays_one():
    assert keeps_form(r"\sqrt{8}", r"\sqrt{12}")
    assert not keeps_form(r"\sqrt{8}", r"\sqrt{9}")


def test_skeleton_has_a_place_for_each_formula_and_none_for_the_form_of_the_answer():
    skeleton = read_skeleton("If $2x = 6$, what is $x$? Express your answer as a common fraction.")
    assert skeleton.words == "if @ what is @"
    assert skeleton.slots == ("2x = 6", "x")
