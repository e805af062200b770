"""The openai engine against a server that nobody here wrote: `transformers serve`, which takes text and has no echo."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from stages.pipeline import runtime
from stages.target import inference
from stages.target.generation import GenerationParams
from stages.target.shared_prefix import SharedPrefixEngine
from tests.pipeline.servers import free_port

pytestmark = pytest.mark.slow

START = 600.0  # seconds; half a minute on an idle machine
PROMPTS = ["a", "How many apples are left in the basket?", "1 + 1 =", "<|im_start|>user\nTwo?<|im_end|>\n", "é€"]


@pytest.fixture(scope="module")
def base_url(tiny_base, tmp_path_factory):
    port = free_port()
    log = tmp_path_factory.mktemp("server") / "log"
    serve = [Path(sys.executable).with_name("transformers"), "serve", tiny_base, "--host", "127.0.0.1"]
    with log.open("wb") as output:
        command = [*map(str, serve), "--port", str(port), "--device", "cpu"]
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def wait_for(url, server, log):
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(url):
                return
        except urllib.error.URLError:
            time.sleep(0.5)
    raise AssertionError(log.read_text())


def test_generations_are_those_of_the_transformers_engine(base_url, tiny_target):
    served = runtime.ServedRuntime(base_url, str(tiny_target.base), "text", False, 2, 3, 120.0)
    speed = runtime.Runtime(1, "cpu", 1, None, 1000, "openai", None, served, None)
    params = GenerationParams(12)
    expected = SharedPrefixEngine(tiny_target, "float32", params, "cpu").generate(PROMPTS)
    with inference.open_engine(tiny_target, "float32", params, speed) as engine:
        assert engine.generate(PROMPTS) == expected
