"""Where a generation ends."""

import pytest

from stages.model.generation import Generation, Stop
from stages.model.stopping import StopRule, has_complete_answer, newline_tokens
from tests.tiny import make_tokenizer


def encoded(text):
    return make_tokenizer()(text)["input_ids"]


@pytest.mark.parametrize(
    ("output", "start", "expected"),
    [
        pytest.param("7<|im_end|>zz", 0, Generation("7", 2, "end"), id="end-token-counts-and-is-not-text"),
        pytest.param("1\n#### 2\nzz", 0, Generation("1\n#### 2", 9, "answer"), id="line-after-the-answer"),
        pytest.param("abcdefghijkl", 0, Generation("abcdefghij", 10, "length"), id="limit"),
        pytest.param("#### 2345\nz", 0, Generation("#### 2345", 10, "answer"), id="answer-line-ends-at-the-limit"),
        pytest.param("abc", 0, None, id="goes-on"),
        pytest.param("", 0, None, id="nothing-yet"),
        pytest.param("a<|im_end|>b", 2, None, id="end-before-the-start-is-not-looked-at"),
    ],
)
def test_find(output, start, expected):
    assert StopRule(make_tokenizer(), 10).find(encoded(output), start) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param("1+1=2\n#### 2\nmore", 13, id="first-complete-answer-line"),
        pytest.param("#### 2\n#### 3\n", 7, id="first-of-two"),
        pytest.param("#### 2", None, id="line-goes-on"),
        pytest.param("", None, id="empty"),
    ],
)
def test_answer_end_counts_the_tokens_up_to_the_line_break(output, expected):
    assert StopRule(make_tokenizer(), 10).answer_end(encoded(output)) == expected


def test_cut_leaves_special_tokens_and_white_space_out_of_the_text():
    assert StopRule(make_tokenizer(), 10).cut(encoded(" 7 <|im_end|>"), Stop.END) == Generation("7", 4, "end")


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        pytest.param("1+1=2\n#### 2\n", True, id="line-is-complete"),
        pytest.param("#### 2 apples\nSo", True, id="more-behind"),
        pytest.param("####2\n", True, id="no-space"),
        pytest.param("#### 2", False, id="line-goes-on"),
        pytest.param("####\n", False, id="no-answer-on-the-line"),
        pytest.param("####   \n\n", False, id="blank-answer"),
        pytest.param("1+1=2\n", False, id="no-marker"),
        pytest.param("### 2\n", False, id="short-marker"),
        pytest.param("", False, id="empty"),
        pytest.param("####\n#### 2\n", True, id="second-marker-has-the-answer"),
    ],
)
def test_has_complete_answer(text, complete):
    assert has_complete_answer(text) is complete


def test_newline_tokens_are_all_tokens_that_hold_a_line_break():
    tokenizer = make_tokenizer()
    assert newline_tokens(tokenizer) == tokenizer("\n")["input_ids"]
