"""Ranges of the training settings."""

from dataclasses import replace

import pytest

from stages.core.exceptions import ParamsError
from stages.training.settings import LoraSettings, TrainSettings, check

LORA = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=["q_proj"])
GOOD = TrainSettings(
    backend="trl", start="base", epochs=3.0, learning_rate=1e-3, warmup=0.05, batch_size=8, max_length=512,
    adapter_dtype="model", lora=LORA,
)  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"epochs": 0.5, "warmup": 0.0, "batch_size": 1, "max_length": 2}, id="at-the-ends"),
    ],
)
def test_values_in_range_pass(change):
    assert check(replace(GOOD, **change)) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"epochs": 0.0}, r"train\.epochs must be above 0, not 0\.0", id="no-epoch"),
        pytest.param({"epochs": float("nan")}, r"train\.epochs must be above 0, not nan", id="epochs-no-number"),
        pytest.param({"epochs": float("inf")}, r"train\.epochs", id="epochs-without-end"),
        pytest.param({"learning_rate": 0.0}, r"train\.learning_rate must be between 0 and 1", id="no-rate"),
        pytest.param({"learning_rate": 1.0}, r"train\.learning_rate must be between 0 and 1", id="high-rate"),
        pytest.param({"warmup": 1.0}, r"train\.warmup must be at least 0 and below 1", id="warmup-in-steps"),
        pytest.param({"warmup": -0.1}, r"train\.warmup must be at least 0 and below 1", id="negative-warmup"),
        pytest.param({"batch_size": 0}, r"train\.batch_size must be at least 1, not 0", id="empty-batch"),
        pytest.param({"max_length": 1}, r"train\.max_length must be at least 2, not 1", id="one-token"),
        pytest.param({"lora": replace(LORA, rank=0)}, r"train\.lora\.rank must be at least 1, not 0", id="rank"),
        pytest.param({"lora": replace(LORA, dropout=1.5)}, r"train\.lora\.dropout", id="dropout-above-1"),
        pytest.param({"lora": replace(LORA, alpha=0)}, r"train\.lora\.alpha", id="alpha-that-turns-the-adapter-off"),
        pytest.param({"lora": replace(LORA, target_modules=[])}, r"train\.lora\.target_modules", id="no-layers"),
    ],
)
def test_value_out_of_range_is_named_with_its_range(change, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: {message}"):
        check(replace(GOOD, **change))


def test_several_values_out_of_range_come_in_one_message():
    with pytest.raises(ParamsError, match=r"train\.epochs .*; train\.batch_size .*; train\.lora\.rank "):
        check(replace(GOOD, epochs=-1.0, batch_size=0, lora=replace(LORA, rank=0)))
