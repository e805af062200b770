"""Each check before the first step, with the fault that it is for planted."""

from dataclasses import replace

import pytest

from stages.core.exceptions import TrainingError
from stages.training import checks
from stages.training.encoding import IGNORED, encode
from tests.unit.conftest import chat_format


@pytest.fixture(scope="module")
def encoded(chat, make_row):
    return encode([make_row("a", "1+1?", "2"), make_row("b", "Two and two?", "2 + 2 = 4")], chat, 200)


def with_first_row(encoded, **changes):
    return replace(encoded, rows=[encoded.rows[0] | changes, *encoded.rows[1:]])


@pytest.fixture
def make_format(tmp_path):
    def make(template):
        path = tmp_path / "template.jinja"
        path.write_text(template)
        return chat_format(path)

    return make


def test_rows_as_they_are_encoded_pass(encoded, chat):
    assert checks.check_rows(encoded, chat) is None


def test_rows_encoded_with_another_template_are_refused(encoded, make_format):
    other = make_format("<|im_start|>{% for m in messages %}{{ m.content }}<|im_end|>\n{% endfor %}")
    with pytest.raises(TrainingError, match=r"training row 1: its prompt is not the one"):
        checks.check_rows(encoded, other)


STYLES = {
    "box": (
        r"{question} Put the answer into \boxed{}.",
        r"chat\.question asks for a box, and the row, of the set sums",
    ),
    "hash": ("{question} End with #### and the answer.", "chat.question asks for a line `#### answer`, and the row"),
}


@pytest.mark.parametrize(("asked", "message"), STYLES.values(), ids=STYLES)
def test_row_that_ends_otherwise_than_it_is_asked_for_is_refused(make_row, template, asked, message):
    form = chat_format(template, question={"default": "{question}", "sums": asked})
    rows = [make_row("a", "1+1?", r"So \boxed{2}." + "\n#### 2"), make_row("b", "Two and two?", "2 + 2 = 4")]
    other = encode([replace(row, set="products") for row in rows], form, 400)
    assert checks.check_rows(other, form) is None
    with pytest.raises(
        TrainingError, match=rf"training row 2: {message}.* ends in '2 \+ 2 = 4'; let chat.final_answer"
    ):
        checks.check_rows(encode(rows, form, 400), form)


ROWS_AT_FAULT = {
    "start token before": (lambda ids, labels: ([1, *ids], [IGNORED, *labels]), "its prompt is not the one .* in eval"),
    "cut": (lambda ids, labels: (ids[:-1], labels[:-1]), r"it does not end in <\|im_end\|>.*: it was cut"),
    "end not trained": (
        lambda ids, labels: (ids, [*labels[:-1], IGNORED]),
        r"its end token <\|im_end\|> is not tr",
    ),
}


@pytest.mark.parametrize(("change", "message"), ROWS_AT_FAULT.values(), ids=ROWS_AT_FAULT.keys())
def test_row_at_fault_is_refused(encoded, chat, change, message):
    ids, labels = change(encoded.rows[0]["input_ids"], encoded.rows[0]["labels"])
    with pytest.raises(TrainingError, match=rf"training row 1: {message}"):
        checks.check_rows(with_first_row(encoded, input_ids=ids, labels=labels), chat)


def test_row_without_a_trained_token_is_refused(encoded, chat):
    faulty = with_first_row(encoded, labels=[IGNORED] * len(encoded.rows[0]["labels"]))
    with pytest.raises(TrainingError, match=r"training row 1: no token of it is trained on"):
        checks.check_rows(faulty, chat)


def padding(rows, hide=None):
    """A collator that pads on the right with the end token and hides the token `hide` from the loss."""
    import torch

    longest = max(len(row["input_ids"]) for row in rows)
    labels = torch.tensor([row["labels"] + [IGNORED] * (longest - len(row["labels"])) for row in rows])
    ids = torch.tensor([row["input_ids"] + [2] * (longest - len(row["input_ids"])) for row in rows])
    if hide is not None:
        labels[ids == hide] = IGNORED
    return {"input_ids": ids, "labels": labels}


def test_batches_that_train_on_the_tokens_of_the_rows_pass(encoded):
    assert checks.check_batch(padding, encoded.rows) is None


@pytest.mark.parametrize(
    "collate",
    [
        # The pad token is the end token, and a collator that hides padding by its id hides the ends of all rows.
        pytest.param(lambda rows: padding(rows, hide=2), id="pad-is-end"),
        pytest.param(lambda rows: {"labels": padding(rows)["labels"][:, :-1]}, id="cut"),
        pytest.param(lambda rows: {"labels": padding(rows)["input_ids"]}, id="prompts-and-padding-trained"),
    ],
)
def test_batches_that_train_on_other_tokens_are_refused(encoded, collate):
    with pytest.raises(TrainingError, match="the trainer's batches do not train on the tokens of the rows"):
        checks.check_batch(collate, encoded.rows)


def test_wrong_solution_that_does_not_end_or_has_another_style_is_refused(chat, template, make_row):
    encoded = encode([make_row("a", "1+1?", "2", rejected="3")], chat, 200)
    checks.check_rows(encoded, chat)
    cut = with_first_row(encoded, rejected=encoded.rows[0]["rejected"][:-1])
    with pytest.raises(TrainingError, match=r"training row 1: it does not end in <\|im_end\|>.*: it was cut"):
        checks.check_rows(cut, chat)
    asking = chat_format(template, question="{question} End with #### and the answer.")
    encoded = encode([make_row("a", "1+1?", "2\n#### 2", rejected="3")], asking, 400)
    with pytest.raises(TrainingError, match=r"training row 1: chat\.question asks for a line `#### answer`, .* in '3'"):
        checks.check_rows(encoded, asking)
