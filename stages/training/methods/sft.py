"""The method `sft`: supervised fine-tuning of a LoRA adapter."""

from dataclasses import replace
from typing import Any

from stages.training import adapters, fitting
from stages.training.accelerate_config import in_shards
from stages.training.backend import BACKENDS
from stages.training.job import Fitted, Job
from stages.training.resuming import SAVE_SECONDS
from stages.training.verification import check_saved


def run(job: Job) -> Fitted:
    """Train, write the adapter, and check it.

    Of several processes the first one writes and checks. The checkpoints stay: a stage that is killed before all its
    outputs are written resumes from the last of them.

    Raises:
        TrainingError: the trainer's batches or the written adapter fail a check, or there is too little memory.
    """
    fitting.prepare(job)
    model, fitted, writes = fit(job)
    if writes:
        write(model, job)
    return fitted


def write(model: Any, job: Job) -> None:
    """Write the adapter of a trained model, and check it.

    Raises:
        TrainingError: the written adapter fails a check.
    """
    adapters.save(model, job.out, job.start.base)
    # Beside a shard there is no room on the GPU for the whole model.
    check_saved(model, replace(job, device="cpu") if in_shards() else job)


def fit(job: Job, save_seconds: float = SAVE_SECONDS) -> tuple[Any, Fitted, bool]:
    """Train an adapter; return it on its model, the measurements, and whether this process writes.

    `save_seconds` is as in `fitting.fit`.
    """
    return fitting.fit(job, BACKENDS[job.settings.backend].load, save_seconds)
