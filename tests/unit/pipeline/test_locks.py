import subprocess
import sys
import time

from stages.pipeline.locks import exclusive

WAITER = """
import sys
from pathlib import Path
from stages.pipeline.locks import exclusive
print("waiting", flush=True)
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
"""


def test_second_process_waits_until_the_first_is_done(tmp_path):
    path = tmp_path / "work.lock"
    with exclusive(path):
        waiter = subprocess.Popen([sys.executable, "-c", WAITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert waiter.stdout.readline() == "waiting\n"
        time.sleep(0.3)
        assert waiter.poll() is None
    assert waiter.communicate(timeout=30)[0] == "held\n"
    assert waiter.returncode == 0
