"""What a training needs in memory, told before it needs it.

On a CPU the kernel kills a process that takes more than there is, without a word. So one and two of the longest rows
go through the model first; each further row at once takes what the second took. On a GPU the first step tells.
"""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.core.exceptions import TrainingError
from stages.training.encoding import EncodedRow, with_rejected

logger = logging.getLogger(__name__)

_GB = 10**9
_LIMITS = {"": ("memory.max", "memory.current"), "memory": ("memory.limit_in_bytes", "memory.usage_in_bytes")}


def check(trainer: Any, rows: Sequence[EncodedRow], rows_at_once: int) -> None:
    """Log about how much memory a training on this CPU needs; Linux only.

    Raises:
        TrainingError: it is more than there is.
    """
    if not Path("/proc/self/clear_refs").exists():
        return
    free = free_bytes() / int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    longest = sorted(rows, key=_width, reverse=True)[:2]
    held = _resident("VmRSS")
    states = _states(trainer)
    one, two = (max(_peak(trainer, longest[:count]) - held, 1) + states for count in (1, min(2, rows_at_once)))
    row = max(two - one, 1)
    needed = one + row * (rows_at_once - 1)
    what = f"{rows_at_once} rows of up to {_width(longest[0])} tokens at once"
    if needed > free:
        fitting = 1 + int((free - one) // row)
        mend = f"set runtime.micro_batch: {fitting}" if 0 < fitting < rows_at_once else "lower train.max_length"
        raise TrainingError(
            f"training on {what} would take about {needed / _GB:.1f} GB more memory than the model, and "
            f"{free / _GB:.1f} GB are free: {mend} in params.yaml"
        )
    logger.info("training takes about %.1f GB of memory: %s (runtime.micro_batch)", (held + needed) / _GB, what)


def _width(row: EncodedRow) -> int:
    """Return the tokens of a row, or of the longer solution of a pair, to which the other is padded."""
    return max(len(one["input_ids"]) for one in (row, with_rejected(row) if "rejected" in row else row))


def _states(trainer: Any) -> int:
    """Return the bytes of what AdamW keeps from its first step on: two numbers for each trained weight, in its type."""
    trained = (parameter for parameter in trainer.model.parameters() if parameter.requires_grad)
    return sum(2 * parameter.numel() * parameter.element_size() for parameter in trained)


def _peak(trainer: Any, rows: Sequence[EncodedRow]) -> int:
    """Return the largest resident size, in bytes, while some rows go forward and backward; nothing else changes."""
    import torch  # heavy

    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # the peak counts from now
    with torch.random.fork_rng(devices=[]):
        trainer.model.train()
        trainer.compute_loss(trainer.model, trainer.data_collator([dict(row) for row in rows])).backward()
    trainer.model.zero_grad()
    return _resident("VmHWM")


def _resident(name: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return _kilobytes(status, name)


def _kilobytes(text: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def free_bytes(root: Path = Path("/")) -> int:
    """Return the memory that this process may still take: of the machine, and within its control groups (1 and 2)."""
    machine = _kilobytes((root / "proc/meminfo").read_text(encoding="utf-8"), "MemAvailable")
    return min([machine, *_left_in_groups(root)])


def _left_in_groups(root: Path) -> Iterator[int]:
    for line in (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in _LIMITS:
            top = root / "sys/fs/cgroup" / controllers
            group = top / path.lstrip("/")
            for folder in [group, *group.parents][: len(group.parts) - len(top.parts) + 1]:
                yield from _left(folder, *_LIMITS[controllers])


def _left(group: Path, limit: str, usage: str) -> Iterator[int]:
    try:
        texts = [(group / name).read_text(encoding="utf-8") for name in (limit, usage, "memory.stat")]
    except OSError:  # not a group with a limit, or not visible in this container
        return
    if texts[0].strip() != "max":
        cached = sum(map(int, re.findall(r"^(?:in)?active_file (\d+)$", texts[2], re.MULTILINE)))
        yield int(texts[0]) - int(texts[1]) + cached


def full_gpu(rows_at_once: int) -> TrainingError:
    """Return what to say when a GPU's memory is full."""
    return TrainingError(
        f"the GPU's memory does not hold {rows_at_once} rows at once: lower runtime.micro_batch or train.max_length in "
        "params.yaml"
    )
