"""Real fine-tuning of the tiny model: loss, determinism, and what a killed run loses (nothing)."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from stages.core.exceptions import TrainingError
from stages.core.files import directory_hash, read_json
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.model.sources import LocalModel, from_disk
from stages.reporting import results
from stages.training import adapters, fitting
from stages.training.backends import trl
from stages.training.encoding import IGNORED
from stages.training.job import Job
from stages.training.methods import sft
from stages.training.resuming import SAVE_SECONDS
from tests.unit.training import conftest as training
from tests.unit.training.conftest import (
    STEPS_PER_EPOCH,
    adapter_weights,
    assert_same_weights,
    curve,
    killed,
    loss_by_hand,
)  # fmt: skip

LORA = replace(training.LORA, target_modules=["q_proj", "v_proj", "down_proj"])
SETTINGS = replace(training.SETTINGS, lora=LORA)


@pytest.fixture(scope="module")
def rows(chat, make_row):
    sums = [(1, 1), (20, 3), (4, 4), (5, 60), (7, 2)]
    made = [make_row(f"r{a}", f"{a} and {b}?", f"{a} + {b} = {a + b}\n#### {a + b}") for a, b in sums]
    return training.encoded(made, chat)


@pytest.fixture(scope="module")
def make_job(rows, tiny_target):
    def make(
        folder, fingerprint="f", target=tiny_target, seed=0, curves="curves", dtype="float32", at_once=None, **changes
    ):
        settings, places = replace(SETTINGS, **changes), (folder / curves, folder / "adapter")
        return Job(rows, target, settings, dtype, "cpu", 0, seed, fingerprint, *places, at_once)

    return make


@pytest.fixture
def train(make_job, tmp_path):
    def run(*arguments, save_seconds=SAVE_SECONDS, **changes):
        return sft.fit(make_job(tmp_path, *arguments, **changes), save_seconds)[:2]

    return run


@pytest.fixture(scope="module")
def trained(make_job, tmp_path_factory):
    """The model and metrics of one uninterrupted run, with its folders."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEI_CACHE", str(folder / "scratch"))
        model, metrics, _ = sft.fit(make_job(folder))
    return model, metrics, folder


def test_cpu_trainers_loss_is_the_cross_entropy_over_answer_tokens(trained, rows, tmp_path, make_job):
    model = trained[0].eval()
    trainer = fitting.make_trainer(make_job(tmp_path), trl.load)
    total, count = loss_by_hand(model, rows[:3])
    with torch.inference_mode():
        mean = trainer.compute_loss(model, training.padded(rows[:3]))
        shared = trainer.compute_loss(model, training.padded(rows[:3]), num_items_in_batch=torch.tensor(50))
    assert float(mean) == pytest.approx(total / count, rel=1e-5)
    assert float(shared) == pytest.approx(total / 50, rel=1e-5)


def test_batches_of_the_trainer_hold_the_rows_tokens_labels_and_padding(rows, tmp_path, make_job):
    seen = []
    for batch in fitting.make_trainer(make_job(tmp_path), trl.load).get_train_dataloader():
        for ids, labels, mask in zip(batch["input_ids"], batch["labels"], batch["attention_mask"], strict=True):
            kept = mask.bool()
            seen.append((ids[kept].tolist(), labels[kept].tolist()))
            assert (labels[~kept] == IGNORED).all()
    assert sorted(seen) == sorted((row["input_ids"], row["labels"]) for row in rows)


def test_training_lowers_the_loss_on_its_rows(trained, rows, tiny_base):
    before, count = loss_by_hand(checkpoints.load_base(tiny_base, "float32", "cpu").eval(), rows)
    after, _ = loss_by_hand(trained[0].eval(), rows)
    assert after / count < before / count - 0.05


def test_weights_of_the_base_model_do_not_change(trained, tiny_base):
    base = checkpoints.load_base(tiny_base, "float32", "cpu").state_dict()
    inner = trained[0].state_dict()
    for name, tensor in base.items():
        found = [t for n, t in inner.items() if n.replace(".base_layer", "").endswith(name) and "lora" not in n]
        assert any(torch.equal(t, tensor) for t in found), name


def test_same_seed_gives_the_same_adapter_and_another_seed_another(trained, train):
    assert_same_weights(train()[0], trained[0])
    other = adapter_weights(train("g", seed=1)[0])
    assert any(not torch.equal(other[name], tensor) for name, tensor in adapter_weights(trained[0]).items())


@pytest.mark.parametrize(("adapter_dtype", "dtype"), [("float32", torch.float32), ("model", torch.bfloat16)])
def test_adapter_has_the_settings_rank_layers_and_dtype(train, adapter_dtype, dtype):
    model, _ = train(epochs=1.0, adapter_dtype=adapter_dtype, dtype="bfloat16")
    weights = adapter_weights(model)
    assert len(weights) == 2 * 3 * 2  # layers x target modules x (A, B)
    assert {min(tensor.shape) for tensor in weights.values()} == {2}
    assert {tensor.dtype for tensor in weights.values()} == {dtype}


def test_micro_batches_give_the_adapter_and_the_losses_of_whole_batches(train, tmp_path):
    adapters_of, curves_of = [], []
    for at_once in (None, 1, 3):
        name = f"at-once-{at_once}"
        model, _ = train(name, at_once=at_once, batch_size=4, curves=name)
        adapters_of.append(adapter_weights(model))
        curves_of.append([loss for _, loss in curve(tmp_path / name)])
    for weights, losses in zip(adapters_of[1:], curves_of[1:], strict=True):
        assert losses == pytest.approx(curves_of[0], abs=1e-5)
        for name, tensor in weights.items():
            assert torch.allclose(tensor, adapters_of[0][name], atol=1e-4), name


def test_killed_run_goes_on_with_another_micro_batch(trained, train, interrupting):
    killed(train)
    model, _ = train(at_once=1)
    assert interrupting == [[0, 1, 2], [3, 4, 5, 6, 7, 8]]
    for name, tensor in adapter_weights(model).items():
        assert torch.allclose(tensor, adapter_weights(trained[0])[name], atol=1e-4), name


def test_curve_has_the_loss_of_each_step_where_the_report_looks_for_it_and_their_mean_is_the_runs(trained):
    found = curve(trained[2] / "curves")
    assert [step for step, _ in found] == list(range(1, 3 * STEPS_PER_EPOCH + 1))
    assert trained[1].loss == pytest.approx(sum(loss for _, loss in found) / len(found))
    assert results._loss(trained[2] / "curves" / "plots" / "metrics" / "loss.tsv") == found


def test_interrupted_run_goes_on_from_its_checkpoint_and_ends_with_the_same_adapter_and_loss(
    trained, train, interrupting, scratch_folder
):
    killed(train)
    assert [path.name for path in (scratch_folder / "checkpoints" / "f").glob("checkpoint-*")] == ["checkpoint-3"]
    model, fitted = train()
    assert interrupting == [[0, 1, 2], [3, 4, 5, 6, 7, 8]]
    assert_same_weights(model, trained[0])
    assert (trained[1].steps, fitted.steps) == (3 * STEPS_PER_EPOCH, 2 * STEPS_PER_EPOCH)
    assert fitted.loss == pytest.approx(trained[1].loss)


def test_interrupted_run_in_bfloat16_goes_on_in_it_to_the_same_adapter(train, interrupting):
    settings = {"dtype": "bfloat16", "adapter_dtype": "model"}
    interrupting.append([])  # a first run that ends
    whole, _ = train("whole", **settings)
    interrupting.clear()
    killed(train, **settings)
    model, _ = train(**settings)
    assert {tensor.dtype for tensor in adapter_weights(model).values()} == {torch.bfloat16}
    assert_same_weights(model, whole)


@pytest.mark.parametrize("after", [1, 2, 4, 5, 8])
def test_run_killed_in_the_middle_of_an_epoch_ends_with_the_same_adapter(
    train, interrupting, scratch_folder, tmp_path, after
):
    # With dropout, so that the state of the random numbers matters within an epoch as well as at its start.
    lora = replace(SETTINGS.lora, dropout=0.5)
    interrupting.append([])  # a first run that ends
    whole, _ = train("whole", lora=lora)
    interrupting.clear()
    interrupting.after = after
    killed(train, lora=lora, save_seconds=0.0)
    assert [path.name for path in (scratch_folder / "checkpoints" / "f").glob("checkpoint-*")] == [
        f"checkpoint-{after}"
    ]
    model, _ = train(lora=lora, save_seconds=0.0)
    assert interrupting == [list(range(after)), list(range(after, 9))]
    for name, adapter in (("one", whole), ("two", model)):
        adapters.save(adapter, tmp_path / name, Path("base"))
    assert directory_hash(tmp_path / "one") == directory_hash(tmp_path / "two")


@pytest.mark.parametrize("second", [4, 5])
def test_run_killed_at_an_epochs_end_and_again_in_the_next_ends_with_the_same_adapter(
    train, interrupting, tmp_path, second
):
    lora = replace(SETTINGS.lora, dropout=0.5)
    interrupting.append([])  # a first run that ends
    whole, _ = train("whole", lora=lora)
    interrupting.clear()
    killed(train, lora=lora, save_seconds=0.0)
    interrupting.after, interrupting.kills = second, 2
    killed(train, lora=lora, save_seconds=0.0)
    model, _ = train(lora=lora, save_seconds=0.0)
    assert interrupting == [[0, 1, 2], list(range(3, second)), list(range(second, 9))]
    for name, adapter in (("one", whole), ("two", model)):
        adapters.save(adapter, tmp_path / name, Path("base"))
    assert directory_hash(tmp_path / "one") == directory_hash(tmp_path / "two")


def test_checkpoint_is_saved_once_a_step_and_only_when_the_last_is_old_enough(train, interrupting):
    interrupting.append([])
    train(save_seconds=0.0)
    assert interrupting.saved == list(range(1, 10))
    interrupting.saved.clear()
    train("g")
    assert interrupting.saved == [3, 6, 9]


def test_curve_of_a_run_that_went_on_is_that_of_an_uninterrupted_one(trained, train, interrupting, tmp_path):
    killed(train, curves="first")
    train(curves="second")  # DVC empties the folder of the curves before it runs the stage again
    assert len(interrupting) == 2
    assert [step for step, _ in curve(tmp_path / "second")] == list(range(1, 3 * STEPS_PER_EPOCH + 1))
    assert dict(curve(tmp_path / "second")) == pytest.approx(dict(curve(trained[2] / "curves")))


@pytest.mark.parametrize(
    ("present", "state"),
    [
        pytest.param(0, None, id="no-file-yet"),
        pytest.param(3, None, id="half-of-its-files"),
        pytest.param(None, '{"global_step": 6, "log_hist', id="half-of-its-state"),
        pytest.param(None, "", id="nothing-of-its-state"),
    ],
)
def test_checkpoint_cut_by_a_kill_is_passed_over_for_the_one_before(
    trained, train, interrupting, scratch_folder, present, state
):
    killed(train)
    checkpoints = scratch_folder / "checkpoints" / "f"
    cut = checkpoints / "checkpoint-6"
    cut.mkdir()
    # The trainer writes a checkpoint file by file into its place, the weights first and its own state last.
    files = sorted((checkpoints / "checkpoint-3").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    assert len(files) > 3
    for path in files[:present]:
        shutil.copy(path, cut)
    if state is not None:
        (cut / "trainer_state.json").write_text(state)
    model, _ = train()
    assert interrupting[1] == [3, 4, 5, 6, 7, 8]
    assert_same_weights(model, trained[0])


def test_run_killed_after_its_last_checkpoint_ends_with_the_same_adapter_and_trains_no_more(
    trained, train, interrupting
):
    interrupting.after = 9
    killed(train)
    model, fitted = train()
    assert interrupting == [[0, 1, 2, 3, 4, 5, 6, 7, 8], []]
    assert_same_weights(model, trained[0])
    assert fitted.steps == 0
    assert fitted.seconds > 0
    assert fitted.loss == pytest.approx(trained[1].loss)


def test_same_inputs_give_the_same_bytes_in_the_folder_of_the_curves(trained, train, tmp_path):
    train()
    assert directory_hash(tmp_path / "curves") == directory_hash(trained[2] / "curves")


def test_checkpoint_of_other_settings_is_not_used(train, interrupting):
    killed(train)
    train("another fingerprint")
    assert interrupting[1] == list(range(9))


def test_saved_adapter_has_its_card_and_names_the_base_folder(trained, tmp_path):
    out = tmp_path / "models" / "iter1"
    adapters.save(trained[0], out, Path("models/base"))
    assert read_json(out / CARD) == {"kind": "adapter"}
    config = read_json(out / "adapter_config.json")
    assert config["base_model_name_or_path"] == "models/base"
    assert config["target_modules"] == ["down_proj", "q_proj", "v_proj"]  # sorted: the same bytes in every process


def test_saved_adapter_makes_a_target_that_computes_as_the_trained_model(trained, tiny_base, rows, tmp_path):
    adapters.save(trained[0], tmp_path / "iter1", Path("models/base"))
    target = Target.of(tmp_path / "iter1", tiny_base)
    merged = checkpoints.load(target, "float32", "cpu")
    ids = torch.tensor([rows[0]["input_ids"]])
    with torch.inference_mode():
        assert torch.allclose(merged(ids).logits, trained[0].eval()(ids).logits, atol=1e-4)


@pytest.mark.parametrize("kind", ["weights", "local"])
def test_start_from_a_parent_goes_on_from_its_adapter(train, tiny_base, tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    base = Path("models/base")
    if kind == "weights":
        shutil.copytree(tiny_base, base)
    else:
        from_disk(LocalModel(str(tiny_base)), base)
    parent, _ = train(target=Target(base, None), epochs=1.0)
    adapters.save(parent, Path("models/iter1"), base)
    model, _ = train("g", target=Target(base, Path("models/iter1")), epochs=1.0, learning_rate=1e-12)
    before, after = adapter_weights(parent), adapter_weights(model)
    assert before.keys() == after.keys()
    for name in before:
        assert torch.allclose(before[name], after[name], atol=1e-9), name


def test_whole_run_writes_the_adapter_and_keeps_its_last_checkpoint(make_job, tmp_path, tiny_base, trained):
    from peft import PeftModel

    job = make_job(tmp_path)
    fitted = sft.run(job)
    assert fitted.loss == pytest.approx(trained[1].loss)
    assert [path.name for path in job.checkpoints.glob("checkpoint-*")] == ["checkpoint-9"]
    assert {path.name for path in (tmp_path / "adapter").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", CARD,
    }  # fmt: skip
    loaded = PeftModel.from_pretrained(checkpoints.load_base(tiny_base, "float32", "cpu"), tmp_path / "adapter")
    assert_same_weights(loaded, trained[0])


def test_adapter_that_was_written_without_its_weights_is_refused(make_job, tmp_path, monkeypatch):
    def save_untrained(_model, out, base):
        save(trl.load(make_job(tmp_path)), out, base)

    save = adapters.save
    monkeypatch.setattr(adapters, "save", save_untrained)
    with pytest.raises(TrainingError, match=r"adapter: the saved adapter does not do what the trained model does"):
        sft.run(make_job(tmp_path))


def test_collator_that_hides_the_end_token_is_refused_before_the_first_step(make_job, tmp_path, monkeypatch):
    import trl.trainer.sft_trainer as trl_trainer

    class Hiding(trl_trainer.DataCollatorForLanguageModeling):
        def torch_call(self, examples):
            batch = super().torch_call(examples)
            batch["labels"][batch["input_ids"] == self.pad_token_id] = IGNORED
            return batch

    monkeypatch.setattr(trl_trainer, "DataCollatorForLanguageModeling", Hiding)
    with pytest.raises(TrainingError, match="its collator hides the end token"):
        sft.run(make_job(tmp_path))
    assert not (tmp_path / "adapter").exists()


def test_training_prints_nothing_and_writes_only_where_it_is_told(train, tmp_path, monkeypatch, capsys, scratch_folder):
    workplace = tmp_path / "workplace"
    workplace.mkdir()
    monkeypatch.chdir(workplace)
    train(epochs=1.0)
    assert capsys.readouterr().out == ""
    assert list(workplace.iterdir()) == []
    assert (tmp_path / "curves" / "metrics.json").is_file()
    assert {path.name for path in tmp_path.iterdir()} == {"curves", "workplace", scratch_folder.name}
