"""The `runtime` section, which changes speed and never the meaning of results, and the folder of partial work."""

import os
from collections.abc import Sequence
from dataclasses import field
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from stages.core import params
from stages.core.params import Count, CountOrZero, Number, Positive, Url, section

ESTIMATE_ONLY = "SEI_ESTIMATE_ONLY"  # environment variable: log the cost of the instructor's requests and exit


def _listed(value: Any) -> Any:
    """Return the trackers as a list; one, none and `none` are values that transformers takes too."""
    if value in (None, "none"):
        return []
    return [value] if isinstance(value, str) else value


def _installed(tracker: str) -> str:
    # A folder of the same name, such as the runs in `wandb/`, has a spec without an origin.
    if getattr(find_spec(tracker), "origin", None) is None:
        raise ValueError(f"{tracker} is not installed; run `pip install {tracker.replace('_', '-')}`, or leave it out")
    return tracker


_TrackerName = Literal["wandb", "mlflow", "tensorboard", "trackio", "comet_ml", "clearml", "swanlab"]
Tracker = Annotated[_TrackerName, AfterValidator(_installed)]


@section
class VllmRuntime:
    """The `runtime.vllm` section.

    Attributes:
        python: the interpreter that has vLLM; null is the one that runs the stages.
        memory_gb: for keys and values of the texts in flight, in GB; null is what is left of 80 % of a GPU's memory, or
            3 GB on a CPU.
    """

    python: str | None
    memory_gb: Positive | None


@section
class ServedRuntime:
    """The `runtime.openai` section: a server that has loaded the target.

    Attributes:
        base_url: of the server, up to and with `/v1`.
        model: the target's name on the server; `{iteration}` stands for the iteration, or for `base`.
        prompts: `tokens` sends token ids; `text` is for servers that accept no ids.
        likelihoods: false for servers whose completions have no `echo` with `logprobs`.
        concurrency: requests in flight at once.
        attempts: for one request, the first included.
        timeout_seconds: of one attempt.
    """

    base_url: Url
    model: str
    prompts: Literal["tokens", "text"]
    likelihoods: bool
    concurrency: Count
    attempts: Count
    timeout_seconds: Positive


@section
class RayRuntime:
    """The `runtime.ray` section: a running Ray cluster with this machine as one of its nodes.

    Attributes:
        address: `auto` finds the cluster that was started on this machine; else HOST:PORT of its head.
        workers: largest number of processes that hold the target; the cluster may have room for fewer.
        resources_per_worker: reserved by Ray for each, such as `{CPU: 4, GPU: 1}`; whole GPUs only.
    """

    address: Annotated[str, Field(pattern=r"^(auto|[^\s/]+:\d{1,5})$")]
    workers: Count
    resources_per_worker: dict[str, Annotated[Number, Field(ge=0)]]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.resources_per_worker.get("GPU", 0) % 1:
            raise ValueError("resources_per_worker: a worker takes GPUs in whole")
        return self


@section
class Runtime:
    """The `runtime` section of params.yaml.

    Attributes:
        threads: CPU threads for torch; clustering and its embeddings take one; 0 leaves the libraries' own choice.
        device: `auto` takes a GPU when there is one, else the CPU.
        processes: training processes, on all machines together; they share `train.batch_size`.
        accelerate_config: a file for `accelerate launch`, such as configs/fsdp.yaml; None copies the whole model.
        batch_tokens: upper bound of prompt and new tokens in one generation batch.
        engine: runs the target for predictions, trials of candidates and evaluation.
        vllm: read by the engine `vllm`; may be missing for others.
        openai: read by the engine `openai`; may be missing for others.
        ray: the cluster on which engines run; None or missing to run them in this process.
        micro_batch: rows of a training process that go through the model at once; None or missing for its whole batch.
        report_to: what shows the training curves beside DVCLive; each is installed.
    """

    threads: CountOrZero
    device: Literal["auto", "cpu", "cuda"]
    processes: Count
    accelerate_config: str | None
    batch_tokens: Count
    engine: Literal["transformers", "vllm", "openai"]
    vllm: VllmRuntime | None = None
    openai: ServedRuntime | None = None
    ray: RayRuntime | None = None
    micro_batch: Count | None = None
    report_to: Annotated[list[Tracker], BeforeValidator(_listed)] = field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.engine != "transformers" and getattr(self, self.engine) is None:
            raise ValueError(f"the section {self.engine} is missing")
        if self.engine == "openai" and self.ray:
            raise ValueError("ray runs the engines transformers and vllm; a served target has openai.concurrency")
        return self

    def without_likelihoods(self, needing: Sequence[str]) -> list[str]:
        """Return a line for each param that needs log-likelihoods, where the engine computes none."""
        if self.engine != "openai" or self.openai is None or self.openai.likelihoods:
            return []
        return [
            f"{param} needs an engine with log-likelihoods, and runtime.openai.likelihoods is false; change it, or set "
            "runtime.engine to transformers or vllm"
            for param in needing
        ]


def load() -> Runtime:
    """Read the `runtime` section of params.yaml in the current directory.

    Raises:
        ParamsError: naming every unknown, missing or wrong key.
    """
    return params.parse(Runtime, params.read_yaml(params.PARAMS).get("runtime", {}), "runtime")


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
