"""Token ids and labels of training rows; the loss is on the answer alone.

    input_ids: [prompt ..., solution ..., end of turn]
    labels:    [-100 ...,   solution ..., end of turn]
    rejected:  [            wrong one ..., end of turn]        where there is one

`stages.training.checks` compares them with the prompts of evaluation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.exceptions import ParamsError, RecordsError
from stages.core.records import TrainingRow
from stages.model import tokens
from stages.model.chat import ChatFormat

IGNORED = -100
EncodedRow = dict[str, list[int]]


@dataclass(frozen=True)
class Encoded:
    """Rows for the trainer, the training row of each, and the number of rows left out as too long."""

    rows: list[EncodedRow]
    sources: list[TrainingRow]
    too_long: int


def encode(rows: Sequence[TrainingRow], chat: ChatFormat, max_length: int) -> Encoded:
    """Tokenize rows, dropping those with more than `max_length` tokens, and wrong solutions that would make more.

    Raises:
        RecordsError: no row is short enough.
        ParamsError: a prompt's last token changes when the answer follows.
    """
    encoded = [(row, _encode(row, chat, max_length)) for row in rows]
    short = [(source, row) for source, row in encoded if len(row["input_ids"]) <= max_length]
    if not short:
        raise RecordsError(f"all {len(rows)} training rows have more than train.max_length = {max_length} tokens")
    return Encoded([row for _, row in short], [source for source, _ in short], len(encoded) - len(short))


def with_rejected(row: EncodedRow) -> EncodedRow:
    """Return the row of the wrong solution of one that has one."""
    length = row["labels"].count(IGNORED)
    rejected = row["rejected"]
    return {"input_ids": row["input_ids"][:length] + rejected, "labels": [IGNORED] * length + rejected}


def _encode(row: TrainingRow, chat: ChatFormat, max_length: int) -> EncodedRow:
    encoded = _answered(row, row.solution, chat)
    if row.rejected is not None:
        wrong = _answered(row, row.rejected, chat)
        if len(wrong["input_ids"]) <= max_length:
            encoded["rejected"] = [label for label in wrong["labels"] if label != IGNORED]
    return encoded


def _answered(row: TrainingRow, solution: str, chat: ChatFormat) -> EncodedRow:
    text = chat.prompt(row.question, of=row.set)
    prompt, whole = tokens.encode(chat.tokenizer, [text, text + chat.completion(solution)])
    if whole[: len(prompt)] != prompt:
        raise ParamsError(
            "params.yaml: chat.template: the end of a prompt and the start of its answer become one token "
            f"(training row {row.id}); let the prompt end in a special token or a line break"
        )
    return {"input_ids": whole, "labels": [IGNORED] * len(prompt) + whole[len(prompt) :]}
