"""What to say when vLLM's process fails: one line with the setting to change."""

import signal
from collections.abc import Collection

from stages.core.exceptions import one_line

_LONGEST = 400  # characters of vLLM's own words
_TOO_LITTLE = ("seq len", "auto-fit max_model_len", "no available memory for the cache blocks")
_TOO_MUCH = (
    "available memory on node", "less than desired", "kv cache allocation", "can't allocate memory", "out of memory",
    "cannot allocate memory",
)  # fmt: skip


def explain(kinds: Collection[str], text: str, *, python: str, memory_gb: float | None) -> str:
    """Return the line for an exception in vLLM's process.

    Args:
        kinds: names of its class and of those that it derives from.
        text: what it says.
        python: the interpreter of that process.
        memory_gb: as in `runtime.vllm`.
    """
    words = one_line(text)[:_LONGEST]
    if "ImportError" in kinds:
        return (
            f"runtime.engine is `vllm`, which {python} cannot import ({words}); install it (docs/engines.md), let "
            "runtime.vllm.python be the interpreter of an environment that has it, or choose `transformers`"
        )
    if any(phrase in words.lower() for phrase in _TOO_LITTLE):
        return f"vLLM has no room for one text: raise runtime.vllm.memory_gb, which is {_shown(memory_gb)} ({words})"
    if {"MemoryError", "OutOfMemoryError"} & set(kinds) or any(phrase in words.lower() for phrase in _TOO_MUCH):
        return f"vLLM found too little memory: {_remedy(memory_gb)} ({words})"
    return f"vLLM failed with {next(iter(kinds))}: {words}; see its messages above"


def explain_end(status: int, memory_gb: float | None) -> str:
    """Return the line for a process that ended without a word."""
    if status == -signal.SIGKILL:
        return (
            "vLLM's process was killed (status -9), by the kernel if memory ran out (`dmesg` says so): "
            f"{_remedy(memory_gb)}"
        )
    return f"vLLM's process ended with status {status}; see its messages above"


def _remedy(memory_gb: float | None) -> str:
    return f"lower runtime.vllm.memory_gb, which is {_shown(memory_gb)}, or end what else uses the memory"


def _shown(memory_gb: float | None) -> str:
    return "null (3 GB on a CPU)" if memory_gb is None else f"{memory_gb:g} GB"
