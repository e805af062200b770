"""The stage that trains, without DVC: what a kill costs, and when; and what it does without a new row."""

import fcntl
import os
from dataclasses import replace
from pathlib import Path

import pytest

from stages import train
from stages.core import files
from stages.core.exceptions import ParamsError
from stages.core.metrics import TrainingCounts
from stages.model import checkpoints
from stages.model.chat import ChatParams
from stages.training import verification
from tests.unit.conftest import write_runtime
from tests.unit.training.conftest import SETTINGS, curve, doubles

STEPS = 6  # 2 epochs of 3 rows, one by one


@pytest.fixture
def params(template):
    return train.Params(
        seed=0,
        chat=ChatParams("file", str(template), None, "{question}", {}, final_answer="#### {answer}"),
        dtype="float32",
        train=replace(SETTINGS, epochs=2.0, batch_size=1),
    )


@pytest.fixture
def paths(tiny_base, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_runtime(batch_tokens=100)
    return train.Paths(
        iteration="iter1",
        training_set=tmp_path / "training_set.jsonl",
        base=tiny_base,
        parent=tiny_base,
        out=tmp_path / "iter1",
        curves=tmp_path / "curves",
        metrics=tmp_path / "train.json",
    )


@pytest.fixture(autouse=True)
def rows(make_row, paths):
    files.write_records(paths.training_set, doubles(make_row, (1, 20, 400)))


def test_run_killed_after_training_and_before_its_metrics_does_not_train_again(
    paths, params, scratch_folder, monkeypatch
):
    def killed(*_):
        (lock,) = (scratch_folder / "checkpoints").glob("*.lock")
        with lock.open() as file, pytest.raises(BlockingIOError, match="unavailable"):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        raise KeyboardInterrupt("killed before the merge was looked at")

    with monkeypatch.context() as patch:
        patch.setattr(verification, "merged_agreement", killed)
        with pytest.raises(KeyboardInterrupt, match="killed before the merge"):
            train.main(paths, params)
    assert not paths.metrics.exists()
    assert [path.name for path in (scratch_folder / "checkpoints").glob("*/checkpoint-*")] == [f"checkpoint-{STEPS}"]
    again = train.main(paths, params)
    assert again["tokens/s"] == 0  # no step was made
    assert files.read_record(paths.metrics, TrainingCounts).rows == 3
    assert checkpoints.Target.of(paths.out, paths.base).adapter == paths.out


def test_finished_run_leaves_its_outputs_and_no_checkpoint(paths, params, scratch_folder):
    assert train.main(paths, params)["tokens/s"] > 0
    # Each character and the end is a token: 16 of `1 + 1 = 2\n#### 2`, 20 and 24 of the others, and 3 ends.
    assert files.read_record(paths.metrics, TrainingCounts).tokens == 63
    assert (paths.out / "README.md").is_file()
    assert list((scratch_folder / "checkpoints").glob("*/")) == []


def test_problems_held_out_are_told_in_metrics_and_card_and_not_trained_on(paths, params):
    told = train.main(paths, replace(params, train=replace(params.train, validation=0.3, keep="best")))
    counts = files.read_record(paths.metrics, TrainingCounts)
    assert (counts.rows, counts.validation.rows) == (2, 1)
    assert len(counts.validation.losses) == 3
    assert counts.validation.kept_epoch in {1.0, 2.0}
    assert told["validation loss"] == ", ".join(map(str, counts.validation.losses))
    card = (paths.out / "README.md").read_text().splitlines()
    assert "| validation.rows | 1 |" in card
    assert "| keep | best |" in card


def test_card_without_problems_held_out_does_not_tell_of_them(paths, params):
    train.main(paths, params)
    assert "validation" not in (paths.out / "README.md").read_text()
    assert files.read_record(paths.metrics, TrainingCounts).validation is None


def test_pairs_are_told_in_metrics_and_card_and_leave_no_checkpoint(paths, params, make_row, scratch_folder):
    rows = [replace(row, rejected=f"{row.answer} or so\n#### 9") for row in doubles(make_row, (1, 20))]
    files.write_records(paths.training_set, [*rows, *doubles(make_row, (400,))])
    told = train.main(paths, replace(params, train=replace(params.train, method="dpo", validation=0.3)))
    counts = files.read_record(paths.metrics, TrainingCounts)
    found = counts.preferences
    assert told["pairs"] == found.pairs
    assert found.pairs + (found.validation.rows if found.validation else 0) == 2
    assert told["margins"] == ", ".join(map(str, found.margins))
    assert found.margins[0] == 0.0 < found.margins[1]
    card = (paths.out / "README.md").read_text().splitlines()
    assert f"| preferences.pairs | {found.pairs} |" in card
    assert {"| method | dpo |", "| dpo.beta | 0.1 |", "- dpo"} <= set(card)
    assert checkpoints.Target.of(paths.out, paths.base).adapter == paths.out
    assert (paths.curves / "dpo" / "metrics.json").is_file()
    assert list((scratch_folder / "checkpoints").glob("*/")) == []


def test_card_of_another_method_does_not_tell_of_pairs(paths, params):
    train.main(paths, params)
    card = (paths.out / "README.md").read_text()
    assert "preferences" not in card
    assert "dpo" not in card


@pytest.fixture
def tracked(tmp_path, monkeypatch):
    """Install a tracker under the name of swanlab; return the losses that it is told, by the name of the run."""
    from transformers import TrainerCallback
    from transformers.integrations import integration_utils

    losses = {}

    class Tracker(TrainerCallback):
        def on_log(self, args, state, control, logs=None, **_):  # noqa: ARG002  # the library's signature
            if "loss" in logs:
                losses.setdefault(args.run_name, []).append(logs["loss"])

    (tmp_path / "swanlab.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(integration_utils.INTEGRATION_TO_CALLBACK, "swanlab", Tracker)
    return losses


def test_tracker_is_told_the_losses_of_the_curve_under_the_name_of_project_experiment_and_iteration(
    paths, params, tracked, tmp_path, scratch_folder, monkeypatch
):
    write_runtime(batch_tokens=100, report_to="swanlab")
    monkeypatch.setattr(os, "environ", os.environ | {"DVC_EXP_NAME": "small", "WANDB_PROJECT": "mine"})
    train.main(paths, params)
    assert tracked == {f"{tmp_path.name}-small-iter1": [loss for _, loss in curve(paths.curves)]}
    assert os.environ["WANDB_PROJECT"] == "mine"
    assert os.environ["MLFLOW_EXPERIMENT_NAME"] == tmp_path.name
    assert scratch_folder / "tensorboard" in Path(os.environ["TENSORBOARD_LOGGING_DIR"]).parents


def test_tracker_that_is_not_installed_is_refused_before_training(paths, params, scratch_folder):
    write_runtime(batch_tokens=100, report_to="wandb")
    with pytest.raises(ParamsError, match=r"runtime\.report_to.*wandb is not installed; run `pip install wandb`"):
        train.main(paths, params)
    assert not scratch_folder.exists()


@pytest.fixture
def later(paths, tmp_path):
    """The paths of an iteration after the one that has rows; its parent's folder is to be filled."""
    parent = tmp_path / "models" / "iter1"
    parent.mkdir(parents=True)
    return replace(paths, iteration="iter2", parent=parent, out=tmp_path / "models" / "iter2")


def test_without_new_rows_the_parents_adapter_is_passed_on(later, params):
    files.write_json(later.parent / "target.json", {"kind": "adapter"})
    files.write_json(later.parent / "adapter_config.json", {"r": 2})
    assert train.main(later, params)["rows"] == 0
    assert files.directory_hash(later.out) == files.directory_hash(later.parent)
    assert checkpoints.Target.of(later.out, later.base) == checkpoints.Target(later.base, later.out)
    assert files.read_json(later.curves / "metrics.json") == {"rows": 0}
    assert files.read_record(later.metrics, TrainingCounts) == TrainingCounts(0, 0, 0, *[None] * 5)


def whole(paths, params):
    """Train all weights."""
    train.main(paths, replace(params, train=replace(params.train, method="full", epochs=1.0)))


def test_whole_model_is_the_target_of_its_iteration_with_card_and_metrics(paths, params):
    whole(paths, params)
    assert checkpoints.Target.of(paths.out, paths.base) == checkpoints.Target(paths.out, None)
    counts = files.read_record(paths.metrics, TrainingCounts)
    assert (counts.rows, counts.merged_same, counts.merged_prompts) == (3, None, None)
    assert "| method | full |" in (paths.out / "README.md").read_text().splitlines()


def test_without_new_rows_the_parents_whole_model_is_passed_on(later, params, paths):
    whole(replace(paths, out=later.parent), params)
    assert train.main(later, params)["rows"] == 0
    assert files.directory_hash(later.out) == files.directory_hash(later.parent)
    assert checkpoints.Target.of(later.out, later.base) == checkpoints.Target(later.out, None)


def test_adapter_on_a_whole_parent_is_refused_and_on_base_is_trained(later, params, paths, make_row):
    whole(replace(paths, out=later.parent), params)
    rows = [replace(row, iteration="iter2") for row in doubles(make_row, (1, 20))]
    files.write_records(paths.training_set, rows)
    from_parent = replace(params, train=replace(params.train, start="parent"))
    with pytest.raises(ParamsError, match=r"train\.method: sft puts an adapter on models/base, and .*iter1 is a whole"):
        train.main(later, from_parent)
    train.main(later, params)
    assert checkpoints.Target.of(later.out, later.base) == checkpoints.Target(later.base, later.out)


@pytest.mark.parametrize("kind", ["weights", "base"])
def test_without_new_rows_on_the_base_model_it_stays_the_base_model(later, params, kind):
    files.write_json(later.parent / "target.json", {"kind": kind})
    train.main(later, params)
    assert checkpoints.Target.of(later.out, later.base) == checkpoints.Target(later.base, None)
    assert [path.name for path in later.out.iterdir()] == ["target.json"]
