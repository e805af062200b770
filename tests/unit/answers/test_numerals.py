from fractions import Fraction

import pytest

from stages.answers.numerals import count_decimals, parse_digits, parse_words, spell, write_decimal, write_like


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("1,200", Fraction(1200), id="thousands"),
        pytest.param("1 200", Fraction(1200), id="thousands-with-space"),
        pytest.param(".5", Fraction(1, 2), id="leading-point"),
        pytest.param("3.50", Fraction(7, 2), id="cents"),
    ],
)
def test_parse_digits_returns_exact_value(text, value):
    assert parse_digits(text) == value


@pytest.mark.parametrize(
    ("words", "value"),
    [
        pytest.param(["three"], 3, id="unit"),
        pytest.param(["twenty", "five"], 25, id="tens-and-unit"),
        pytest.param(["two", "hundred", "five"], 205, id="hundreds"),
        pytest.param(["three", "thousand"], 3000, id="thousands"),
        pytest.param(["five", "twenty"], None, id="unit-before-tens"),
        pytest.param(["apple"], None, id="no-number"),
    ],
)
def test_parse_words_returns_value_or_none(words, value):
    assert parse_words(words) == value


@pytest.mark.parametrize(
    ("value", "words"), [(0, "zero"), (14, "fourteen"), (40, "forty"), (47, "forty-seven"), (100, None), (-1, None)]
)
def test_spell_covers_zero_to_ninety_nine(value, words):
    assert spell(value) == words


@pytest.mark.parametrize(
    ("value", "decimals"),
    [(Fraction(5), 0), (Fraction(1, 4), 2), (Fraction(1, 5), 1), (Fraction(1, 8), 3), (Fraction(1, 3), None)],
)
def test_count_decimals_is_none_for_endless_fractions(value, decimals):
    assert count_decimals(value) == decimals


def test_write_decimal_with_too_few_decimals_raises():
    with pytest.raises(ValueError, match="1/4 needs more than 1 decimals"):
        write_decimal(Fraction(1, 4), 1)


@pytest.mark.parametrize(
    ("model", "value", "text"),
    [
        pytest.param("3.50", Fraction(5), "5.00", id="cents-stay"),
        pytest.param("0.25", Fraction(1, 2), "0.50", id="two-decimals-stay-two"),
        pytest.param("1.5", Fraction(5, 4), "1.25", id="more-decimals-if-needed"),
        pytest.param("1,200", Fraction(24000), "24,000", id="separator-stays"),
        pytest.param("900", Fraction(1800), "1800", id="no-separator-before"),
        pytest.param(".5", Fraction(1, 4), ".25", id="leading-point-stays"),
        pytest.param("three", Fraction(5), "five", id="word"),
        pytest.param("Three", Fraction(12), "Twelve", id="capital"),
        pytest.param("three", Fraction(120), "120", id="word-too-large-to-spell"),
        pytest.param("3", Fraction(1, 3), None, id="endless"),
    ],
)
def test_write_like_keeps_the_manner_of_the_model(model, value, text):
    assert write_like(model, value) == text
