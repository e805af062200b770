"""The choice of the library that trains."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from stages.pipeline.exceptions import TrainingError
from stages.training.backends import prepare

ROOT = Path(__file__).parents[3]


def test_trl_needs_nothing_and_imports_nothing_heavy():
    code = "import sys; from stages.training.backends import prepare; prepare('trl'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_unsloth_without_a_gpu_is_one_line_that_says_so():
    with pytest.raises(
        TrainingError, match=r"^train\.backend is `unsloth`, which needs a GPU, and torch sees none; choose `trl`$"
    ):
        prepare("unsloth")


def test_unsloth_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setitem(sys.modules, "unsloth", None)  # what Python does with a module that is not there
    with pytest.raises(TrainingError, match=r"cannot be imported \(.*unsloth.*\); run `pip install -e '\.\[gpu\]'`"):
        prepare("unsloth")
