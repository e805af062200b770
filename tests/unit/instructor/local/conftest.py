"""A workspace of its own with params.yaml, and processes that are looked after."""

import os
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import yaml

from stages.core import params
from stages.core.runtime import scratch
from stages.instructor.local.instructor import LocalTeacherParams
from stages.model import devices
from tests.unit.conftest import ROOT, RUNTIME

SETTINGS = yaml.safe_load((ROOT / "params.yaml").read_text())["instructor"]
VLLM = {"python": None, "memory_gb": 1}


def write_params(vllm=VLLM, **instructor):
    """Write a params.yaml that has `runtime` and `instructor` to the current folder."""
    sections = {"runtime": RUNTIME | {"vllm": vllm}, "instructor": SETTINGS | instructor}
    Path("params.yaml").write_text(yaml.safe_dump(sections))


def teacher(path, **changes):
    """Return the params of a teacher in a folder."""
    values = {"source": "local", "local": {"path": str(path)}, "temperature": 0.5, "max_tokens": 20}
    return params.parse(LocalTeacherParams, values | {"structured": "json_schema"} | changes)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Change to a folder with params.yaml and the prompts."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "stages").symlink_to(ROOT / "stages")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv(devices.SHARED, "")
    write_params()
    return folder


@pytest.fixture
def start():
    """Start Python processes; those that a failed test leaves are killed."""
    with ExitStack() as started:

        def run(code, *arguments):
            command = [sys.executable, "-c", code, *map(str, arguments)]
            paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)]  # for what it imports of the tests
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = subprocess.Popen(command, **pipes, text=True, env=environment)
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield run


def kept():
    """Return the keys of the replies that the request cache has paid for."""
    path = scratch("requests.sqlite")
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM payments")]


def lives(pid):
    """Return whether a process is there; one that is dead and that nobody has looked at yet is not."""
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # gone before it was opened, or between that and reading
        return False
