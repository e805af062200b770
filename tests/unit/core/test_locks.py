"""Locks between real processes."""

import logging
import subprocess
import sys
import threading

import pytest

from stages.core.locks import exclusive

WORKER = """
import logging, sys
from pathlib import Path
from stages.core.locks import exclusive
logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
with exclusive(Path(sys.argv[1]), "the GPU"):
    print("holds it", flush=True)
    sys.stdin.readline()
print("done", flush=True)
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Start workers on one lock; those that a failed test leaves are killed."""
    workers = []

    def started(stage):
        monkeypatch.setenv("DVC_STAGE", stage)
        command = [sys.executable, "-c", WORKER, str(tmp_path / "work.lock")]
        workers.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return workers[-1]

    yield started
    for worker in workers:
        worker.kill()
        worker.communicate()


def test_second_process_says_whom_it_waits_for_and_goes_on_after_it(start):
    first = start("train@iter1")
    assert first.stdout.readline() == "holds it\n"
    second = start("train@iter2")
    assert second.stdout.readline() == f"waiting for the GPU, in use by train@iter1, process {first.pid}\n"
    assert first.communicate("\n", timeout=60)[0] == "done\n"
    assert second.communicate("\n", timeout=60)[0] == "holds it\ndone\n"


def test_waiting_process_says_again_for_whom(start, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    first = start("train@iter1")
    assert first.stdout.readline() == "holds it\n"
    end = threading.Timer(0.7, first.kill)
    end.start()
    with exclusive(tmp_path / "work.lock", "the GPU", every=0.3):
        end.join()
    said, *again = [record.getMessage() for record in caplog.records]
    assert said == f"waiting for the GPU, in use by train@iter1, process {first.pid}"
    assert again
    assert set(again) <= {f"{said}, for {seconds} s so far" for seconds in (0, 1)}


def test_third_process_waits_for_the_second_once_that_has_it(start):
    first = start("train@iter1")
    assert first.stdout.readline() == "holds it\n"
    first.communicate("\n", timeout=60)
    second = start("train@iter2")
    assert second.stdout.readline() == "holds it\n"
    third = start("train@iter3")
    assert third.stdout.readline() == f"waiting for the GPU, in use by train@iter2, process {second.pid}\n"


def test_lock_of_a_killed_process_is_free(start, tmp_path):
    first = start("train@iter1")
    assert first.stdout.readline() == "holds it\n"
    first.kill()
    first.wait()
    with exclusive(tmp_path / "work.lock", "the GPU"):
        pass
