"""Which program serves the teacher, and how it is called."""

import sys
from dataclasses import replace
from importlib import metadata, util

import pytest
import torch

from stages.core import runtime
from stages.core.exceptions import ParamsError, SourceError
from stages.core.files import write_json
from stages.instructor.local import engine
from stages.model.checkpoints import CARD

HUB = {"kind": "hub", "id": "org/model", "revision": "c0ffee", "files": {}}


def speed(python=None, memory_gb=None):
    return runtime.Runtime(2, "cpu", 1, None, 1000, "transformers", runtime.VllmRuntime(python, memory_gb), None, None)


@pytest.fixture
def pointer(tmp_path):
    write_json(tmp_path / "teacher" / CARD, HUB)
    return tmp_path / "teacher"


@pytest.fixture
def without_vllm(monkeypatch):
    monkeypatch.setattr(engine, "_vllm_version", lambda _: "")


@pytest.mark.usefixtures("vllm_stand_in")
def test_vllm_serves_where_it_is_installed(pointer, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})
    found = engine.find(speed(memory_gb=2))
    assert found.identity == "vllm 0.33.0"
    model, command = found.serving(pointer, 8123)
    assert model == "teacher"
    assert command[:4] == [sys.executable, "-P", "-m", "vllm.entrypoints.openai.api_server"]
    command.remove("--enforce-eager")
    options = dict(zip(command[5::2], command[6::2], strict=True))
    assert options == {
        "--model": "org/model", "--revision": "c0ffee", "--tokenizer-revision": "c0ffee", "--host": "127.0.0.1",
        "--port": "8123", "--served-model-name": "teacher", "--max-model-len": "-1", "--generation-config": "vllm",
        "--kv-cache-memory-bytes": "2000000000", "--block-size": "32", "--dtype": "float32",
    }  # fmt: skip


@pytest.mark.usefixtures("vllm_stand_in")
@pytest.mark.parametrize(("device", "dtype"), [("cpu", "bfloat16"), ("cuda", "auto")])
def test_teacher_computes_in_what_the_device_multiplies(device, dtype, pointer, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    _, command = engine.find(replace(speed(), device=device)).serving(pointer, 8123)
    assert command[command.index("--dtype") + 1] == dtype


@pytest.mark.usefixtures("without_vllm")
def test_transformers_serves_where_there_is_no_vllm(pointer):
    found = engine.find(speed())
    assert found.identity == f"transformers {metadata.version('transformers')}"
    model, command = found.serving(pointer, 8123)
    assert model == "org/model@c0ffee"
    assert command[2:] == [
        "-m", "transformers.cli.transformers", "serve", model, "--host", "127.0.0.1", "--port", "8123",
        "--device", "cpu",
    ]  # fmt: skip


@pytest.mark.usefixtures("without_vllm")
def test_neither_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(
        SourceError, match=r"has no vLLM to serve the teacher .* pip install 'transformers\[serving\]>=5\.24'"
    ):
        engine.find(speed())


def test_interpreter_that_is_none_is_named():
    with pytest.raises(ParamsError, match=r"runtime\.vllm\.python: nowhere/python: .*No such file"):
        engine.find(speed("nowhere/python"))
