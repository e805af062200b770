"""Checks before the first training step, each of a fault that would ruin the model without an error."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stages.answers.final_answer import missing_mark
from stages.core.exceptions import TrainingError
from stages.core.records import TrainingRow
from stages.model import tokens
from stages.model.chat import ChatFormat
from stages.training.encoding import IGNORED, Encoded, EncodedRow, with_rejected

Collate = Callable[[list[EncodedRow]], Mapping[str, Any]]


def check_rows(encoded: Encoded, chat: ChatFormat) -> None:
    """Check that each row is, token for token, the prompt of evaluation and then trained tokens up to the end token.

    The answer must be marked as the prompt asks for it. So is a row's wrong solution.

    Raises:
        TrainingError: naming the first row with a fault.
    """
    prompts = tokens.encode(chat.tokenizer, [chat.prompt(source.question, of=source.set) for source in encoded.sources])
    rows = zip(encoded.rows, encoded.sources, prompts, strict=True)
    for number, (row, source, prompt) in enumerate(rows, 1):
        fault = _fault(row, prompt, chat) or style_fault(source, chat)
        if not fault and source.rejected is not None and "rejected" in row:
            wrong = replace(source, solution=source.rejected)
            fault = _fault(with_rejected(row), prompt, chat) or style_fault(wrong, chat)
        if fault:
            raise TrainingError(f"training row {number}: {fault}")


def _fault(row: EncodedRow, prompt: list[int], chat: ChatFormat) -> str | None:
    ids, labels = row["input_ids"], row["labels"]
    start = next((i for i, label in enumerate(labels) if label != IGNORED), None)
    if start is None:
        return "no token of it is trained on"
    if ids[:start] != prompt:
        return "its prompt is not the one that the model is asked in evaluation; encode both with chat.template"
    if ids[-1] not in chat.ends:
        return f"it does not end in {chat.end_of_turn}, at which generation stops: it was cut"
    # Whether or not it is the pad token too.
    return None if labels[-1] == ids[-1] else f"its end token {chat.end_of_turn} is not trained on"


def style_fault(row: TrainingRow, chat: ChatFormat) -> str | None:
    """Return how a row ends otherwise than its prompt asks, where the prompt asks for a box or for `####`."""
    wanted = missing_mark(chat.asked(row.set), row.solution)
    if wanted is None:
        return None
    end = row.solution.rpartition("\n")[2][-60:]
    return (
        f"chat.question asks for {wanted}, and the row, of the set {row.set}, ends in {end!r}; let chat.final_answer "
        "write what chat.question asks for"
    )


def check_batch(collate: Collate, rows: Sequence[EncodedRow]) -> None:
    """Check that the trainer's batches train on exactly the tokens that the rows train on.

    The batch has the longest and the shortest row, so that there is padding: a collator that hides the pad token from
    the loss hides the end token too where they are the same.

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
