"""What must hold before the first training step; each fault here trains in silence and ruins the model."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stages.core.exceptions import TrainingError
from stages.model import tokens
from stages.model.chat import ChatFormat
from stages.training.encoding import IGNORED, Encoded, EncodedRow


def check_rows(encoded: Encoded, chat: ChatFormat, tokenizer: Any) -> None:
    """Check the encoded rows in every way that needs no trainer.

    Raises:
        ParamsError: the chat format's start or end token does not fit the model.
        TrainingError: a row is not what it should be.
    """
    tokens.check_start(tokenizer, chat.prompt("question"))
    check_prompts(encoded, chat, tokenizer)
    check_trained(encoded.rows)
    check_ends(encoded.rows, tokenizer)


def check_prompts(encoded: Encoded, chat: ChatFormat, tokenizer: Any) -> None:
    """Check that what comes before the trained tokens is, token for token, the prompt of evaluation.

    Raises:
        TrainingError: naming the first row whose prompt differs.
    """
    asked = tokens.encode(tokenizer, [chat.prompt(question) for question in encoded.questions])
    for number, (row, prompt) in enumerate(zip(encoded.rows, asked, strict=True), 1):
        n_prompt = next((i for i, label in enumerate(row["labels"]) if label != IGNORED), len(row["labels"]))
        if row["input_ids"][:n_prompt] != prompt:
            raise TrainingError(
                f"training row {number}: its prompt is not the one that the model is asked in evaluation; "
                "encode both with chat.template"
            )


def check_trained(rows: Sequence[EncodedRow]) -> None:
    """Check that every row has a token to learn.

    Raises:
        TrainingError: naming the first row without one.
    """
    for number, row in enumerate(rows, 1):
        if all(label == IGNORED for label in row["labels"]):
            raise TrainingError(f"training row {number}: no token of it is trained on")


def check_ends(rows: Sequence[EncodedRow], tokenizer: Any) -> None:
    """Check that every row ends in the end token and that it is trained on, whether or not it is the pad token too.

    Raises:
        TrainingError: naming the first row for which that does not hold.
    """
    end = tokenizer.eos_token_id
    for number, row in enumerate(rows, 1):
        if row["input_ids"][-1] != end:
            raise TrainingError(
                f"training row {number}: it does not end in {tokenizer.eos_token}, at which generation stops: it was "
                "cut, or chat.end_of_turn is another token"
            )
        if row["labels"][-1] != end:
            raise TrainingError(f"training row {number}: its end token {tokenizer.eos_token} is not trained on")


def check_batch(collate: Callable[[list[EncodedRow]], Mapping[str, Any]], rows: Sequence[EncodedRow]) -> None:
    """Check that the trainer's batches train on exactly the tokens that the rows train on.

    The longest and the shortest rows together, so that there is padding: a collator that hides the pad token from the
    loss hides the end token too where they are the same.

    Raises:
        TrainingError: a batch trains on fewer, more or other tokens.
    """
    by_length = sorted(rows, key=lambda row: len(row["input_ids"]))
    sample = [by_length[-1], by_length[0]]
    labels = collate([dict(row) for row in sample])["labels"].flatten().tolist()
    wanted = [label for row in sample for label in row["labels"] if label != IGNORED]
    if [label for label in labels if label != IGNORED] != wanted:
        raise TrainingError(
            "the trainer's batches do not train on the tokens of the rows: its collator hides the end token, cuts rows "
            "or trains on padding"
        )
