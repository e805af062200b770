"""Ranges of the training settings."""

import pytest

from stages.core.exceptions import ParamsError
from stages.core.params import parse
from stages.training.settings import TrainSettings

GOOD = {
    "backend": "trl", "start": "base", "epochs": 3.0, "learning_rate": "1e-3", "warmup": 0.05, "batch_size": 8,
    "max_length": 512, "adapter_dtype": "model",
    "lora": {"rank": 4, "alpha": 8, "dropout": 0.0, "target_modules": ["q_proj"]},
}  # fmt: skip


def settings(change):
    lora = GOOD["lora"] | change.get("lora", {})
    return parse(TrainSettings, GOOD | change | {"lora": lora}, "train")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"epochs": 0.5, "warmup": 0.0, "batch_size": 1, "max_length": 2}, id="at-the-ends"),
        pytest.param({"backend": "unsloth"}, id="another-backend"),
    ],
)
def test_values_in_range_pass(change):
    found = settings(change)
    assert {name: getattr(found, name) for name in change} == change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"epochs": 0.0}, r"`train\.epochs` must be greater than 0, not 0\.0", id="no-epoch"),
        pytest.param({"epochs": float("nan")}, r"`train\.epochs` must be a finite number", id="epochs-no-number"),
        pytest.param({"epochs": float("inf")}, r"`train\.epochs` must be a finite number", id="epochs-without-end"),
        pytest.param({"learning_rate": 0.0}, r"`train\.learning_rate` must be greater than 0", id="no-rate"),
        pytest.param({"learning_rate": 1.0}, r"`train\.learning_rate` must be less than 1", id="high-rate"),
        pytest.param({"warmup": 1.0}, r"`train\.warmup` must be less than 1", id="warmup-in-steps"),
        pytest.param({"warmup": -0.1}, r"`train\.warmup` must be greater than or equal to 0", id="negative-warmup"),
        pytest.param({"batch_size": 0}, r"`train\.batch_size` must be .* equal to 1, not 0", id="empty-batch"),
        pytest.param({"max_length": 1}, r"`train\.max_length` must be .* equal to 2, not 1", id="one-token"),
        pytest.param({"backend": "trx"}, r"`train\.backend` must be 'trl' or 'unsloth', not 'trx'", id="no-backend"),
        pytest.param({"lora": {"rank": 0}}, r"`train\.lora\.rank` must be .* equal to 1, not 0", id="rank"),
        pytest.param({"lora": {"dropout": 1.5}}, r"`train\.lora\.dropout` must be less than 1", id="dropout-above-1"),
        pytest.param({"lora": {"alpha": 0}}, r"`train\.lora\.alpha`", id="alpha-that-turns-the-adapter-off"),
        pytest.param(
            {"lora": {"target_modules": []}},
            r"`train\.lora\.target_modules`: must name at least one layer",
            id="no-layers",
        ),
    ],
)
def test_value_out_of_range_is_named_with_its_range(change, message):
    with pytest.raises(ParamsError, match=rf"^params\.yaml: {message}"):
        settings(change)


def test_each_value_out_of_range_is_a_line():
    with pytest.raises(ParamsError) as caught:
        settings({"epochs": -1.0, "batch_size": 0, "lora": {"rank": 0}})
    assert [fault.split("`")[1] for fault in caught.value.faults] == [
        "train.epochs", "train.batch_size", "train.lora.rank",
    ]  # fmt: skip
