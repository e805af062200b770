"""What is checked after training, on a real adapter of the tiny model."""

import shutil
from dataclasses import replace

import pytest
import torch

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.model.checkpoints import Target
from stages.training import adapters, verification
from stages.training.job import Job
from stages.training.methods import sft
from stages.training.settings import LoraSettings
from stages.training.verification import Agreement, check_applied, merged_agreement, sample
from tests.unit.training import conftest as training

LORA = LoraSettings(rank=4, alpha=8, dropout=0.0, target_modules=["q_proj", "v_proj", "up_proj", "down_proj"])
SETTINGS = replace(training.SETTINGS, epochs=12.0, learning_rate=0.05, batch_size=3, lora=LORA)


@pytest.fixture(scope="module")
def rows(chat, make_row):
    return training.encoded(training.doubles(make_row, range(9)), chat)


@pytest.fixture(scope="module")
def trained(rows, tiny_target, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    job = Job(rows, tiny_target, SETTINGS, "float32", "cpu", 1, 0, "f", folder / "curves", folder / "adapter")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEI_CACHE", str(folder / "scratch"))
        model = sft.fit(job)[0]
    adapters.save(model, job.out, job.start.base)
    return model, job


def test_sample_is_at_most_eight_rows_over_the_whole_set():
    assert sample(list(range(40))) == [0, 5, 10, 15, 20, 25, 30, 35]
    assert sample(list(range(3))) == [0, 1, 2]


def test_saved_adapter_that_is_the_trained_one_passes(trained):
    assert verification.check_saved(*trained) is None


def test_saved_adapter_of_zeros_is_refused(trained, tmp_path):
    from safetensors.torch import load_file, save_file

    model, job = trained
    shutil.copytree(job.out, tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file({name: torch.zeros_like(tensor) for name, tensor in load_file(path).items()}, path)
    with pytest.raises(TrainingError, match=r"adapter: the saved adapter does not do what the trained model does"):
        verification.check_saved(model, replace(job, out=tmp_path / "adapter"))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_merged_model_writes_what_the_adapter_writes(trained, tiny_base, dtype):
    target = Target(tiny_base, trained[1].out)
    assert merged_agreement(target, replace(trained[1], dtype=dtype)) == Agreement(8, 8)


def test_merge_without_the_adapter_is_refused(trained, tiny_base, monkeypatch):
    monkeypatch.setattr(
        checkpoints, "load", lambda target, dtype, device: checkpoints.load_base(target.base, dtype, device)
    )
    with pytest.raises(TrainingError, match="the merged model does not do what the trained model does"):
        merged_agreement(Target(tiny_base, trained[1].out), trained[1])


def test_answers_are_those_of_plain_greedy_search_and_their_own_model_would_write_them(trained, rows):
    model = trained[0].eval()
    answers = verification.greedy(model, rows[:3])
    for row, answer in zip(rows[:3], answers, strict=True):
        prompt = [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
        written = []
        for _ in range(len(answer)):
            written.append(int(model(torch.tensor([prompt + written])).logits[0, -1].argmax()))
        assert written == answer
        assert verification.would_write(model, row, answer)
        assert not verification.would_write(model, row, [*answer[:-1], (answer[-1] + 1) % 200])


def test_long_rows_are_compared_by_the_beginning_of_their_answers(trained, rows, monkeypatch):
    monkeypatch.setattr(verification, "LONGEST_ANSWER", 2)
    assert max(len(answer) for answer in verification.greedy(trained[0].eval(), rows[:3])) <= 2


@pytest.mark.parametrize(
    ("found", "right"),
    [
        pytest.param([-1.0, -1.0], True, id="as-trained"),
        pytest.param([-1.2, -0.9], True, id="nearly"),
        pytest.param([-3.0, -2.0], False, id="as-before"),
        pytest.param([-1.0, 0.5], False, id="far-off"),
    ],
)
def test_likelihoods_must_be_those_after_training(found, right):
    if right:
        assert check_applied([-3.0, -2.0], [-1.0, -1.0], found, "x") is None
    else:
        with pytest.raises(TrainingError, match=r"x does not do .* moved them by 2\.000"):
            check_applied([-3.0, -2.0], [-1.0, -1.0], found, "x")


def test_training_that_moved_nothing_says_nothing():
    assert check_applied([-3.0], [-2.99], [-3.0], "x") is None
