"""Waiting for what other processes do."""

import time


def wait_for(condition, seconds=150.0):
    """Return what a condition gives once it is true; many processes at once are slow."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return result
