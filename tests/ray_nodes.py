"""Real Ray nodes on this machine, each a process group of its own that a test can kill, and work that leaves a trace.

Ray's sockets lie below a short folder, because the name of a socket has at most 107 bytes.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.waiting import wait_for

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_health_check_period_ms": "500",  # a dead node is noticed in seconds, not after half a minute
    "RAY_health_check_timeout_ms": "1000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_worker_niceness": "0",  # by default 15: beside other tests they would hardly get on
    "HF_HUB_OFFLINE": "1",
}


NODE = "SEI_TEST_NODE"  # in the environment of a worker: the number of its node, the head's is 0


class Nodes:
    """A head with one CPU; `add` starts further nodes."""

    def __init__(self, folder):
        self.address = f"127.0.0.1:{_free_port()}"
        self._folder = folder
        self._nodes = []

    def start_head(self):
        port = self.address.rpartition(":")[2]
        self._start("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={self._folder}")

    def add(self):
        """Start a node with one CPU and return its process."""
        return self._start(f"--address={self.address}")

    def kill(self, node):
        """End a node at once, with all its processes."""
        children = _descendants(node.pid)
        os.killpg(node.pid, signal.SIGKILL)
        for pid in children:  # workers are in process groups of their own
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.wait(30)

    def stop(self):
        for node in reversed(self._nodes):
            if node.poll() is None:
                self.kill(node)

    def _start(self, *options):
        before = len(alive(self.address)) if self._nodes else 0
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--disable-usage-stats"]
        command += ["--num-cpus=1", "--num-gpus=0", "--node-ip-address=127.0.0.1", "--object-store-memory=80000000"]
        with open(self._folder / f"node{len(self._nodes)}.log", "w") as log:
            env = {**os.environ, **_QUIET, NODE: str(len(self._nodes))}
            node = subprocess.Popen([*command, *options], env=env, stdout=log, stderr=log, start_new_session=True)
        self._nodes.append(node)
        wait_for(lambda: len(alive(self.address)) > before)
        return node


def alive(address):
    """Return the ids of the nodes that the head knows to be alive, without joining the cluster."""
    from ray._raylet import GcsClient

    try:
        nodes = GcsClient(address=address).get_all_node_info(timeout=5)
    except Exception:  # noqa: BLE001  # of a head that is still starting, Ray raises many kinds
        return []
    return [node_id for node_id, node in nodes.items() if node.state == 0]


@contextmanager
def nodes():
    """Start a head and stop everything afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sei-", dir="/tmp"))
    cluster = Nodes(folder)
    try:
        cluster.start_head()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _descendants(pid):
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        children.setdefault(int(text.rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found
