"""GPUs, which parallel experiments of one repository use in turn: what runs out is their memory."""

from functools import cache

from stages.core import locks
from stages.core.runtime import scratch
from stages.model.checkpoints import pick_device


@cache
def reserve(device: str) -> tuple[int, ...]:
    """Take every GPU that this process sees, waiting for those that another stage has; a CPU is shared.

    Return the file descriptors of the locks, for processes that use the GPUs on behalf of this one.

    They stay taken until the process ends, because it keeps memory on them until then. `device` is as in
    `checkpoints.pick_device`. Processes that see different GPUs (`CUDA_VISIBLE_DEVICES`) do not wait for each other;
    neither do those of repositories with different scratch folders (`runtime.scratch`).
    """
    return tuple(locks.take(scratch("devices", f"{gpu}.lock"), gpu) for gpu in visible_gpus(device))


def visible_gpus(device: str) -> list[str]:
    """Return the UUIDs of the GPUs that torch would use, sorted, so that all processes take them in one order."""
    import torch  # heavy

    if pick_device(device) == "cpu":
        return []
    return sorted(str(torch.cuda.get_device_properties(i).uuid) for i in range(torch.cuda.device_count()))
