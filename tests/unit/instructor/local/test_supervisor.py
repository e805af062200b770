"""Real processes, which must not outlive the one that started them."""

import subprocess
import sys

import pytest

from stages.instructor.local import supervisor
from tests.unit.instructor.local.conftest import lives
from tests.waiting import wait_for

# A server with a child that no SIGTERM ends.
SERVER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", '''
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(1000)
'''], stdout=subprocess.PIPE)
child.stdout.readline()
print(os.getpid(), child.pid, flush=True)
sys.exit(5) if sys.argv[1:] else time.sleep(1000)
"""
SUPERVISOR = """
import sys
from stages.instructor.local import supervisor
supervisor._GRACE = 0.5
sys.exit(supervisor.main([sys.executable, "-c", *sys.argv[1:]]))
"""
STAGE = """
import subprocess, sys, time
process = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], stdin=subprocess.PIPE, start_new_session=True)
time.sleep(1000)
"""


def served(process):
    return list(map(int, process.stdout.readline().split()))


def test_end_of_input_ends_the_server_and_its_deaf_child(start):
    process = start(SUPERVISOR, SERVER)
    pids = served(process)
    assert all(map(lives, pids))
    process.communicate(timeout=30)
    assert process.returncode == 128 + 15
    assert not any(map(lives, pids))


def test_killed_stage_ends_the_server_and_its_deaf_child(start):
    process = start(STAGE, SUPERVISOR, SERVER)
    pids = served(process)
    process.kill()
    wait_for(lambda: not any(map(lives, pids)))


def test_server_that_ends_takes_its_child_along_and_its_status_is_told(start):
    process = start(SUPERVISOR, SERVER, "end")
    pids = served(process)
    assert process.wait(30) == 5
    assert not any(map(lives, pids))


def test_terminated_supervisor_ends_the_server(start):
    process = start(SUPERVISOR, SERVER)
    pids = served(process)
    process.terminate()
    process.wait(30)
    assert not any(map(lives, pids))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("import sys; sys.exit(3)", 3, id="exit"),
        pytest.param("import os; os.kill(os.getpid(), 9)", 137, id="killed"),
    ],
)
def test_script_runs_by_itself_and_returns_the_status(code, status):
    command = [sys.executable, "-P", supervisor.__file__, sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.wait(30) == status
