"""Texts as words and numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.synthesis.wording import is_number, numbers, words

WORDS = [
    pytest.param("Anna's 3 apples, please!", ["anna", "s", "3", "apples", "please"], id="punctuation"),
    pytest.param("3+4", ["3", "+", "4"], id="plus"),
    pytest.param("3-4", ["3", "-", "4"], id="minus"),
    pytest.param("3−4", ["3", "-", "4"], id="typographic-minus"),  # noqa: RUF001
    pytest.param("1,000.50 and 2.", ["1000.50", "and", "2"], id="separators-in-numbers"),
    pytest.param("the pair 1,2", ["the", "pair", "1,2"], id="comma-that-separates-no-thousands"),
    pytest.param("5kg costs €7 (50%)", ["5", "kg", "costs", "€", "7", "50", "%"], id="units-and-signs"),
    pytest.param("It costs $7.", ["it", "costs", "7"], id="dollar-sign-may-be-a-delimiter"),
    pytest.param(r"\$7", ["7"], id="escaped-dollar"),
    pytest.param("ÄPFEL groß", ["äpfel", "groß"], id="latin-letters"),
    pytest.param("小明有３个苹果。", ["小", "明", "有", "3", "个", "苹", "果"], id="chinese-and-full-width-digit"),
    pytest.param("りんごが5つ", ["り", "ん", "ご", "が", "5", "つ"], id="japanese"),
    pytest.param("사과 5개", ["사과", "5", "개"], id="korean-has-spaces"),
    pytest.param("हिन्दी में ३ आम", ["हिन्दी", "में", "3", "आम"], id="devanagari-vowels-stay"),
    pytest.param("مُحَمَّد ٣ كتب؟", ["مُحَمَّد", "3", "كتب"], id="arabic-points-stay"),
    pytest.param("สวัสดี", ["ส", "วั", "ส", "ดี"], id="thai-letters-with-their-vowels"),
    pytest.param("cafe\u0301", ["caf\u00e9"], id="composed"),
    pytest.param("ef\ufb01cient", ["efficient"], id="ligature"),
    pytest.param("ap\u00adple\u200b", ["apple"], id="invisible"),
    pytest.param("3² ½", ["3", "^", "2", "1", "/", "2"], id="superscript-and-fraction"),
    pytest.param(r"$\left(\dfrac{1}{2}\right)$", ["frac", "1", "2"], id="latex-sizes-and-delimiters"),
    pytest.param(r"\(x^2\) \[y\]", ["x", "^", "2", "y"], id="latex-delimiters"),
    pytest.param(r"\rightarrow", ["rightarrow"], id="longer-command-is-no-size"),
    pytest.param(r"2\times3 2×3", ["2", "*", "3", "2", "*", "3"], id="times"),  # noqa: RUF001
    pytest.param("Twenty-five boys", ["25", "boys"], id="number-word"),
    pytest.param("two four-week months", ["2", "4", "-", "week", "months"], id="number-words-side-by-side"),
    pytest.param("three hundred", ["300"], id="scale"),
    pytest.param("one of twenty", ["one", "of", "20"], id="one-is-no-number"),
    pytest.param("someone often", ["someone", "often"], id="number-word-inside-a-word"),
    pytest.param(" \n", [], id="blank"),
    pytest.param("", [], id="empty"),
]


@pytest.mark.parametrize(("text", "expected"), WORDS)
def test_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("He pays $1,200 for 3 of them, 1/2 now.", ["1200", "3", "1/2"], id="digits"),
        pytest.param(r"\(1\)/\(2\) of it", ["1/2"], id="fraction-in-latex"),
        pytest.param("thirteen pens and 5.5 pads", ["13", "5.5"], id="words"),
        pytest.param("no number", [], id="none"),
    ],
)
def test_numbers(text, expected):
    assert numbers(text) == expected


@given(st.text())
def test_any_text_has_words_without_spaces_and_case_does_not_matter_twice(text):
    found = words(text)
    assert all(word and not word.isspace() for word in found)
    assert sum(map(is_number, found)) >= len(numbers(text))


@given(st.text(alphabet=st.characters(max_codepoint=0x7F)))
def test_ascii_text_in_capitals_has_the_same_words(text):
    assert words(text.upper()) == words(text)
