"""Run a command until it ends or stdin does, and end it with all of its children: `python supervisor.py COMMAND...`.

Stdin ends however the process at its other end dies, so that nothing outlives that process. The command and what it
starts are a process group of their own. Locks whose descriptors this process inherited are held until it is gone.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

_GRACE = 10.0  # seconds from SIGTERM to SIGKILL


def main(command: list[str]) -> int:
    """Run the command; return its exit status, as a shell would."""
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    over: queue.SimpleQueue[None] = queue.SimpleQueue()
    signal.signal(signal.SIGTERM, lambda *_: over.put(None))

    def wait(end: Callable[[], object]) -> None:
        end()
        over.put(None)

    for end in (lambda: os.read(0, 1), server.wait):
        threading.Thread(target=wait, args=[end], daemon=True).start()
    over.get()
    _end(server.pid)
    status = server.wait()
    return status if status >= 0 else 128 - status


def _end(group: int) -> None:
    """End a process group, gently first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _signal(group, number):
            return
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline:
            if not _signal(group, 0):
                return
            time.sleep(0.05)


def _signal(group: int, number: int) -> bool:
    """Send a signal; return whether a process of the group was left to get it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
