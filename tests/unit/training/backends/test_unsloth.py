"""The backend that needs a GPU."""

import subprocess
import sys

import pytest
import torch

from stages.core.exceptions import TrainingError
from stages.training.backends.unsloth import prepare
from tests.unit.conftest import ROOT


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_unsloth_without_a_gpu_is_one_line_that_says_so():
    with pytest.raises(
        TrainingError, match=r"^train\.backend is `unsloth`, which needs a GPU, and torch sees none; choose `trl`$"
    ):
        prepare()


@pytest.mark.gpu
def test_unsloth_trains_an_adapter_that_plain_peft_loads(tmp_path, tiny_base):
    # In a process of its own: Unsloth has to be imported before transformers, which this process has imported.
    code = f"""
from stages.training.backends.unsloth import prepare
prepare()
from pathlib import Path
from stages.model.checkpoints import Target
from stages.training.methods import sft
from stages.training.job import Job
from stages.training.settings import DpoSettings, LoraSettings, TrainSettings
lora = LoraSettings(8, 16, 0.0, ["q_proj", "v_proj", "up_proj", "down_proj"])
dpo = DpoSettings(beta=0.1, epochs=1.0, learning_rate=0.00005)
settings = TrainSettings("sft", "unsloth", "base", 20.0, 0.01, 0.0, 2, 512, 0.0, "last", "model", None, lora, dpo)
row = {{"input_ids": [1, *range(3, 40), 2], "labels": [-100] * 20 + [*range(22, 40), 2]}}
out = Path({str(tmp_path)!r})
start = Target(Path({str(tiny_base)!r}), None)
job = Job([row] * 4, start, settings, "bfloat16", "cuda", 0, 0, "f", out / "c", out / "a")
print(sft.run(job).loss)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 0 < float(done.stdout.splitlines()[-1]) < 5.5  # a random model: ln 259 = 5.56
    assert (tmp_path / "a" / "adapter_model.safetensors").is_file()


def test_unsloth_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "unsloth", None)  # what Python does with a module that is not there
    with pytest.raises(TrainingError, match=r"cannot be imported \(.*unsloth.*\); run `pip install -e '\.\[gpu\]'`"):
        prepare()
