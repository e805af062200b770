"""Settings of all tests."""

import os
from pathlib import Path

import pytest

PIPELINE = Path(__file__).parent / "pipeline"

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: two threads each on busy cores are several times slower than one. Set before torch loads.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """Keep each file on one worker of pytest-xdist, and all of `tests/pipeline`, whose run of all stages they share."""
    for item in items:
        group = "pipeline" if PIPELINE in item.path.parents else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
