"""Servers that nobody here wrote, with SmolLM2-135M: `transformers serve`, and vLLM where it is installed.

SEI_VLLM_PYTHON names the interpreter of another environment that has vLLM.
"""

import logging
import os
import sys
from importlib import metadata

import psutil
import pytest
from packaging.version import Version

from stages.instructor.local import engine
from stages.instructor.local.instructor import open_instructor
from tests.unit.instructor.local.conftest import kept, lives, teacher, write_params
from tests.waiting import wait_for

pytestmark = pytest.mark.slow

START = 600.0  # seconds; half a minute on an idle machine
PYTHON = os.environ.get("SEI_VLLM_PYTHON", sys.executable)
QUESTIONS = [f"How much is {i} + 1?" for i in range(12)]
STAGE = """
import sys
from stages.instructor.local import engine
from stages.instructor.local.instructor import open_instructor
from tests.unit.instructor.local.conftest import teacher
path, name, *questions = sys.argv[1:]
if name == "transformers":
    engine._vllm_version = lambda _: ""
with open_instructor(teacher(path)) as instructor:
    for question in questions:
        instructor.solve([question], 1, 0)
"""


@pytest.fixture(params=["transformers", "vllm"])
def engine_name(request, workspace, monkeypatch):
    """Choose an engine, by its name; the current folder is a workspace."""
    assert workspace.is_dir()
    if request.param == "transformers":
        if Version(metadata.version("transformers")) < engine._NAMES_ITS_MODEL:
            pytest.skip("an older `transformers serve`")
        monkeypatch.setattr(engine, "_vllm_version", lambda _: "")
    elif not engine._vllm_version(PYTHON):
        pytest.skip("no vLLM here")
    write_params(vllm={"python": PYTHON, "memory_gb": 1})
    return request.param


def test_replies_come_and_are_kept_whatever_the_port(engine_name, smollm2, caplog):
    caplog.set_level(logging.INFO)
    with open_instructor(teacher(smollm2)) as instructor:
        instructor.solve(QUESTIONS[:2], 2, 0)
        usage = instructor.usage()
    assert f"starting the teacher, {engine_name}" in caplog.text
    assert len(kept()) == usage.requests == 4
    caplog.clear()
    with open_instructor(teacher(smollm2)) as instructor:
        instructor.solve(QUESTIONS[:2], 2, 0)
        assert instructor.usage() == usage
    assert "starting" not in caplog.text
    assert len(kept()) == 4


def test_killed_stage_leaves_no_process_and_no_reply_is_asked_for_twice(engine_name, smollm2, start):
    stage = start(STAGE, smollm2, engine_name, *QUESTIONS)
    wait_for(lambda: len(kept()) >= 2, START)
    processes = psutil.Process(stage.pid).children(recursive=True)
    assert len(processes) >= 2
    stage.kill()
    wait_for(lambda: not any(lives(process.pid) for process in processes))
    before = kept()
    assert len(before) < len(QUESTIONS)
    stage = start(STAGE, smollm2, engine_name, *QUESTIONS)
    assert stage.wait(START) == 0
    after = kept()
    assert after[: len(before)] == before
    assert len(after) == len(set(after)) == len(QUESTIONS)
