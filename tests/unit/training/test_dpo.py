"""Direct preference optimisation of the tiny model: its reference, loss, checkpoints and what it writes."""

import math
from dataclasses import replace

import pytest
import torch

from stages.core.exceptions import ParamsError, TrainingError
from stages.core.files import write_json
from stages.core.runtime import Runtime
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.training import adapters, fitting, launch, method, preference
from stages.training.backends import trl
from stages.training.encoding import encode, with_rejected
from stages.training.job import Job
from stages.training.methods import dpo, sft
from stages.training.resuming import SAVE_SECONDS
from tests.unit.training import conftest as training
from tests.unit.training.conftest import adapter_weights, assert_same_weights, curve, killed, loss_by_hand

SETTINGS = replace(training.SETTINGS, method="dpo", epochs=1.0)
LN2 = math.log(2)


@pytest.fixture(scope="module")
def rows(chat, make_row):
    def row(a):
        end = f"{a} + {a} = {2 * a}\n#### {2 * a}"
        return make_row(f"r{a}", f"{a} and {a}?", end, rejected=f"{a} + {a} = {3 * a}, says he.\n#### {3 * a}")

    return encode([*map(row, (1, 20, 4, 5, 7)), make_row("alone")], chat, 512).rows


@pytest.fixture
def make_job(rows, tiny_target, tmp_path):
    def make(
        name="f", start=tiny_target, dtype="float32", at_once=None, validation=(), rows=rows, curves="curves", **changes
    ):
        settings, places = replace(SETTINGS, **changes), (tmp_path / curves, tmp_path / name)
        return Job(list(rows), start, settings, dtype, "cpu", 0, 0, name, *places, at_once, list(validation))

    return make


@pytest.fixture
def train(make_job):
    def run(*arguments, save_seconds=SAVE_SECONDS, **changes):
        return dpo.fit(make_job(*arguments, **changes), save_seconds)[:2]

    return run


def loss_of_pairs(model, reference, rows):
    """-log sigmoid of beta times how much more the right answers gained, from full logits of each row alone."""
    total = 0.0
    for row in rows:
        right, wrong = ([row], [with_rejected(row)])
        gained = [loss_by_hand(reference, one)[0] - loss_by_hand(model, one)[0] for one in (right, wrong)]
        total += math.log1p(math.exp(-SETTINGS.dpo.beta * (gained[0] - gained[1])))
    return total / len(rows)


@pytest.mark.parametrize("start", ["tiny_target", "tiny_adapter"])
def test_reference_is_the_adapter_as_supervised_training_left_it(train, make_job, rows, request, tmp_path, start):
    start = request.getfixturevalue(start)
    plain = dpo._without_rejected(rows)
    first, _, _ = sft.fit(make_job("sft", start, rows=plain, validation=plain[:5]))
    model, fitted = train("dpo", start, validation=rows[:5])
    # Before the first step the model is its reference, so that nothing is preferred.
    assert curve(tmp_path / "curves" / "dpo")[0] == (1, pytest.approx(LN2, abs=1e-6))
    losses = fitted.preferences.validation.losses
    assert losses[0] == pytest.approx(LN2, abs=1e-4)
    assert losses[-1] == pytest.approx(loss_of_pairs(model.eval(), first.eval(), rows[:5]), abs=1e-4)
    assert losses[-1] < LN2 - 0.01


def test_right_solutions_gain_on_wrong_ones(train, tmp_path):
    _, fitted = train()
    found = fitted.preferences
    assert found.pairs == 5
    assert found.margins[0] == 0.0
    assert found.margins[1] > 0.05
    assert found.accuracies == [0.0, 1.0]
    assert found.loss == pytest.approx(sum(loss for _, loss in curve(tmp_path / "curves" / "dpo")) / 6, abs=1e-4)
    assert found.validation is None
    assert fitted.steps == 3  # of the first pass: 6 rows in batches of 2


def test_first_pass_is_the_one_of_sft(train, make_job, rows, scratch_folder, tmp_path):
    whole, expected, _ = sft.fit(make_job("sft", rows=dpo._without_rejected(rows), curves="sft"))
    _, fitted = train("dpo")
    assert (fitted.loss, curve(tmp_path / "curves")) == (expected.loss, curve(tmp_path / "sft"))
    base = checkpoints.load_base(make_job().start.base, "float32", "cpu")
    from peft import PeftModel

    assert_same_weights(PeftModel.from_pretrained(base, scratch_folder / "checkpoints/dpo/sft"), whole)


def test_adapter_in_bfloat16_has_its_reference_in_it(train, tmp_path):
    model, _ = train(dtype="bfloat16", adapter_dtype="model")
    assert curve(tmp_path / "curves" / "dpo")[0] == (1, pytest.approx(LN2, abs=1e-6))
    assert {tensor.dtype for tensor in adapter_weights(model).values()} == {torch.bfloat16}


@pytest.mark.parametrize("after", [4, 5, 6])
def test_run_killed_in_the_second_pass_ends_with_the_same_adapter(train, interrupting, tmp_path, after):
    interrupting.kills = 0
    whole, expected = train("whole", curves="whole", save_seconds=0.0)
    interrupting.clear()
    interrupting.kills, interrupting.after = 2, after  # the first pass has 3 steps
    killed(train, save_seconds=0.0)
    model, fitted = train(save_seconds=0.0)
    assert interrupting == [[0, 1, 2], list(range(after)), [], list(range(after, 6))]
    assert_same_weights(model, whole)
    assert fitted.preferences == expected.preferences
    for name in ("loss", "rewards/margins"):
        assert curve(tmp_path / "curves" / "dpo", name) == curve(tmp_path / "whole" / "dpo", name)


def test_run_killed_in_the_first_pass_ends_with_the_same_adapter(train, interrupting):
    interrupting.kills = 0
    whole, _ = train("whole", save_seconds=0.0)
    interrupting.clear()
    interrupting.kills, interrupting.after = 1, 2
    killed(train, save_seconds=0.0)
    model, _ = train(save_seconds=0.0)
    assert interrupting == [[0, 1], [2], list(range(6))]
    assert_same_weights(model, whole)


def test_micro_batches_give_the_adapter_and_the_losses_of_whole_batches(train, rows):
    changes = {"batch_size": 3, "validation": rows[:5]}
    whole, expected = train("whole", **changes)
    for at_once in (1, 2):
        model, fitted = train(f"at-once-{at_once}", at_once=at_once, **changes)
        assert fitted.preferences.validation.losses == pytest.approx(expected.preferences.validation.losses, abs=2e-4)
        assert fitted.preferences.loss == pytest.approx(expected.preferences.loss, abs=2e-4)
        for name, tensor in adapter_weights(model).items():
            assert torch.allclose(tensor, adapter_weights(whole)[name], atol=1e-3), name


def test_state_after_the_best_epoch_over_pairs_is_kept(train, rows):
    # Held out are the pairs the other way around, so that each epoch makes their loss larger.
    turned = [with_rejected(row) | {"rejected": [label for label in row["labels"] if label >= 0]} for row in rows[:5]]
    _, fitted = train(validation=turned, keep="best")
    start, first, second = fitted.preferences.validation.losses
    assert start < first < second
    assert fitted.preferences.validation.kept_epoch == 1.0


def test_without_a_pair_it_is_sft_and_says_so(train, make_job, rows, caplog):
    plain = dpo._without_rejected(rows)
    whole, _, _ = sft.fit(make_job("sft", rows=plain))
    model, fitted = train(rows=plain)
    assert_same_weights(model, whole)
    assert (fitted.preferences.pairs, fitted.preferences.loss) == (0, None)
    assert "no row has a wrong solution of the target beside it" in caplog.text


def test_whole_run_writes_one_adapter_that_does_what_was_trained(make_job, tmp_path, tiny_base):
    launch.train(make_job("iter1"), 1, None, [])
    assert {path.name for path in (tmp_path / "iter1").iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors", CARD,
    }  # fmt: skip
    assert Target.of(tmp_path / "iter1", tiny_base).adapter == tmp_path / "iter1"


def test_adapter_that_was_written_without_its_weights_is_refused(make_job, monkeypatch):
    def save_untrained(model, out, base):
        save(trl.load(job) if out == job.out else model, out, base)

    job, save = make_job(), adapters.save
    monkeypatch.setattr(adapters, "save", save_untrained)
    with pytest.raises(TrainingError, match="the saved adapter does not do what the trained model does"):
        dpo.run(job)


def test_batches_of_the_trainer_hold_the_pairs_tokens(make_job, rows):
    pairs = rows[:5]
    seen = []
    trainer = fitting.make_trainer(make_job(rows=pairs), trl.load, preference)
    for batch in trainer.get_train_dataloader():
        for ids, mask in zip(batch["input_ids"], batch["attention_mask"].bool(), strict=True):
            seen.append(tuple(one[kept].tolist() for one, kept in zip(ids, mask, strict=True)))
    assert sorted(seen) == sorted((row["input_ids"], with_rejected(row)["input_ids"]) for row in pairs)


def test_collator_that_cuts_pairs_is_refused(rows):
    collate = preference.collator(2)

    def cutting(chosen):
        return {name: tensor[..., :-1] for name, tensor in collate(chosen).items()}

    preference.check_batch(collate, rows[:5])
    with pytest.raises(TrainingError, match="its collator cuts or hides some"):
        preference.check_batch(cutting, rows[:5])


@pytest.mark.parametrize(
    ("processes", "config", "message"),
    [
        (2, None, r"train\.method dpo trains in one process; set runtime\.processes to 1"),
        (1, "configs/fsdp.yaml", r"train\.method dpo takes no runtime\.accelerate_config; set it to null"),
    ],
)
def test_several_processes_and_shards_are_refused(processes, config, message):
    with pytest.raises(ParamsError, match=message):
        launch.sharing(Runtime(1, "cpu", processes, config, 1, "transformers"), SETTINGS)


def test_backend_without_pairs_is_refused():
    runtime = Runtime(1, "cpu", 1, None, 1, "transformers")
    assert method.faults(SETTINGS, runtime) == []
    (fault,) = method.faults(replace(SETTINGS, backend="unsloth"), runtime)
    assert fault.startswith("train.method: dpo is not for train.backend unsloth")


def test_whole_parent_is_refused(tiny_target, tmp_path):
    write_json(tmp_path / CARD, {"kind": "whole"})
    with pytest.raises(
        ParamsError, match=r"train\.method: dpo puts an adapter on models/base, and .* is a whole model"
    ):
        method.start_of(replace(SETTINGS, start="parent"), tiny_target, Target(tmp_path, None))
