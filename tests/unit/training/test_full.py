"""Training of all weights, and the whole models that it makes."""

from dataclasses import replace

import pytest
import torch

from stages.core.exceptions import ParamsError, TrainingError
from stages.core.files import read_json
from stages.core.runtime import Runtime
from stages.model import checkpoints
from stages.model.checkpoints import CARD, Target
from stages.training import launch, whole_models
from stages.training.job import Job
from stages.training.methods import full
from stages.training.resuming import SAVE_SECONDS
from stages.training.verification import greedy
from tests.unit.model.engines.conftest import transformers_engine
from tests.unit.training.conftest import SETTINGS, doubles, encoded, killed, loss_by_hand

FULL = replace(SETTINGS, method="full", learning_rate=0.01)


@pytest.fixture(scope="module")
def rows(chat, make_row):
    return encoded(doubles(make_row, (1, 20, 4, 5, 7)), chat)


@pytest.fixture
def make_job(rows, tiny_target, tmp_path):
    def make(name="f", start=tiny_target, dtype="float32", validation=(), **changes):
        settings, places = replace(FULL, **changes), (tmp_path / "curves", tmp_path / name)
        return Job(rows, start, settings, dtype, "cpu", 0, 0, name, *places, None, list(validation))

    return make


@pytest.fixture
def train(make_job):
    def run(*arguments, save_seconds=SAVE_SECONDS, **changes):
        return full.fit(make_job(*arguments, **changes), save_seconds)[:2]

    return run


def assert_same(one, other):
    for (name, tensor), of_other in zip(one.state_dict().items(), other.state_dict().values(), strict=True):
        assert torch.equal(tensor, of_other), name


def test_all_weights_are_trained_and_the_loss_falls(train, rows, tiny_base):
    base = checkpoints.load_base(tiny_base, "float32", "cpu")
    before, count = loss_by_hand(base.eval(), rows)
    model, fitted = train()
    assert loss_by_hand(model.eval(), rows)[0] / count < before / count - 0.5
    assert fitted.steps == 9
    unchanged = [name for name, tensor in base.named_parameters() if torch.equal(tensor, model.state_dict()[name])]
    assert unchanged == []


def test_saved_model_writes_what_the_trained_one_writes(train, rows, tiny_target, tmp_path):
    model, _ = train()
    written = greedy(model.eval(), rows)
    whole_models.save(model, tmp_path / "iter1", tiny_target, "float32")
    target = Target.of(tmp_path / "iter1", tiny_target.base)
    assert target == Target(tmp_path / "iter1", None)
    assert greedy(checkpoints.load(target, "float32", "cpu"), rows) == written
    assert greedy(checkpoints.load(tiny_target, "float32", "cpu"), rows) != written


def test_whole_run_writes_a_checkpoint_that_transformers_loads_with_tokenizer_and_card(make_job, tmp_path, tiny_base):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    full.run(make_job("iter1", dtype="bfloat16"))
    out = tmp_path / "iter1"
    assert read_json(out / CARD) == {"kind": "whole", "base": {"kind": "weights"}}
    assert AutoModelForCausalLM.from_pretrained(out).dtype == torch.bfloat16
    assert AutoTokenizer.from_pretrained(out)("1 + 1") == AutoTokenizer.from_pretrained(tiny_base)("1 + 1")
    before, after = (read_json(folder / "config.json") for folder in (tiny_base, out))
    assert {name for name in before if before[name] != after.get(name)} == {"dtype"}
    tokenizer = checkpoints.load_tokenizer(out)
    assert checkpoints.end_tokens(out, tokenizer) == checkpoints.end_tokens(tiny_base, tokenizer)


def test_engine_writes_with_a_whole_model_what_it_writes_with_the_same_weights_as_base(tiny_target, tmp_path):
    whole_models.save(
        checkpoints.load_base(tiny_target.base, "float32", "cpu"), tmp_path / "iter1", tiny_target, "float32"
    )
    target = Target.of(tmp_path / "iter1", tiny_target.base)
    texts = ["1 and 1?", "20 and 20?"]
    written = [transformers_engine(one).generate(texts) for one in (tiny_target, target)]
    assert written[0] == written[1]
    assert target.fingerprint() != tiny_target.fingerprint()


def test_written_model_that_is_not_the_trained_one_is_refused(make_job, monkeypatch):
    def save_untrained(_model, out, start, dtype):
        save(whole_models.load(make_job()), out, start, dtype)

    save = whole_models.save
    monkeypatch.setattr(whole_models, "save", save_untrained)
    with pytest.raises(TrainingError, match="the saved model does not do what the trained model does"):
        full.run(make_job())


@pytest.mark.parametrize("after", [3, 5])
def test_killed_run_ends_with_the_same_model(train, interrupting, after):
    interrupting.append([])  # a first run that ends
    whole, _ = train("whole", save_seconds=0.0)
    interrupting.clear()
    interrupting.after = after
    killed(train, save_seconds=0.0)
    model, _ = train(save_seconds=0.0)
    assert interrupting == [list(range(after)), list(range(after, 9))]
    assert_same(model, whole)


def test_best_state_is_kept(train, make_row, chat):
    held_out = encoded([make_row("z", "1 and 1?", "zzzzzz")], chat)
    model, fitted = train(validation=held_out, keep="best")
    total, count = loss_by_hand(model.eval(), held_out)
    assert fitted.validation[-1] > min(fitted.validation[1:])
    assert total / count == pytest.approx(min(fitted.validation[1:]), rel=1e-4)


SLOW = {"learning_rate": 1e-12, "epochs": 1.0}


def test_training_goes_on_from_a_whole_parent_and_from_an_adapter_merged_into_base(
    train, make_job, tiny_adapter, tiny_base, tmp_path
):
    full.run(make_job("iter1"))
    parent = Target.of(tmp_path / "iter1", tiny_base)
    for name, start in (("on-whole", parent), ("on-adapter", tiny_adapter)):
        model, _ = train(name, start, **SLOW)
        expected = checkpoints.load(start, "float32", "cpu").state_dict()
        for key, tensor in model.state_dict().items():
            assert torch.allclose(tensor, expected[key], atol=1e-6), key
    whole_models.save(model, tmp_path / "iter2", parent, "float32")
    assert read_json(tmp_path / "iter2" / CARD) == read_json(tmp_path / "iter1" / CARD)


def test_method_of_the_settings_is_what_trains(make_job, tmp_path):
    launch.train(make_job("whole"), 1, None, [])
    assert read_json(tmp_path / "whole" / CARD)["kind"] == "whole"
    launch.train(make_job("adapter", method="sft"), 1, None, [])
    assert read_json(tmp_path / "adapter" / CARD)["kind"] == "adapter"


def test_config_file_of_shards_is_refused():
    runtime = Runtime(1, "cpu", 2, "configs/fsdp.yaml", 1, "transformers")
    with pytest.raises(ParamsError, match=r"train\.method full takes no runtime\.accelerate_config"):
        launch.sharing(runtime, FULL)
