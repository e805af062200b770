"""Locks between processes, which the kernel frees when a process dies, however it dies."""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

_EVERY = 30.0  # seconds between two log lines
_PAUSE = 0.1


@contextmanager
def exclusive(path: Path, what: str, every: float = _EVERY) -> Iterator[int]:
    """Hold the lock file at `path`, waiting as `take` does, and give its file descriptor."""
    descriptor = take(path, what, every)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def take(path: Path, what: str, every: float = _EVERY) -> int:
    """Take the lock file at `path`, waiting while another process, such as a parallel experiment, has it.

    A waiting process logs what it waits for, and the owner that the file names, at once and then every `every` seconds.
    The lock is held until the returned file descriptor is closed: at the latest when this process ends, and all that
    inherited the descriptor.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    started, lines = time.monotonic(), 0
    while not _is_taken(descriptor):
        waited = time.monotonic() - started
        if waited >= lines * every:
            owner = os.pread(descriptor, 1000, 0).decode() or "another process"
            so_far = f", for {waited:.0f} s so far" if lines else ""
            logger.info("waiting for %s, in use by %s%s", what, owner, so_far)
            lines += 1
        time.sleep(_PAUSE)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.environ.get('DVC_STAGE', 'python')}, process {os.getpid()}".encode(), 0)
    return descriptor


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
