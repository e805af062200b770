"""Work spread over a Ray cluster that runs already.

Ray places the workers, restarts those that die with their process or node, and repeats their unfinished work. This
module hands out units of work and yields results as they arrive.

The caller forms the units beforehand, by a rule that does not depend on the workers: a unit gives the same result on
one worker and on fifty, and only the order of results differs. The caller writes each result to its journal, so that a
kill of the caller or of a worker costs only the units in progress.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from typing import Any, TypeVar

from stages.core.exceptions import ClusterError, SeiError, one_line
from stages.core.runtime import RayRuntime, scratch
from stages.model import devices

AUTO = "auto"
# At one unit. Generous: Ray counts calls to a node not yet known to be dead.
_ATTEMPTS = 30

S = TypeVar("S")
U = TypeVar("U")
R = TypeVar("R")

logger = logging.getLogger(__name__)


class _Worker:
    """A process of the cluster, which opens its subject, such as a model, for the first unit and keeps it open."""

    def __init__(self, open_subject: Callable[[], AbstractContextManager[Any]]) -> None:
        self._open = open_subject
        self._opened = ExitStack()
        self._subject: Any = None

    def run(self, work: Callable[[Any, Any], R], index: int, unit: Any) -> tuple[int, R]:
        """Do one unit of work and return its index with the result."""
        if self._subject is None:
            self._subject = self._opened.enter_context(self._open())
        return index, work(self._subject, unit)


def run(
    params: RayRuntime,
    open_subject: Callable[[], AbstractContextManager[S]],
    work: Callable[[S, U], R],
    units: Sequence[U],
) -> Iterator[tuple[int, R]]:
    """Do `work(subject, unit)` for every unit; yield the index and the result of each as they arrive, in any order.

    Args:
        params: the cluster, the number of workers and what each of them needs.
        open_subject: called once in each worker, and again in one that was restarted.
        work: a function of a module of this project.
        units: what to work on.

    Raises:
        ClusterError: the cluster does not answer, or workers die again and again.
        SeiError: what `open_subject` or `work` raised.
    """
    connect(params)
    from ray import kill, remote  # optional, and 0.5 s
    from ray.util import ActorPool

    worker = remote(max_restarts=-1, max_task_retries=_ATTEMPTS - 1, **_options(params.resources_per_worker))(_Worker)
    workers = [worker.remote(open_subject) for _ in range(min(params.workers, len(units)))]
    pool = ActorPool(workers)
    try:
        for item in enumerate(units):
            pool.submit(lambda actor, item: actor.run.remote(work, *item), item)
        while pool.has_next():
            yield _next_result(pool)
            # A worker with nothing left to do ends, which makes room for one that Ray could not place, or place again.
            while pool.has_free():
                workers.remove(pool.pop_idle())
    finally:
        for unfinished in workers:
            kill(unfinished)


def connect(params: RayRuntime) -> None:
    """Connect this process to the cluster, once.

    Raises:
        ClusterError: Ray is not installed, or no cluster answers at the address.
    """
    try:
        import ray  # optional
    except ModuleNotFoundError:
        raise ClusterError(
            "params.yaml: runtime.ray needs Ray: `pip install -e '.[ray]'` here and on every node, or set it to null"
        ) from None
    if ray.is_initialized():
        return
    if params.address != AUTO:
        _check_port(params.address)
    # A worker takes the locks of GPUs where all processes of this repository do; how many share a CPU, Ray says.
    environment = {"SEI_CACHE": str(scratch().resolve()), devices.SHARED: "1", "TOKENIZERS_PARALLELISM": "false"}
    try:
        ray.init(
            address=params.address,
            log_to_driver=False,
            logging_level=logging.WARNING,
            runtime_env={"env_vars": environment},
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreachable(params.address, error) from error
    _warn_without_room(ray.nodes(), params.resources_per_worker)


def _check_port(address: str) -> None:
    """Connect to the port once: Ray itself would try a dead one for two minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        raise _unreachable(address, error) from error


def _unreachable(address: str, error: Exception) -> ClusterError:
    return ClusterError(
        f"params.yaml: runtime.ray.address: no Ray cluster that this machine belongs to at {address}: {_line(error)}; "
        "start one with `ray start --head`, or set runtime.ray to null"
    )


def _warn_without_room(nodes: Sequence[dict[str, Any]], needed: dict[str, float]) -> None:
    offers = [node["Resources"] for node in nodes if node["Alive"]]
    if not any(all(offer.get(name, 0) >= amount for name, amount in needed.items()) for offer in offers):
        logger.warning("no node of the Ray cluster offers %s now (runtime.ray); waiting for one", needed)


def _options(resources: dict[str, float]) -> dict[str, Any]:
    others = {name: amount for name, amount in resources.items() if name not in ("CPU", "GPU")}
    return {"num_cpus": resources.get("CPU", 0), "num_gpus": resources.get("GPU", 0), "resources": others}


def _next_result(pool: Any) -> Any:
    from ray.exceptions import RayError, RayTaskError  # optional

    try:
        return pool.get_next_unordered()
    except RayTaskError as error:
        if isinstance(error.cause, SeiError):
            raise error.cause from None
        raise
    except RayError as error:
        raise ClusterError(
            f"params.yaml: runtime.ray: {_line(error)}; finished work is kept: run the same command again"
        ) from error


def _line(error: Exception) -> str:
    return one_line(error)[:300]
