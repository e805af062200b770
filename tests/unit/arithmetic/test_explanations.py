from fractions import Fraction

import pytest

from stages.arithmetic import phrases
from stages.arithmetic.equations import read_equations
from stages.arithmetic.explanations import explain

OPERATIONS = ["addition", "subtraction", "multiplication", "division", "power"]
PLACES = [phrases.where(0, 3), phrases.where(1, 3), phrases.where(2, 3)]
SLIPS = ["3 + 4 = 8", "12 - 5 = 8", "12 * 5 = 600", "3 - 8 = 5", "45 + 27 = 62", "9 * 9 = 9", "1 / 0 = 2"]
OPERANDS = [
    ("1 + 2 = 3", None), ("1 + 1 + 2 = 4", "1 + 2 = 3"), ("2 / 4 = 0.5", "4 / 2 = 2"), ("1 + 2 = 3", "1 + 2 + 5 = 8"),
    ("1 + 2 + 5 = 8", "1 + 2 = 3"), ("5% * 40 = 2", "5% * 60 = 3"), ("6 * 7 = 42", "6 * 8 = 48"),
    ("6 * 7 = 42", "6 * 9 = 54"), ("6 * 5 = 30", "6 * 9 = 54"), ("6 * 6 = 36", "6 * 9 = 54"),
    ("3 + 5 = 8", "3 + 10 = 13"), ("10 - 4 + 3 = 9", "10 + 4 + 3 = 17"),
    ("54 * 6 = 324", "6 * 9 = 54"),
]  # fmt: skip


def every_phrase():
    for operation in OPERATIONS:
        for place in PLACES:
            for expected in OPERATIONS:
                yield phrases.wrong_operation(operation, expected, place)
        yield phrases.foreign_number(operation)
        yield phrases.needless_step(operation)
        for final, passed in ((True, False), (False, True), (False, False)):
            yield phrases.missing_step(operation, final=final, passed=passed)
        yield phrases.broken_off(operation)
    yield phrases.foreign_number(None)
    yield phrases.missing_step(None, final=False, passed=False)
    yield phrases.broken_off(None)
    for answered in (True, False):
        yield phrases.no_equation(answered)
    yield from (phrases.NO_ANSWER, phrases.UNCLEAR, phrases.UNREADABLE)
    yield from (phrases.IMPOSSIBLE, phrases.WRONG_SET_UP, phrases.WRONG_TRANSFORMATION, phrases.WRONG_PRINT)
    for text in SLIPS:
        yield phrases.slip(read_equations(text)[0])
    given = frozenset({Fraction(7), Fraction(8)})
    for used, gold in OPERANDS:
        counterpart = read_equations(gold)[0] if gold else None
        if counterpart is None:
            yield phrases.needless(phrases.main_operation(read_equations(used)[0]), PLACES[0])
        else:
            yield phrases.wrong_operand(read_equations(used)[0], counterpart, given, {Fraction(54)}, PLACES[0])


EVERY = sorted(set(every_phrase()))


def test_phrases_of_every_kind_are_found():
    assert len(EVERY) > 90


@pytest.mark.parametrize("phrase", EVERY)
def test_every_phrase_has_an_explanation_of_its_own(phrase):
    sentence = explain(phrase)
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert sentence != f"The solution {phrase}, where the right one does not."


@pytest.mark.parametrize(
    ("phrase", "sentence"),
    [
        ("loses the sign in a long subtraction", "The result of a subtraction has the right size and the wrong sign."),
        (
            "adds the quantities instead of multiplying them in a middle step",
            "The quantities are the right ones, but the solution adds where the situation calls for multiplying them.",
        ),
        (
            "leaves out the final addition",
            "The solution gives an intermediate result as its answer: an addition is left to do.",
        ),
    ],
)
def test_explanation_names_the_operation(phrase, sentence):
    assert explain(phrase) == sentence


def test_unknown_phrase_is_said_in_its_own_words():
    assert explain("mixes up {names}") == "The solution mixes up {names}, where the right one does not."
