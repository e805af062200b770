"""Token ids and labels of training rows; the loss is on the answer alone.

    input_ids: [prompt ..., solution ..., end of turn]
    labels:    [-100 ...,   solution ..., end of turn]

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
    """Tokenize rows, dropping those with more than `max_length` tokens.

    Raises:
        RecordsError: no row is short enough.
        ParamsError: a prompt's last token changes when the answer follows.
    """
    encoded = [(row, _encode(row, chat)) for row in rows]
    short = [(source, row) for source, row in encoded if len(row["input_ids"]) <= max_length]
    if not short:
        raise RecordsError(f"all {len(rows)} training rows have more than train.max_length = {max_length} tokens")
    return Encoded([row for _, row in short], [source for source, _ in short], len(encoded) - len(short))


def _encode(row: TrainingRow, chat: ChatFormat) -> EncodedRow:
    text = chat.prompt(row.question, of=row.set)
    prompt, whole = tokens.encode(chat.tokenizer, [text, text + chat.completion(row.solution)])
    if whole[: len(prompt)] != prompt:
        raise ParamsError(
            "params.yaml: chat.template: the end of a prompt and the start of its answer become one token "
            f"(training row {row.id}); let the prompt end in a special token or a line break"
        )
    return {"input_ids": whole, "labels": [IGNORED] * len(prompt) + whole[len(prompt) :]}
