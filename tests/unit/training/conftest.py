"""Settings for the tiny model, and sums to train it on."""

import torch

from stages.training.encoding import IGNORED, encode
from stages.training.settings import LoraSettings, TrainSettings

LORA = LoraSettings(rank=2, alpha=4, dropout=0.0, target_modules=["q_proj", "v_proj"])
SETTINGS = TrainSettings("trl", "base", 3.0, 0.02, 0.0, 2, 512, "float32", LORA)


def doubles(make_row, numbers):
    """Training rows that add each number to itself."""
    return [make_row(f"r{a}", f"{a} and {a}?", f"{a} + {a} = {2 * a}\n#### {2 * a}") for a in numbers]


def encoded(rows, chat):
    return encode(rows, chat, 512).rows


def padded(rows):
    """A batch as the trainer collates it, padded on the right with the end token."""
    longest = max(len(row["input_ids"]) for row in rows)

    def column(name, filler):
        return torch.tensor([row[name] + [filler] * (longest - len(row[name])) for row in rows])

    ids = column("input_ids", 2)
    lengths = torch.tensor([[len(row["input_ids"])] for row in rows])
    return {
        "input_ids": ids,
        "labels": column("labels", IGNORED),
        "attention_mask": (torch.arange(longest) < lengths).long(),
    }
