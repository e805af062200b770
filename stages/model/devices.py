"""Memory for models, which the processes of one repository use in turn: that of each GPU, and that of this machine."""

import os
import socket
from functools import cache
from pathlib import Path

from stages.core import locks
from stages.core.runtime import scratch
from stages.model.checkpoints import pick_device

SHARED = "SEI_CPU_IS_SHARED"
"""An environment variable: another program, such as Ray, counts what the processes on this CPU take."""


def reserve(device: str) -> tuple[int, ...]:
    """Take every GPU that this process sees, or the CPU, waiting for those that another stage has.

    Return the file descriptors of the locks, for processes that hold a model on behalf of this one.

    They stay taken until the process ends, because it keeps memory on them until then. `device` is as in
    `checkpoints.pick_device`. Processes that see different GPUs (`CUDA_VISIBLE_DEVICES`) do not wait for each other;
    neither do those on a GPU and on the CPU, on two machines, or of repositories with different scratch folders
    (`runtime.scratch`).
    """
    gpus = visible_gpus(device)
    if not gpus and os.environ.get(SHARED):
        return ()
    # Machines may share the scratch folder.
    locked = {gpu: gpu for gpu in gpus} or {f"cpu-{socket.gethostname()}": "the memory of this machine"}
    return tuple(_take(scratch("devices", f"{name}.lock").resolve(), what) for name, what in locked.items())


@cache
def _take(path: Path, what: str) -> int:
    """Take a lock once in this process."""
    return locks.take(path, what)


def visible_gpus(device: str) -> list[str]:
    """Return the UUIDs of the GPUs that torch would use, sorted, so that all processes take them in one order."""
    import torch  # heavy

    if pick_device(device) == "cpu":
        return []
    return sorted(str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count()))
