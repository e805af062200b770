"""From training rows to token ids and labels."""

import pytest

from stages.core.exceptions import ParamsError, RecordsError
from stages.training.encoding import IGNORED, encode, with_rejected
from tests.tiny import make_tokenizer
from tests.unit.conftest import chat_format


@pytest.fixture(scope="module")
def tokenizer():
    return make_tokenizer()


def test_loss_is_on_the_answer_and_its_end_alone(chat, tokenizer, make_row):
    encoded = encode([make_row("r", "1+1?", "2")], chat, 100)
    prompt = tokenizer("<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n")["input_ids"]
    answer = [*tokenizer("2")["input_ids"], tokenizer.eos_token_id]
    assert encoded.rows == [{"input_ids": prompt + answer, "labels": [IGNORED] * len(prompt) + answer}]
    assert len(answer) == 2
    assert encoded.too_long == 0


def test_prompt_in_training_is_token_for_token_the_prompt_of_evaluation(chat, tokenizer, make_row):
    (row,) = encode([make_row("r", "é 1+1?", "2")], chat, 100).rows
    prompt = tokenizer(chat.prompt("é 1+1?"), add_special_tokens=False)["input_ids"]
    assert row["input_ids"][: row["labels"].count(IGNORED)] == prompt


def test_tokenizer_that_adds_a_start_token_does_not_add_it_here(chat, template, make_row):
    from tokenizers.processors import TemplateProcessing

    adding = make_tokenizer()
    adding.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]
    )
    assert adding("a")["input_ids"][0] == 1
    rows = [make_row("r")]
    assert encode(rows, chat_format(template, tokenizer=adding), 100) == encode(rows, chat, 100)


def test_rows_longer_than_max_length_are_dropped_and_counted(chat, tokenizer, make_row):
    rows = [make_row("short", "a", "b"), make_row("long", "a", "b" * 9), make_row("exact", "a", "bb")]
    length = len(tokenizer(chat.prompt("a") + "bb<|im_end|>")["input_ids"])
    encoded = encode(rows, chat, length)
    assert [len(row["input_ids"]) for row in encoded.rows] == [length - 1, length]
    assert encoded.too_long == 1


def test_no_row_short_enough_names_count_and_param(chat, make_row):
    with pytest.raises(RecordsError, match=r"all 2 training rows have more than train\.max_length = 5 tokens"):
        encode([make_row("a"), make_row("b")], chat, 5)


def test_question_of_each_kept_row_stands_beside_it(chat, make_row):
    rows = [make_row("long", "a", "b" * 99), make_row("short", "who?", "b")]
    assert encode(rows, chat, 80).sources == rows[1:2]


def test_template_whose_last_token_grows_into_the_answer_is_refused(template, make_row):
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    # "\n2" is one token here, so that a prompt's last line break is not there once the answer follows.
    vocabulary = {token: i for i, token in enumerate(["<unk>", "\n", "2", "\n2"])}
    merging = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.BPE(vocab=vocabulary, merges=[("\n", "2")], unk_token="<unk>")),
        eos_token="<|im_end|>",
    )
    form = chat_format(template, tokenizer=merging, ends=[merging.eos_token_id])
    with pytest.raises(ParamsError, match=r"chat\.template: .* become one token \(training row r\)"):
        encode([make_row("r", "a", "2")], form, 100)


def test_opened_thought_is_closed_where_two_line_breaks_are_one_token(make_row, tmp_path):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(["<unk>", *alphabet, "ĊĊ"])}
    merging = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ċ", "Ċ")], unk_token="<unk>"))
    merging.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    merging.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=merging, eos_token="<|im_end|>")
    # The template shows an empty thought in a turn, and opens one at the end of a prompt.
    path = tmp_path / "thinking.jinja"
    path.write_text(
        "{% for m in messages %}{{ m.role }}\n{% if m.role == 'assistant' %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
        "{{ m.content }}{{ eos_token }}{% endfor %}"
        "{% if add_generation_prompt %}assistant\n{{ '<think>\n' }}{% endif %}"
    )
    form = chat_format(path, tokenizer=tokenizer, ends=[tokenizer.eos_token_id])
    (row,) = encode([make_row("r", "a", "2")], form, 100).rows
    trained = [label for label in row["labels"] if label != IGNORED]
    assert tokenizer.decode(trained) == "</think>\n\n2<|im_end|>"


def test_wrong_solution_stands_beside_the_right_one_after_the_same_prompt(chat, make_row):
    encoded = encode([make_row("r", "1+1?", "2", rejected="3, or so")], chat, 100)
    (row,) = encoded.rows
    right, wrong = (encode([make_row("r", "1+1?", text)], chat, 100).rows[0] for text in ("2", "3, or so"))
    assert {name: row[name] for name in ("input_ids", "labels")} == right
    assert with_rejected(row) == wrong


def test_wrong_solution_that_is_too_long_is_dropped_and_the_right_one_stays(chat, make_row):
    length = len(encode([make_row("r", "1+1?", "22")], chat, 200).rows[0]["input_ids"])
    rows = [make_row("r", "1+1?", "22", rejected=text) for text in ("33", "333")]
    encoded = encode(rows, chat, length)
    assert ["rejected" in row for row in encoded.rows] == [True, False]
    assert encoded.too_long == 0
