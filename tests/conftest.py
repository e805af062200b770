"""Settings of all tests."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read when huggingface_hub is imported
if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: two threads each on busy cores are several times slower than one. Set before torch loads.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
