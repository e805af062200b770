import random

import pytest

from stages.arithmetic.quantities import read_variables
from stages.arithmetic.renumbering import Renumbered, renumber
from stages.arithmetic.tracing import Refusal

SEEDS = range(15)
FOLLOWS = Refusal("a number follows from others")
NO_SOURCE = Refusal("a number has no source")


@pytest.mark.parametrize(
    ("question", "solution", "answer", "free"),
    [
        pytest.param(
            "Ida paints 10 days in May, 10 days in June and 10 days in July, 8 doors a day. How many in the 30 days?",
            "30*8 = <<30*8=240>>240\n#### 240",
            "240",
            8,
            id="repeated-sum",
        ),
        pytest.param(
            "Bo knits 14 red hats and 23 blue hats and packs the 37 hats, at $5 each. What are the red ones worth?",
            "14*5 = <<14*5=70>>70\n37*5 = <<37*5=185>>185\n185-23*5 = <<185-23*5=70>>70\n#### 70",
            "70",
            5,
            id="sum",
        ),
        pytest.param(
            "Bo has 37 roses, 14 red and 23 yellow ones, and buys 14 pots at $6. What does he pay?",
            "23+14 = <<23+14=37>>37\n14*6 = <<14*6=84>>84\n#### 84",
            "84",
            6,
            id="unused-whole",
        ),
        pytest.param(
            "The trip takes 3 weeks, which is 21 days. Al walks 17 miles on each of the days. How many miles?",
            "21*17 = <<21*17=357>>357\n#### 357",
            "357",
            17,
            id="unit",
        ),
        pytest.param(
            "After 9 days and 4 more days, on the 13th day, Al counts 26 cans a day. How many cans by then?",
            "9+4 = <<9+4=13>>13\n13*26 = <<13*26=338>>338\n#### 338",
            "338",
            26,
            id="ordinal",
        ),
    ],
)
def test_number_that_follows_from_others_stays_with_them(question, solution, answer, free):
    old = [variable.value for variable in read_variables(question)]
    for seed in SEEDS:
        made = renumber(question, solution, answer, random.Random(seed))
        assert isinstance(made, Renumbered)
        new = [variable.value for variable in read_variables(made.question)]
        assert [one for one, other in zip(old, new, strict=True) if one != other] == [free]


def test_question_of_nothing_but_a_relation_is_refused():
    question = "There are 14 red hats and 23 blue hats, 37 hats in all. How many hats are red?"
    assert renumber(question, "37-23 = <<37-23=14>>14\n#### 14", "14", random.Random(0)) == FOLLOWS


def test_sum_of_unlike_things_is_chance():
    question = "Ann has 14 pens. A pad costs 23 cents, and Bo is 37 inches tall. How much is that together?"
    solution = "14+23 = <<14+23=37>>37\n37+37 = <<37+37=74>>74\n#### 74"
    assert renumber(question, solution, "74", random.Random(0)) != FOLLOWS


@pytest.mark.parametrize(
    "prose",
    [
        pytest.param("That was on the 13th day.", id="ordinal"),
        pytest.param("That was in the thirteenth round.", id="ordinal-word"),
        pytest.param("That was in Week 9.", id="label"),
        pytest.param("The other two days she rests.", id="rest"),
        pytest.param("She rests on twenty days.", id="word"),
        pytest.param("She rests for 7 days.", id="digits-of-a-unit"),
    ],
)
def test_number_in_prose_that_nothing_computes_is_refused(prose):
    solution = f"18+25 = <<18+25=43>>43 pens\n{prose}\n#### 43"
    assert renumber("Ann sells 18 pens a week and 25 pads.", solution, "43", random.Random(0)) == NO_SOURCE


def test_number_of_the_question_in_prose_follows_it():
    for seed in SEEDS:
        solution = "Eighteen pens and 25 pads make 18+25 = <<18+25=43>>43.\n#### 43"
        made = renumber("Ann has eighteen pens and 25 pads.", solution, "43", random.Random(seed))
        assert made.solution.split(" pens")[0].lower() == made.question.removeprefix("Ann has ").split(" pens")[0]


def test_share_is_no_ordinal():
    solution = "A fifth of 45 is 45/5 = <<45/5=9>>9.\nShe has 45-9 = <<45-9=36>>36.\n#### 36"
    made = renumber("Ann gives a fifth of 45 nuts away.", solution, "36", random.Random(0))
    assert isinstance(made, Renumbered)


def test_comparison_in_prose_stays_true():
    question = "A red lift takes 40 + 90 seconds, a blue one 60 + 80. How long does the one that wins take?"
    solution = (
        "40+90 = <<40+90=130>>130\n60+80 = <<60+80=140>>140\nThe red one wins because 130 < 140.\n40+90=130\n#### 130"
    )
    for seed in SEEDS:
        made = renumber(question, solution, "130", random.Random(seed))
        if isinstance(made, Renumbered):
            left, _, right = made.solution.split("because ")[1].split(".")[0].partition(" < ")
            assert int(left) < int(right)


def test_result_stated_in_percent_is_a_reading_of_its_number():
    """The 60 of the last step is what 40 % left, although 150 * 40/100 gave a 60 too."""
    question = "Of 150 balls 40% are red. How many are not?"
    solution = "100% - 40% = 60% are not red.\n150*40/100 = 60 are red.\n150*60/100 = 90 are not.\n#### 90"
    for seed in SEEDS:
        made = renumber(question, solution, "90", random.Random(seed))
        if isinstance(made, Renumbered):
            balls, percent = (variable.value for variable in read_variables(made.question))
            assert int(made.answer) == balls * (100 - percent) / 100


def test_half_in_digits_is_not_the_question_s_percentage():
    question = "Ann gives half of 80 nuts away and eats 50% of 46 figs. How many is that?"
    solution = "80*0.5 = 40 nuts\n46*50% = 23 figs\n40+23 = 63\n#### 63"
    for seed in SEEDS:
        made = renumber(question, solution, "63", random.Random(seed))
        if isinstance(made, Renumbered):
            assert "50%" in made.question


def test_constant_that_is_taken_away_is_refused():
    solution = "90-52 = <<90-52=38>>38\n#### 38"
    assert renumber("Of 90 mails a week 58% need a reply.", solution, "38", random.Random(0)) == NO_SOURCE
