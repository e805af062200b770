"""Knobs that change speed and never results, and where partial work is kept."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stages.pipeline import params
from stages.pipeline.exceptions import ParamsError

ESTIMATE_ONLY = "SEI_ESTIMATE_ONLY"  # in the environment of a stage that is to tell what it may cost and do nothing


@dataclass(frozen=True)
class Runtime:
    """The `runtime` section of params.yaml.

    Attributes:
        threads: CPU threads for torch; clustering and its embeddings take one; 0 leaves the libraries' own choice.
        device: `auto` takes a GPU when there is one, else the CPU.
        processes: training processes on this machine; they share `train.batch_size`.
        batch_tokens: upper bound of prompt and new tokens in one generation batch.
    """

    threads: int
    device: Literal["auto", "cpu", "cuda"]
    processes: int
    batch_tokens: int


def load() -> Runtime:
    """Read the `runtime` section of params.yaml in the current directory.

    Raises:
        ParamsError: an unknown, missing, wrongly typed or negative value.
    """
    runtime = params.runtime(Runtime)
    if runtime.threads < 0 or runtime.batch_tokens < 1 or runtime.processes < 1:
        raise ParamsError("params.yaml: runtime: threads must be at least 0, processes and batch_tokens at least 1")
    return runtime


def scratch(*parts: str) -> Path:
    """Return a path for work that must outlive a stage, creating its folder.

    It lies at $SEI_CACHE or, shared by all experiments of a repository, at $DVC_ROOT/.sei: queued experiments run in
    a copy of the workspace, where DVC_ROOT still names the repository that they came from.
    """
    root = Path(os.environ.get("SEI_CACHE") or Path(os.environ.get("DVC_ROOT", ".")) / ".sei")
    path = root.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def set_threads(threads: int) -> None:
    """Set torch's thread count once, at the start of a stage; 0 leaves torch's own choice."""
    if threads:
        import torch  # heavy, and not every stage needs it

        torch.set_num_threads(threads)
