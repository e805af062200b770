"""Clusters that are not there; tests/unit/target/test_workers.py has a real one."""

import sys

import pytest

from stages.pipeline import cluster
from stages.pipeline.exceptions import ClusterError
from stages.pipeline.runtime import RayRuntime


def test_address_at_which_nobody_answers_is_an_error_at_once():
    with pytest.raises(ClusterError, match=r"runtime\.ray\.address: no Ray cluster .* at 127\.0\.0\.1:9: .*ray start"):
        cluster.connect(RayRuntime("127.0.0.1:9", 1, {}))


def test_without_ray_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"runtime\.ray needs Ray: `pip install -e '\.\[ray\]'` here and on every"):
        cluster.connect(RayRuntime("auto", 1, {}))
