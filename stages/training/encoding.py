"""From training rows to token ids and labels; the loss is on the answer alone.

    input_ids: [prompt ..., solution ..., end of turn]
    labels:    [-100 ...,   solution ..., end of turn]

Prompt and completion are tokenized apart, as they are when the model is asked, so that the prompt in training is, token
for token, the prompt in evaluation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.pipeline.exceptions import RecordsError
from stages.pipeline.records import TrainingRow
from stages.target.chat import ChatFormat

IGNORED = -100


@dataclass(frozen=True)
class Encoded:
    """Rows ready for the trainer, and how many were too long for it."""

    rows: list[dict[str, list[int]]]
    too_long: int


def encode(rows: Sequence[TrainingRow], chat: ChatFormat, tokenizer: Any, max_length: int) -> Encoded:
    """Tokenize rows, dropping those with more than `max_length` tokens.

    Raises:
        RecordsError: no row is short enough.
    """
    encoded = [_encode(row, chat, tokenizer) for row in rows]
    short = [row for row in encoded if len(row["input_ids"]) <= max_length]
    if not short:
        raise RecordsError(f"all {len(rows)} training rows have more than train.max_length = {max_length} tokens")
    return Encoded(short, len(encoded) - len(short))


def _encode(row: TrainingRow, chat: ChatFormat, tokenizer: Any) -> dict[str, list[int]]:
    prompt = tokenizer(chat.prompt(row.question), add_special_tokens=False)["input_ids"]
    completion = tokenizer(chat.completion(row.solution), add_special_tokens=False)["input_ids"]
    return {"input_ids": prompt + completion, "labels": [IGNORED] * len(prompt) + completion}
