"""Settings of all tests."""

import os

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: two threads each on busy cores are several times slower than one. Set before torch loads.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def pytest_collection_modifyitems(items):
    """Let one worker have all tests of a file, and all that need the pipeline that has run (`--dist loadgroup`)."""
    for item in items:
        shared = "finished" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("finished" if shared else item.nodeid.partition("::")[0]))
