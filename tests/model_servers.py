"""Servers with OpenAI's API on this machine that nobody here wrote."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.pipeline.servers import free_port

LITELLM = os.environ.get("SEI_LITELLM")
"""The program `litellm` of another environment: `pip install 'litellm[proxy]'`."""
_LLAMA_CPP = """
import sys, threading, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port, params.api_keys = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 4096, 4, 1
server = xllamacpp.Server(params)
threading.Event().wait()
"""


@contextmanager
def transformers_serve(model: Path, log: Path, seconds: float) -> Iterator[str]:
    """Serve a model while the block runs, once it answers within `seconds`; yield the base URL, up to `/v1`."""
    program = Path(sys.executable).with_name("transformers")
    port = free_port()
    command = [program, "serve", model, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
    with _running(command, port, "/health", log, seconds) as url:
        yield url


@contextmanager
def llama_cpp(gguf: Path, key: str, log: Path, seconds: float) -> Iterator[str]:
    """The same of a GGUF file by llama.cpp's server, out of the wheel of xllamacpp, with four slots of 1,024 tokens."""
    port = free_port()
    with _running([sys.executable, "-c", _LLAMA_CPP, gguf, port, key], port, "/health", log, seconds) as url:
        yield url


@contextmanager
def litellm(url: str, key: str, log: Path, seconds: float) -> Iterator[str]:
    """The same of LiteLLM's proxy before another server; it has the same key, and names the model `teacher`."""
    port, config = free_port(), log.with_suffix(".yaml")
    behind = {"model": "openai/behind", "api_base": url, "api_key": key}
    models = [{"model_name": "teacher", "litellm_params": behind}]
    config.write_text(yaml.safe_dump({"model_list": models, "general_settings": {"master_key": key}}))
    command = [LITELLM, "--config", config, "--host", "127.0.0.1", "--port", port]
    with _running(command, port, "/health/liveliness", log, seconds) as address:
        yield address


@contextmanager
def _running(command: Sequence[object], port: int, path: str, log: Path, seconds: float) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        server = subprocess.Popen([*map(str, command)], stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{address}{path}", server, log, seconds)
        yield f"{address}/v1"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.URLError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())
