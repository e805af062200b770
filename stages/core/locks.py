"""Locks between processes, which the kernel frees when a process dies, however it dies."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[int]:
    """Hold the lock file at `path`, waiting as `take` does, and give its file descriptor."""
    descriptor = take(path, what)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def take(path: Path, what: str) -> int:
    """Take the lock file at `path`, waiting while another process, such as a parallel experiment, has it.

    Who waits says in one line for what and for whom: the file names the process that has it. The lock is held until the
    returned file descriptor is closed, which happens at the latest when this process ends, and those that it handed the
    descriptor on to.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 1000).decode() or "another process"
        logger.info("waiting for %s, in use by %s", what, owner)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.environ.get('DVC_STAGE', 'python')}, process {os.getpid()}".encode(), 0)
    return descriptor
