"""Near copies by ROUGE-L, against the textbook's definition, and n-grams shared with test questions."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.synthesis.novelty import Match, NoveltyIndex, NoveltyParams, rouge_l
from stages.synthesis.wording import numbers, words


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


def index(compare="words", threshold=0.7, ngram=8, held_out=False, **texts):
    found = NoveltyIndex(NoveltyParams(threshold, compare, ngram))
    found.add(texts, "known", held_out=held_out)
    return found


def match(known, text, since=0):
    (found,) = known.matches([text], since)
    return found


def near(key, similarity):
    return Match(key, "known", False, "exact" if similarity == 1 else "near copy", similarity)


WORDS = st.sampled_from(["Anna", "hat", "3", "Äpfel", "苹果", "+", "4", "1,000", "€", "seven"])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)
MANY = st.lists(TEXTS, min_size=1, max_size=6)


@settings(deadline=None)  # the first example waits for imports
@given(text=TEXTS, known=MANY)
def test_most_similar_text_is_the_one_of_the_textbook_rouge_l(text, known):
    texts = {f"id{i}": other for i, other in enumerate(known)}
    expected = [rouge_l_f(words(text), words(other)) for other in known]
    copy = match(index(threshold=0.001, **texts), text)
    if max(expected) == 0:
        assert copy is None
    else:
        assert copy.similarity == pytest.approx(max(expected), abs=5e-5)
        assert expected[list(texts).index(copy.id)] == pytest.approx(max(expected))


@settings(deadline=None)  # the first example waits for imports
@given(texts=MANY, known=MANY, threshold=st.sampled_from([0.3, 0.5, 0.7, 1.0]))
def test_decisions_with_numbers_are_those_of_the_pairwise_definition(texts, known, threshold):
    found = index("words_and_numbers", threshold, **{f"id{i}": other for i, other in enumerate(known)}).matches(texts)
    for text, copy in zip(texts, found, strict=True):
        expected = any(
            rouge_l_f(words(text), words(other)) >= threshold and rouge_l_f(numbers(text), numbers(other)) >= threshold
            for other in known
        )
        assert (copy is not None) is expected


@settings(deadline=None)  # the first example waits for imports
@given(texts=MANY, known=MANY, size=st.integers(1, 4))
def test_shared_ngrams_are_those_of_the_plain_definition(texts, known, size):
    def ngrams(text):
        return {tuple(words(text)[i : i + size]) for i in range(len(words(text)) - size + 1)}

    held_out = index(threshold=1.0, ngram=size, held_out=True, **{f"id{i}": other for i, other in enumerate(known)})
    for text, copy in zip(texts, held_out.matches(texts), strict=True):
        alike = any(words(text) == words(other) for other in known)
        assert (copy is not None) is (alike or any(ngrams(text) & ngrams(other) for other in known))
        if copy is not None and copy.kind == "n-gram":
            assert ngrams(text) & ngrams(known[int(copy.id.removeprefix("id"))])


@settings(deadline=None)  # the first example waits for imports
@given(texts=st.lists(st.text(max_size=30), min_size=1, max_size=3), known=st.lists(st.text(max_size=30), min_size=1))
def test_rouge_l_of_encoded_texts_is_the_pairwise_definition(texts, known):
    expected = [[rouge_l_f(one, other) for other in known] for one in texts]
    assert rouge_l(texts, known).tolist() == [pytest.approx(row) for row in expected]


@settings(deadline=None)  # the first example waits for imports
@given(text=st.text())
def test_any_text_is_a_copy_of_itself(text):
    assert match(index("words_and_numbers", 1.0, a=text), text) == near("a", 1.0)


@pytest.mark.parametrize("threads", [0, 1, 2])
def test_threads_change_no_decision(threads):
    texts = [f"a{i % 7} b{i % 5} c{i % 3} {i % 11}" for i in range(300)]
    one, some = NoveltyIndex(NoveltyParams(0.7, "words", 8)), NoveltyIndex(NoveltyParams(0.7, "words", 8), threads)
    for known in (one, some):
        known.add({str(i): text for i, text in enumerate(texts[:100])}, "known")
    assert some.matches(texts) == one.matches(texts)


def test_more_texts_than_a_block_are_answered_in_order():
    # 600 texts of three words of their own; every third one is known.
    texts = [f"a{i}x b{i}x c{i}x" for i in range(600)]
    known = index(**{str(i): texts[i] for i in range(0, 600, 3)})
    assert [found and found.id for found in known.matches(texts)] == [None if i % 3 else str(i) for i in range(600)]


def test_vocabulary_beyond_the_surrogates_keeps_words_apart():
    # Words become characters from 0x100 on; surrogates begin at 0xD800, 55,040 words later.
    known = index(threshold=0.5, filler=" ".join(f"{i}" for i in range(55_000)))
    known.add({"late": " ".join(f"{i}" for i in range(55_000, 55_100))}, "known")
    assert match(known, " ".join(f"{i}" for i in range(55_030, 55_100))).id == "late"
    assert match(known, " ".join(f"{i}" for i in range(56_000, 56_100))) is None


def test_sign_alone_tells_3_plus_4_from_3_minus_4():
    assert match(index(a="3+4", threshold=0.9), "3-4") is None
    # Two of three words in common: 2 * 2 / 6.
    assert match(index(a="3+4", threshold=0.6), "3-4") == near("a", 0.6667)


def test_same_words_with_other_numbers_are_a_near_copy_by_words_alone():
    text = "Tom has 3 red apples and buys 4 green apples. How many apples does he have?"
    other = "Tom has 8 red apples and buys 9 green apples. How many apples does he have?"
    # 14 of 16 words in common.
    assert match(index(a=text), other) == near("a", 0.875)
    assert match(index("words_and_numbers", a=text), other) is None


def test_number_in_words_is_the_same_number():
    known = index("words_and_numbers", a="Tom has 3 red apples and buys 4 green apples.")
    assert match(known, "Tom has three red apples and buys four green apples.") == near("a", 1.0)


def test_chinese_question_with_one_letter_changed_is_a_near_copy():
    # 8 of 9 letters in common: 16 / 18.
    assert match(index(a="小明有３个红苹果吗"), "小华有3个红苹果吗") == near("a", 0.8889)


def test_similarity_at_the_threshold_is_a_near_copy_and_below_is_none():
    # Seven of ten words each: 2 * 7 / 20 = 0.7.
    text, other = "a b c d e f g x y z", "a b c d e f g u v w"
    assert match(index(a=text, threshold=0.7), other) == near("a", 0.7)
    assert match(index(a=text, threshold=0.71), other) is None


def test_nothing_known_matches_nothing():
    assert match(index(), "anything") is None
    assert index(a="anything").matches([]) == []


def test_text_added_later_is_known_and_since_passes_over_the_earlier_ones():
    known = index(a="up down")
    assert match(known, "left right") is None
    known.add({"b": "left right"}, "accepted")
    assert match(known, "left right") == Match("b", "accepted", False, "exact", 1.0)
    assert (match(known, "left right", since=1).id, match(known, "up down", since=1)) == ("b", None)
    assert match(known, "left right", since=len(known)) is None


# Test questions

DUCKS = "Janet's ducks lay 16 eggs a day. She eats 3 of them, bakes with 4 and sells the rest at $2 each. Her income?"
FILLER = "A farm at the far end of our quiet valley keeps all kinds of birds, and people come from afar. " * 3

EDITED = [
    pytest.param(DUCKS, "exact", id="as-is"),
    pytest.param(DUCKS.upper().replace(" ", "  "), "exact", id="case-and-space"),
    pytest.param(DUCKS.replace("16", r"\(16\)").replace("3", "$3$"), "exact", id="latex-delimiters"),
    pytest.param(DUCKS.replace("3 of", "three of").replace("4", "four"), "exact", id="numbers-in-words"),
    pytest.param(DUCKS.replace("Janet", "Olga").replace("sells", "hawks"), "near copy", id="other-name-and-verb"),
    pytest.param(FILLER + DUCKS, "n-gram", id="embedded"),
    pytest.param(
        FILLER + "She eats 3 of them, bakes with 4 and sells. Janet's ducks lay 16 eggs.", "n-gram", id="moved"
    ),
]


@pytest.mark.parametrize("compare", ["words", "words_and_numbers"])
@pytest.mark.parametrize(("text", "kind"), EDITED)
def test_edited_copy_of_a_test_question_is_found(text, kind, compare):
    found = match(index(compare, held_out=True, ducks=DUCKS), text)
    assert (found.id, found.kind, found.reason) == ("ducks", kind, "copies a test problem")


def test_embedded_question_that_is_not_held_out_is_no_copy():
    assert match(index(ducks=DUCKS), FILLER + DUCKS) is None


def test_shared_ngram_with_other_numbers_counts_by_words_alone():
    renumbered = (
        "Janet's ducks lay 21 eggs a day. She eats 5 of them, bakes with 9 and sells the rest at $3 each. Her income?"
    )
    text = FILLER + renumbered
    assert match(index(held_out=True, ngram=4, ducks=DUCKS), text).kind == "n-gram"
    assert match(index("words_and_numbers", held_out=True, ngram=4, ducks=DUCKS), text) is None


def test_ngram_without_a_number_counts_where_the_test_question_has_no_number():
    riddle = "What walks on all its legs in the morning and on fewer in the evening"
    known = index("words_and_numbers", held_out=True, riddle=riddle)
    assert match(known, FILLER + riddle).kind == "n-gram"


def test_phrase_without_a_number_does_not_give_a_test_question_away():
    # Nine words in a row and all numbers in common, but the phrase is everybody's.
    known = index("words_and_numbers", held_out=True, a="How much money does she make in a week with 5 cows?")
    assert match(known, f"{FILLER} After 5 years, how much money does she make in a week of rain?") is None


def test_match_names_the_test_question_with_most_ngrams_in_common():
    letters = list("abcdefghijkl")
    assert len(list(pairwise(letters))) == 11
    known = index(held_out=True, ngram=2, less=" ".join(letters[:3]), more=" ".join(letters[4:9]))
    assert match(known, " ".join(letters)).id == "more"


def test_question_shorter_than_the_ngram_is_compared_as_a_whole():
    known = index(held_out=True, a="How much is 2 + 2?")
    assert match(known, "How much is 2 + 2?").kind == "exact"
    assert match(known, FILLER + "How much is 2 + 2?") is None


def test_short_text_copies_only_what_is_the_same_or_held_out():
    known = index("words_and_numbers", trained="What is 76 - 46?")
    known.add({"tested": "What is 92 - 17?"}, "test", held_out=True)
    texts = ["What is 76 - 46?", "What is 76 - 45?", "What was 92 - 17?", "What is 92 - 71?"]
    plain, short = known.matches(texts), known.matches(texts, short=True)
    assert [one and one.kind for one in short] == ["exact", None, "near copy", None]
    assert [one and one.id for one in short] == ["trained", None, "tested", None]
    assert plain[0].kind == "exact"
    assert plain[2].id == "tested"
