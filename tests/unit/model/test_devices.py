"""Turns on a GPU or a CPU, between real processes; a name stands for the GPU where there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.model import devices

WORKER = """
import logging, sys
from stages.model import devices
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
seen = sys.argv[1:]
devices.visible_gpus = lambda device: seen
devices.reserve("cuda")
devices.reserve("auto")  # a stage that loads two models takes its memory once
print("has it", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start a process that sees the GPUs of the given names, or none, and keeps them until it is sent a line."""
    workers = []
    monkeypatch.setenv(devices.SHARED, "")

    def started(*gpus, stage="train@iter1"):
        environment = os.environ | {"SEI_CACHE": str(tmp_path), "DVC_STAGE": stage}
        command = [sys.executable, "-c", WORKER, *gpus]
        pipe = subprocess.PIPE
        workers.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment))
        return workers[-1]

    yield started
    for worker in workers:
        worker.kill()
        worker.communicate()


def test_two_trainings_on_one_gpu_take_turns(start):
    first = start("GPU-a")
    assert first.stdout.readline() == "has it\n"
    second = start("GPU-a", stage="train@iter2")
    assert second.stdout.readline() == f"waiting for GPU-a, in use by train@iter1, process {first.pid}\n"
    first.communicate("\n", timeout=60)
    assert second.stdout.readline() == "has it\n"


def test_trainings_on_different_gpus_run_at_once(start):
    assert start("GPU-a").stdout.readline() == "has it\n"
    assert start("GPU-b").stdout.readline() == "has it\n"


def test_killed_training_leaves_its_gpus_free(start):
    first = start("GPU-a", "GPU-b")
    assert first.stdout.readline() == "has it\n"
    first.kill()
    first.wait()
    assert start("GPU-b").stdout.readline() == "has it\n"


def test_two_models_on_one_cpu_take_turns(start):
    first = start()
    assert first.stdout.readline() == "has it\n"
    second = start(stage="train@iter2")
    waiting = f"waiting for the memory of this machine, in use by train@iter1, process {first.pid}\n"
    assert second.stdout.readline() == waiting
    first.kill()
    assert second.stdout.readline() == "has it\n"


def test_cpu_and_gpu_are_used_at_once(start):
    assert start().stdout.readline() == "has it\n"
    assert start("GPU-a").stdout.readline() == "has it\n"


def test_cpu_whose_processes_another_program_counts_is_shared(start, monkeypatch):
    monkeypatch.setenv(devices.SHARED, "1")
    assert start().stdout.readline() == "has it\n"
    assert start().stdout.readline() == "has it\n"


@pytest.mark.gpu
def test_gpu_has_a_uuid_that_names_its_lock(tmp_path, monkeypatch):
    monkeypatch.setenv("SEI_CACHE", str(tmp_path))
    names = devices.visible_gpus("cuda")
    assert names
    devices.reserve("cuda")
    assert sorted(Path(tmp_path, "devices").iterdir()) == [tmp_path / "devices" / f"{name}.lock" for name in names]
