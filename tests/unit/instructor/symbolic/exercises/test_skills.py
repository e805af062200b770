"""Which skill a keyphrase says is missing."""

import pytest

from stages.arithmetic import explanations, phrases
from stages.instructor.symbolic.exercises.skills import skill_of


@pytest.mark.parametrize(
    ("keyphrase", "name", "symbol", "size", "forms"),
    [
        ("slips in a two-digit subtraction", "two-digit subtraction", "-", "two-digit", ("calculation", "story")),
        ("slips in carrying over in a three-digit addition", "three-digit addition", "+", "three-digit",
         ("calculation", "story")),
        ("misplaces the decimal point in a decimal division", "decimal division", "/", "decimal",
         ("calculation", "story")),
        ("gets a long addition badly wrong", "addition of several numbers", "+", None, ("calculation", "two steps")),
        ("gets a percentage multiplication badly wrong", "percentages", None, None, ("percent",)),
        ("takes the percentage of a wrong quantity in the first step", "percentages", None, None, ("percent",)),
        ("multiplies the quantities instead of dividing them in the first step", "choosing division", "/", None,
         ("story", "story with more")),
        ("adds a quantity instead of subtracting it", "choosing subtraction", "-", None, ("story", "story with more")),
        ("leaves out the final multiplication", "two steps that end in a multiplication", "*", None, ("two steps",)),
        ("leaves a quantity out of the addition in the first step", "addition of several quantities", "+", None,
         ("two steps",)),
        ("slips in transforming an equation with an unknown", "equations with an unknown", None, None, ("equation",)),
    ],
)  # fmt: skip
def test_skill_is_the_operation_with_its_kind_of_numbers_or_the_kind_of_step(keyphrase, name, symbol, size, forms):
    skill = skill_of(keyphrase)
    assert (skill.name, skill.symbol, skill.size, skill.forms) == (name, symbol, size, forms)


@pytest.mark.parametrize(
    ("keyphrase", "steps"),
    [
        ("leaves out the final division", "?s"),
        ("leaves out a division on the way to the answer", "s?"),
        ("takes one quantity twice and leaves another out in the division", "ss"),
        ("takes a quantity once instead of several times in the addition", "*s"),
    ],
)
def test_operation_of_two_steps_stands_where_it_was_missed(keyphrase, steps):
    assert skill_of(keyphrase).steps == steps


@pytest.mark.parametrize(
    "keyphrase",
    [
        phrases.no_equation(answered=True),
        phrases.no_equation(answered=False),
        phrases.NO_ANSWER,
        phrases.UNREADABLE,
        phrases.UNCLEAR,
        phrases.broken_off("addition"),
        "finds the answer but states another number",
        "Mixes up area and perimeter",
        "",
    ],
)
def test_form_of_an_output_and_words_of_others_name_no_skill(keyphrase):
    assert skill_of(keyphrase) is None


def test_every_keyphrase_with_a_meaning_has_a_skill_or_is_about_form():
    without = {
        explanation for pattern, explanation in explanations._MEANINGS if skill_of(_example(pattern.pattern)) is None
    }
    assert len(without) == 10, sorted(without)


def _example(pattern):
    """Return a keyphrase that a pattern of the table of explanations fits."""
    parts = {
        "(addition|subtraction|multiplication|division|power)": "addition",
        "(adds|subtracts|multiplies|divides|raises to a power)": "adds",
        "(?:the|a) .+": "the first step",
        "(.+?)": "subtracting them",
        "(.+)": "subtracting it",
        "an? ": "an ",
        "slips in a .+": "slips in a two-digit",
        ".+ addition": "two-digit addition",
        ".+": "in the first step",
    }
    for part, text in parts.items():
        pattern = pattern.replace(part, text)
    return pattern
