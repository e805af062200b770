"""Where a generation ends."""

import pytest

from stages.model.generation import Generation, GenerationParams, Stop
from stages.model.stopping import StopRule, newline_tokens
from tests.tiny import make_tokenizer


def encoded(text, tokenizer=None):
    return (tokenizer or make_tokenizer())(text)["input_ids"]


def rule(limit=10, stop_after_answer=True, ends=(2,), tokenizer=None):
    return StopRule(tokenizer or make_tokenizer(), ends, GenerationParams(limit, stop_after_answer))


@pytest.fixture(scope="module")
def channels():
    """A tokenizer in which the marks of Harmony's channels are special tokens, as is one that marks nothing."""
    tokenizer = make_tokenizer()
    marks = ["<|channel|>", "<|message|>", "<|end|>", "<|start|>", "<|return|>", "<|other|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    return tokenizer


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
    assert rule().find(encoded(output), start) == expected


@pytest.mark.parametrize(
    "heading",
    ["#### Step 1", "#### Step 1: Add", "#### Final Answer", "#### 2. Multiply the parts", "#### Solution", "####"],
)
def test_heading_ends_no_generation(heading):
    text = f"{heading}\n2 + 3 = 5\n#### 5\nMore"
    made = rule(limit=200).find(encoded(text))
    assert made == Generation(f"{heading}\n2 + 3 = 5\n#### 5", len(heading) + 18, "answer")


@pytest.mark.parametrize(
    "answer", ["#### 5", "####5", "#### $1,200", "#### B", "#### \\frac{1}{2}", "#### x = 3", "**#### 5**"]
)
def test_line_with_an_answer_ends_a_generation(answer):
    assert rule(limit=200).find(encoded(f"So\n{answer}\nMore")) == Generation(
        f"So\n{answer}", len(answer) + 4, "answer"
    )


def test_no_answer_line_ends_a_generation_where_the_params_say_so():
    other = rule(stop_after_answer=False)
    assert other.find(encoded("#### 2\na<|im_end|>")) == Generation("#### 2\na", 9, "end")
    assert other.answer_end(encoded("#### 2\na")) is None


def test_each_end_token_of_the_target_ends_a_generation():
    z = encoded("z")[0]
    assert rule(ends=(2, z)).find(encoded("abzc")) == Generation("ab", 3, "end")
    assert rule(ends=(2, z)).find(encoded("ab<|im_end|>c")) == Generation("ab", 3, "end")


THOUGHTS = {
    "tag": "<think>\n#### 1\n</think>\n",
    "thought longer than the tail": "<think>\n" + "so it goes on " * 9 + "\n#### 1\n</think>\n",
    "square": "[THINK]\n#### 1\n[/THINK]\n",
}


@pytest.mark.parametrize("thought", THOUGHTS.values(), ids=THOUGHTS.keys())
def test_answer_line_inside_of_a_thought_ends_nothing(thought):
    made = rule(limit=400).find(encoded(f"{thought}#### 2\nMore"))
    assert made == Generation(f"{thought}#### 2", len(thought) + 7, "answer")


@pytest.mark.parametrize("opening", ["<think>", "[THINK]"])
def test_thought_that_the_prompt_opens_stands_in_front_of_the_text(opening):
    stops = rule(limit=200)
    assert stops.opening(encoded(f"Why?<|im_end|>\n{opening}\n")) == opening
    end = opening.replace("<", "</").replace("[", "[/")
    text = f"#### 1\n{end}\n#### 2\n"
    assert stops.find(encoded(text), 0, opening) == Generation(f"{opening}\n{text.strip()}", len(text), "answer")
    assert stops.find(encoded("#### 1\n"), 0, opening) is None


@pytest.mark.parametrize("prompt", ["<|im_start|>assistant\n", "<think>\n\n</think>\n\n", "<think>\nHm", ""])
def test_prompt_that_opens_no_thought(prompt):
    assert rule().opening(encoded(prompt)) == ""


def test_text_keeps_special_tokens_that_mark_thoughts(channels):
    stops = rule(400, tokenizer=channels, ends=channels("<|return|>")["input_ids"])
    text = "<|channel|>analysis<|message|>#### 1\n<|end|><|start|>assistant<|channel|>final<|message|>It is\n#### 2"
    output = encoded(f"{text}<|return|>", channels)
    assert stops.find(output) == Generation(text, len(output), "end")
    assert stops.find(encoded(f"{text}\nMore", channels)).text == text


def test_other_special_tokens_are_no_text(channels):
    assert rule(tokenizer=channels).find(encoded("a<|other|>b<|im_end|>", channels)).text == "ab"


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
    assert rule().answer_end(encoded(output)) == expected


def test_cut_leaves_the_end_token_and_white_space_out_of_the_text():
    assert rule().cut(encoded(" 7 <|im_end|>"), Stop.END) == Generation("7", 4, "end")


def test_newline_tokens_are_all_tokens_that_hold_a_line_break():
    tokenizer = make_tokenizer()
    assert newline_tokens(tokenizer) == tokenizer("\n")["input_ids"]
