"""Clusters that are not there; tests/unit/model/test_workers.py has a real one."""

import sys

import pytest

from stages.core.exceptions import ClusterError
from stages.core.runtime import RayRuntime
from stages.model import ray_cluster


def test_address_at_which_nobody_answers_is_an_error_at_once():
    with pytest.raises(ClusterError, match=r"runtime\.ray\.address: no Ray cluster .* at 127\.0\.0\.1:9: .*ray start"):
        ray_cluster.connect(RayRuntime("127.0.0.1:9", 1, {}))


def test_without_ray_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"runtime\.ray needs Ray: `pip install -e '\.\[ray\]'` here and on every"):
        ray_cluster.connect(RayRuntime("auto", 1, {}))
