"""`transformers serve` on this machine: a server with OpenAI's API that nobody here wrote."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.pipeline.servers import free_port


@contextmanager
def transformers_serve(model: Path, log: Path, seconds: float) -> Iterator[str]:
    """Serve a model while the block runs, once it answers within `seconds`; yield the base URL, up to `/v1`."""
    address = f"http://127.0.0.1:{(port := free_port())}"
    program = Path(sys.executable).with_name("transformers")
    command = [program, "serve", model, "--host", "127.0.0.1", "--port", port, "--device", "cpu"]
    with log.open("wb") as output:
        server = subprocess.Popen([*map(str, command)], stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_for(f"{address}/health", server, log, seconds)
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
