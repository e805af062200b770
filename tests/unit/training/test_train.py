"""The stage that trains: what a kill costs, and when."""

import argparse
import fcntl
from pathlib import Path

import pytest

from stages import train
from stages.core.files import read_json
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.training import verification
from stages.training.settings import LoraSettings, TrainSettings

STEPS = 6  # 2 epochs of 3 rows, one by one


@pytest.fixture
def declared(template):
    return train.Params(
        seed=0,
        chat=ChatParams(str(template), "{question}", "<|im_end|>"),
        dtype="float32",
        train=TrainSettings(
            backend="trl",
            start="base",
            epochs=2.0,
            learning_rate=0.02,
            warmup=0.0,
            batch_size=1,
            max_length=512,
            adapter_dtype="float32",
            lora=LoraSettings(rank=2, alpha=4, dropout=0.0, target_modules=["q_proj", "v_proj"]),
        ),
    )


@pytest.fixture
def arguments(tiny_base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(
        "runtime: {threads: 1, device: cpu, processes: 1, accelerate_config: null, "
        "batch_tokens: 100, engine: transformers}\n"
    )
    return argparse.Namespace(
        base=tiny_base,
        parent=tiny_base,
        iteration="iter1",
        out=tmp_path / "iter1",
        curves=tmp_path / "curves",
        metrics=tmp_path / "train.json",
    )


@pytest.fixture
def rows(make_row):
    return [make_row(f"r{a}", f"{a} and {a}?", f"{a} + {a} = {2 * a}\n#### {2 * a}") for a in (1, 20, 400)]


def test_run_killed_after_training_and_before_its_metrics_does_not_train_again(
    arguments, declared, rows, scratch_folder, monkeypatch
):
    def killed(*_):
        (lock,) = (scratch_folder / "checkpoints").glob("*.lock")
        with lock.open() as file, pytest.raises(BlockingIOError, match="unavailable"):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        raise KeyboardInterrupt("killed before the merge was looked at")

    with monkeypatch.context() as patch:
        patch.setattr(verification, "merged_agreement", killed)
        with pytest.raises(KeyboardInterrupt, match="killed before the merge"):
            train.fine_tune(arguments, declared, rows)
    assert not arguments.metrics.exists()
    assert [path.name for path in (scratch_folder / "checkpoints").glob("*/checkpoint-*")] == [f"checkpoint-{STEPS}"]
    again = train.fine_tune(arguments, declared, rows)
    assert again["tokens/s"] == 0  # no step was made
    assert read_json(arguments.metrics)["rows"] == 3
    assert checkpoints.Target.of(arguments.out, arguments.base).adapter == arguments.out


def test_finished_run_leaves_its_outputs_and_no_checkpoint(arguments, declared, rows, scratch_folder):
    assert train.fine_tune(arguments, declared, rows)["tokens/s"] > 0
    assert (arguments.out / "README.md").is_file()
    assert list((scratch_folder / "checkpoints").glob("*/")) == []
