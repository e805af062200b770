"""A base model in 4 bits: what refuses it, how it is loaded, and real training where bitsandbytes is installed."""

from dataclasses import replace

import pytest
import torch
from transformers.utils import is_bitsandbytes_available

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.model.checkpoints import Target
from stages.training import fitting, quantization, verification
from stages.training.backends import trl
from stages.training.job import Job
from stages.training.methods import sft
from tests.unit.training import conftest as training

LORA = replace(training.LORA, target_modules=["q_proj", "v_proj", "down_proj"])
SETTINGS = replace(training.SETTINGS, adapter_dtype="model", quantized="nf4", lora=LORA)
NAME = r"^train\.quantized is `nf4`, which "


@pytest.fixture
def make_job(chat, make_row, tiny_target, tmp_path):
    rows = training.encoded(training.doubles(make_row, range(8)), chat)

    def make(device="cpu", dtype="bfloat16", **changes):
        places = tmp_path / "curves", tmp_path / "adapter"
        return Job(rows, tiny_target, replace(SETTINGS, **changes), dtype, device, 0, 0, "f", *places)

    return make


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_training_in_4_bits_without_a_gpu_is_one_line(make_job):
    with pytest.raises(TrainingError, match=NAME + "needs a GPU, and torch sees none; set it to null$"):
        sft.run(make_job())


def test_training_in_4_bits_on_the_cpu_of_a_machine_with_a_gpu_is_one_line(make_job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(TrainingError, match=NAME + "needs the model on a GPU, and it would be on the CPU"):
        trl.load(make_job("cpu"))


def test_other_types_than_bfloat16_are_one_line(make_job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(TrainingError, match=NAME + r"computes in bfloat16: set dtype to it, or train\.quantized to"):
        trl.load(make_job("cuda", "float32"))


@pytest.mark.skipif(is_bitsandbytes_available(), reason="bitsandbytes is installed")
def test_bitsandbytes_that_is_not_installed_is_one_line_with_its_command(make_job, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(TrainingError, match=NAME + r"needs bitsandbytes, .* run `pip install -U bitsandbytes`, or set"):
        trl.load(make_job("cuda"))


@pytest.fixture
def able(monkeypatch):
    """Let this machine pass for one that can."""
    monkeypatch.setattr(quantization, "_fault", lambda _: None)


@pytest.mark.usefixtures("able")
def test_configuration_is_nf4_in_blocks_quantised_twice_and_computes_in_bfloat16(make_job):
    made = quantization.config(make_job("cuda"))
    assert made.quantization_method() == "nf4"
    assert made.bnb_4bit_use_double_quant
    assert made.bnb_4bit_compute_dtype is torch.bfloat16
    assert quantization.config(make_job(quantized=None)) is None


@pytest.mark.usefixtures("able")
@pytest.mark.parametrize("quantized", ["nf4", None])
def test_base_is_quantised_in_training_and_where_the_adapter_is_checked_but_not_where_it_is_merged(
    make_job, monkeypatch, quantized
):
    seen, load_base = [], checkpoints.load_base

    def loaded(base, dtype, device, attention=None, quantization=None):
        seen.append(quantization and quantization.quantization_method())
        return load_base(base, dtype, device, attention)  # as plain weights, whatever is asked for

    monkeypatch.setattr(checkpoints, "load_base", loaded)
    job = make_job(quantized=quantized)
    sft.run(job)
    assert seen == [quantized, quantized]
    seen.clear()
    verification.merged_agreement(Target(job.start.base, job.out), job)
    assert seen == ([None, "nf4", None] if quantized else [None, None])


@pytest.mark.usefixtures("able")
def test_quantised_model_is_not_quantised_again(make_job, monkeypatch):
    monkeypatch.setattr(checkpoints, "_dequantised", lambda _: {"config": "of FP8"})
    with pytest.raises(checkpoints.WeightsError, match=r"quantised already; set train\.quantized: null$"):
        trl.load(make_job())


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def test_adapter_beside_4_bits_learns_as_beside_plain_weights_resumes_and_is_checked(
    make_job, interrupting, monkeypatch, device
):
    bitsandbytes = pytest.importorskip("bitsandbytes")
    if device == "cpu":  # which is refused, although bitsandbytes can do it
        monkeypatch.setattr(quantization, "_fault", lambda _: None)
    job = make_job(device, epochs=6.0, learning_rate=0.05)
    interrupting.after = 4  # steps in an epoch
    training.killed(lambda: fitting.fit(job, trl.load))
    model, fitted, _ = sft.fit(job)
    layer = model.get_submodule("base_model.model.model.layers.0.self_attn.q_proj")
    assert type(layer.base_layer) is bitsandbytes.nn.Linear4bit
    assert model.get_output_embeddings().weight.dtype is torch.bfloat16
    assert {weight.dtype for weight in training.adapter_weights(model).values()} == {torch.bfloat16}
    sft.write(model, job)  # which checks what is saved on such a base
    assert verification.merged_agreement(Target(job.start.base, job.out), job).prompts == 8
    plain = sft.fit(replace(job, settings=replace(job.settings, quantized=None), fingerprint="plain"))[1]
    assert fitted.loss == pytest.approx(plain.loss, abs=0.05)
