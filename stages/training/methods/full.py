"""The method `full`: supervised fine-tuning of all weights.

They are trained in float32, whatever the pipeline computes in, since most steps are less than bfloat16 tells apart; the
checkpoint is in the type that the pipeline computes in.
"""

import gc
from typing import Any

from stages.model import checkpoints
from stages.training import fitting, whole_models
from stages.training.job import Fitted, Job
from stages.training.resuming import SAVE_SECONDS
from stages.training.verification import check_applied, log_likelihoods, sample


def run(job: Job) -> Fitted:
    """Train, write the whole model, and check it; as `sft` does.

    Raises:
        TrainingError: the trainer's batches or the written model fail a check, or there is too little memory.
    """
    fitting.prepare(job)
    model, fitted, writes = fit(job)
    if writes:
        rows = sample(job.rows)
        after = log_likelihoods(model.eval(), rows)
        whole_models.save(model, job.out, job.start, job.dtype)
        del model  # one model at a time in memory, and the trainer with AdamW's numbers, which refers to itself
        gc.collect()
        before = log_likelihoods(checkpoints.load(job.start, job.dtype, job.device), rows)
        saved = checkpoints.load(checkpoints.Target(job.out, None), job.dtype, job.device)
        check_applied(before, after, log_likelihoods(saved, rows), f"{job.out}: the saved model")
    return fitted


def fit(job: Job, save_seconds: float = SAVE_SECONDS) -> tuple[Any, Fitted, bool]:
    """Train a model; return it, the measurements, and whether this process writes."""
    return fitting.fit(job, whole_models.load, save_seconds)
