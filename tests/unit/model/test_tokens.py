"""The one way from text to token ids, and the start token."""

import pytest

from stages.core.exceptions import ParamsError
from stages.model.tokens import check_start, encode
from tests.tiny import make_tokenizer

START = "<|im_start|>"


def adding_start():
    """A tokenizer that puts the start token before every text, as Llama's and Gemma's do."""
    from tokenizers.processors import TemplateProcessing

    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single=f"{START} $A", special_tokens=[(START, 1)])
    return tokenizer


def with_own_template():
    tokenizer = make_tokenizer()
    tokenizer.chat_template = "{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}"
    return tokenizer


def without_start():
    tokenizer = make_tokenizer()
    tokenizer.bos_token = None
    return tokenizer


def test_tokenizer_that_adds_a_start_token_adds_none_here():
    assert encode(adding_start(), ["a"]) == encode(make_tokenizer(), ["a"])


@pytest.mark.parametrize("make", [make_tokenizer, adding_start, with_own_template])
def test_prompt_with_one_start_token_passes(make):
    assert check_start(make(), f"{START}user\nHow many?") is None


@pytest.mark.parametrize(
    ("make", "prompt"),
    [
        pytest.param(make_tokenizer, "How many?", id="a-model-that-wants-none"),
        pytest.param(without_start, f"{START}{START}", id="a-tokenizer-without-one"),
        pytest.param(make_tokenizer, f"{START}user\nA?{START}assistant\n", id="one-for-each-turn"),
    ],
)
def test_prompt_of_a_model_that_asks_for_no_start_passes(make, prompt):
    assert check_start(make(), prompt) is None


@pytest.mark.parametrize("make", [make_tokenizer, adding_start, with_own_template])
def test_second_start_token_is_refused(make):
    with pytest.raises(ParamsError, match=r"chat\.template: a prompt starts with 2 start tokens <\|im_start\|>"):
        check_start(make(), f"{START}{START}user\nHow many?")


@pytest.mark.parametrize("make", [adding_start, with_own_template])
def test_missing_start_token_is_refused_where_the_model_wants_one(make):
    with pytest.raises(
        ParamsError, match=r"the model's prompts start with <\|im_start\|>, those of this template do not"
    ):
        check_start(make(), "user: How many?")
