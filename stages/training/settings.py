"""Settings of the fine-tuning."""

import math
from dataclasses import dataclass
from typing import Literal

from stages.core.exceptions import ParamsError

Backend = Literal["trl", "unsloth"]


@dataclass(frozen=True)
class LoraSettings:
    """A LoRA adapter (arXiv 2106.09685): its rank, the factor alpha, dropout, and the linear layers it is put on."""

    rank: int
    alpha: int
    dropout: float
    target_modules: list[str]


@dataclass(frozen=True)
class TrainSettings:
    """The `train` section.

    Attributes:
        backend: `trl` trains anywhere; `unsloth` puts Unsloth's faster models under TRL and needs a GPU.
        start: `base` trains a new adapter on the whole accumulated set; `parent` goes on from the parent's adapter.
        epochs: passes over the training set.
        learning_rate: peak of a cosine schedule.
        warmup: fraction of the steps in which the rate rises.
        batch_size: rows in one optimizer step, those of all processes together.
        max_length: rows with more tokens are dropped and counted.
        adapter_dtype: `model` keeps the adapter in the base model's type, `float32` is exact and slower on a CPU.
        lora: the adapter.
    """

    backend: Backend
    start: Literal["base", "parent"]
    epochs: float
    learning_rate: float
    warmup: float
    batch_size: int
    max_length: int
    adapter_dtype: Literal["model", "float32"]
    lora: LoraSettings


def check(settings: TrainSettings) -> None:
    """Check the ranges.

    Raises:
        ParamsError: naming all values out of range.
    """
    wrong = [
        f"train.{name} must be {rule}, not {value}"
        for name, value, good, rule in [
            ("epochs", settings.epochs, 0 < settings.epochs < math.inf, "above 0"),
            ("learning_rate", settings.learning_rate, 0 < settings.learning_rate < 1, "between 0 and 1"),
            ("warmup", settings.warmup, 0 <= settings.warmup < 1, "at least 0 and below 1"),
            ("batch_size", settings.batch_size, settings.batch_size >= 1, "at least 1"),
            ("max_length", settings.max_length, settings.max_length >= 2, "at least 2"),
            ("lora.rank", settings.lora.rank, settings.lora.rank >= 1, "at least 1"),
            ("lora.alpha", settings.lora.alpha, settings.lora.alpha >= 1, "at least 1"),
            ("lora.dropout", settings.lora.dropout, 0 <= settings.lora.dropout < 1, "at least 0 and below 1"),
            ("lora.target_modules", settings.lora.target_modules, bool(settings.lora.target_modules), "a name or more"),
        ]
        if not good
    ]
    if wrong:
        raise ParamsError("params.yaml: " + "; ".join(wrong))
