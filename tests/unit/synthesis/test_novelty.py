"""Near copies by ROUGE-L, against the textbook's definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.pipeline.exceptions import ParamsError
from stages.synthesis.novelty import NearCopy, NoveltyIndex, NoveltyParams, rouge_l, words


def longest_common_subsequence(one, other):
    """The textbook's table."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            table[i + 1][j + 1] = table[i][j] + 1 if a == b else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


def rouge_l_f(one, other):
    """Lin 2004: precision L / m, recall L / n, and their harmonic mean."""
    if not one and not other:
        return 1.0
    common = longest_common_subsequence(one, other)
    if not common:
        return 0.0
    recall, precision = common / len(one), common / len(other)
    return 2 * recall * precision / (recall + precision)


def index(compare="words", threshold=0.7, **texts):
    found = NoveltyIndex(NoveltyParams(threshold, compare))
    found.add(texts)
    return found


WORDS = st.sampled_from(["Anna", "hat", "3", "Äpfel", "苹果", "+", "4", "1,000", "€"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


@given(text=TEXTS, known=st.lists(TEXTS, min_size=1, max_size=5))
def test_most_similar_text_is_the_one_of_the_textbook_rouge_l(text, known):
    texts = {f"id{i}": other for i, other in enumerate(known)}
    expected = [rouge_l_f(words(text), words(other)) for other in known]
    copy = index(threshold=0.001, **texts).near_copy(text)
    if max(expected) == 0:
        assert copy is None
    else:
        assert copy.similarity == pytest.approx(max(expected), abs=5e-5)
        assert expected[list(texts).index(copy.id)] == pytest.approx(max(expected))


@given(one=st.text(max_size=30), known=st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_rouge_l_of_encoded_texts_is_the_pairwise_definition(one, known):
    assert rouge_l(one, known).tolist() == pytest.approx([rouge_l_f(one, other) for other in known])


@given(text=st.text())
def test_any_text_is_a_near_copy_of_itself(text):
    assert index(compare="words_and_numbers", threshold=1.0, a=text).near_copy(text) == NearCopy("a", 1.0)


def test_vocabulary_beyond_the_surrogates_keeps_words_apart():
    # Words become characters from 0x100 on; surrogates begin at 0xD800, 55,040 words later.
    known = NoveltyIndex(NoveltyParams(0.5, "words"))
    known.add({"filler": " ".join(f"{i}" for i in range(55_000))})
    known.add({"late": " ".join(f"{i}" for i in range(55_000, 55_100))})
    assert known.near_copy(" ".join(f"{i}" for i in range(55_030, 55_100))).id == "late"
    assert known.near_copy(" ".join(f"{i}" for i in range(56_000, 56_100))) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Anna's 3 apples, please!", ["anna", "s", "3", "apples", "please"], id="punctuation"),
        pytest.param("3+4", ["3", "+", "4"], id="plus"),
        pytest.param("3-4", ["3", "-", "4"], id="minus"),
        pytest.param("1,000.50 and 2.", ["1,000.50", "and", "2"], id="separators-in-numbers"),
        pytest.param("5kg costs $7 (50%)", ["5", "kg", "costs", "$", "7", "50", "%"], id="units-and-signs"),
        pytest.param("ÄPFEL groß 苹果", ["äpfel", "groß", "苹果"], id="not-ascii"),
        pytest.param(" \n", [], id="blank"),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_sign_alone_tells_3_plus_4_from_3_minus_4():
    assert index(a="3+4", threshold=0.9).near_copy("3-4") is None
    # Two of three words in common: 2 * 2 / 6.
    assert index(a="3+4", threshold=0.6).near_copy("3-4") == NearCopy("a", 0.6667)


def test_same_words_with_other_numbers_are_a_near_copy_by_words_alone():
    text = "Tom has 3 red apples and buys 4 green apples. How many apples does he have?"
    other = "Tom has 8 red apples and buys 9 green apples. How many apples does he have?"
    # 14 of 16 words in common.
    assert index(a=text).near_copy(other) == NearCopy("a", 0.875)
    assert index("words_and_numbers", a=text).near_copy(other) is None


def test_same_numbers_in_other_words_are_no_near_copy():
    known = index("words_and_numbers", a="Tom has 3 apples and 4 pears")
    assert known.near_copy("The 3 trains carry 4 tons") is None


def test_same_words_and_numbers_are_a_near_copy_either_way():
    for compare in ("words", "words_and_numbers"):
        assert index(compare, a="Tom has 3 apples.").near_copy("tom has 3 apples") == NearCopy("a", 1.0)


def test_near_copy_names_the_most_similar_of_the_known_texts():
    known = index(a="one two three four", b="one two three five", c="six seven")
    assert known.near_copy("one two three five") == NearCopy("b", 1.0)


def test_similarity_at_the_threshold_is_a_near_copy_and_below_is_none():
    # Seven of ten words each: 2 * 7 / 20 = 0.7.
    text, other = "a b c d e f g x y z", "a b c d e f g u v w"
    assert index(a=text, threshold=0.7).near_copy(other) == NearCopy("a", 0.7)
    assert index(a=text, threshold=0.71).near_copy(other) is None


@pytest.mark.parametrize("threshold", [0.0, -0.5, 1.01, float("nan")])
def test_threshold_that_is_no_fraction_above_0_is_refused(threshold):
    with pytest.raises(ParamsError, match=r"synthesize_data\.novelty\.threshold must be above 0 up to 1, not "):
        index(threshold=threshold)


def test_nothing_known_is_no_near_copy():
    assert index().near_copy("anything") is None


def test_text_added_later_is_known():
    known = index(a="one two")
    assert known.near_copy("three four") is None
    known.add({"b": "three four"})
    assert known.near_copy("three four") == NearCopy("b", 1.0)
