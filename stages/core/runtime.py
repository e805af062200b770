"""Knobs that change speed and never what results mean, and where partial work is kept."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stages.core import params
from stages.core.exceptions import ParamsError

ESTIMATE_ONLY = "SEI_ESTIMATE_ONLY"  # in the environment of a stage that is to tell what it may cost and do nothing
_ADDRESS = re.compile(r"auto|[^\s/]+:\d{1,5}")


@dataclass(frozen=True)
class VllmRuntime:
    """The `runtime.vllm` section.

    Attributes:
        python: the interpreter that has vLLM; null is the one that runs the stages.
        gpu_memory: share of a GPU's memory that vLLM may fill, above 0 up to 1.
    """

    python: str | None
    gpu_memory: float


@dataclass(frozen=True)
class ServedRuntime:
    """The `runtime.openai` section: a target that is served already.

    Attributes:
        base_url: of the server, up to and with `/v1`.
        model: what the server calls the target; `{iteration}` stands for the iteration, or for `base`.
        prompts: `tokens` sends token ids; `text` is for servers that take none.
        likelihoods: false for servers whose completions have no `echo` with `logprobs`.
        concurrency: requests in flight at once.
        attempts: for one request, the first included.
        timeout_seconds: of one attempt.
    """

    base_url: str
    model: str
    prompts: Literal["tokens", "text"]
    likelihoods: bool
    concurrency: int
    attempts: int
    timeout_seconds: float


@dataclass(frozen=True)
class RayRuntime:
    """The `runtime.ray` section: a Ray cluster that runs already, and that this machine is a node of.

    Attributes:
        address: `auto` finds the cluster that was started on this machine; else HOST:PORT of its head.
        workers: processes that hold the target, at most; the cluster may have room for fewer.
        resources_per_worker: what Ray sets aside for each, such as `{CPU: 4, GPU: 1}`, GPUs in whole.
    """

    address: str
    workers: int
    resources_per_worker: dict[str, float]


@dataclass(frozen=True)
class Runtime:
    """The `runtime` section of params.yaml.

    Attributes:
        threads: CPU threads for torch; clustering and its embeddings take one; 0 leaves the libraries' own choice.
        device: `auto` takes a GPU when there is one, else the CPU.
        processes: training processes, on all machines together; they share `train.batch_size`.
        accelerate_config: a file for `accelerate launch`, such as configs/fsdp.yaml; None copies the whole model.
        batch_tokens: upper bound of prompt and new tokens in one generation batch.
        engine: what runs the target to predict, to try candidates and to evaluate.
        vllm: read by the engine `vllm`; may be missing for others.
        openai: read by the engine `openai`; may be missing for others.
        ray: where engines run instead of in this process; None or missing for this process.
    """

    threads: int
    device: Literal["auto", "cpu", "cuda"]
    processes: int
    accelerate_config: str | None
    batch_tokens: int
    engine: Literal["transformers", "vllm", "openai"]
    vllm: VllmRuntime | None
    openai: ServedRuntime | None
    ray: RayRuntime | None


def load() -> Runtime:
    """Read the `runtime` section of params.yaml in the current directory.

    Raises:
        ParamsError: an unknown, missing, wrongly typed or negative value.
    """
    runtime = params.runtime(Runtime)
    faults = [fault for fault, holds in _faults(runtime) if holds]
    if faults:
        raise ParamsError(f"params.yaml: runtime: {'; '.join(faults)}")
    return runtime


def _faults(runtime: Runtime) -> list[tuple[str, bool]]:
    vllm, served, ray = runtime.vllm, runtime.openai, runtime.ray
    return [
        (
            "threads must be at least 0, processes and batch_tokens at least 1",
            runtime.threads < 0 or runtime.processes < 1 or runtime.batch_tokens < 1,
        ),
        ("the section vllm is missing", runtime.engine == "vllm" and not vllm),
        ("the section openai is missing", runtime.engine == "openai" and not served),
        ("vllm.gpu_memory must be above 0 up to 1", vllm is not None and not 0 < vllm.gpu_memory <= 1),
        (
            "openai.concurrency and attempts must be at least 1, timeout_seconds above 0",
            served is not None and (served.concurrency < 1 or served.attempts < 1 or served.timeout_seconds <= 0),
        ),
        (
            "ray runs the engines transformers and vllm; a served target has openai.concurrency",
            runtime.engine == "openai" and ray is not None,
        ),
        ("ray.address must be auto or HOST:PORT", ray is not None and not _ADDRESS.fullmatch(ray.address)),
        ("ray.workers must be at least 1", ray is not None and ray.workers < 1),
        (
            "ray.resources_per_worker must name amounts from 0 on, GPUs in whole",
            ray is not None and not _are_amounts(ray.resources_per_worker),
        ),
    ]


def _are_amounts(resources: Mapping[str, float]) -> bool:
    return min(resources.values(), default=0) >= 0 and resources.get("GPU", 0) % 1 == 0


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
