"""Supervised fine-tuning: the loss is the cross-entropy of the tokens of right solutions."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

from stages.training.backend import BACKENDS
from stages.training.checks import check_batch
from stages.training.job import Job
from stages.training.validation import validating

__all__ = ["check_batch", "config", "trainer_class"]


def config(job: Job) -> Callable[..., Any]:  # noqa: ARG001  # the argument of every objective
    """Return TRL's arguments, for rows that are tokenized already, but for those that all objectives share."""
    from trl import SFTConfig  # heavy

    return partial(SFTConfig, **without_recomputing(SFTConfig), dataset_kwargs={"skip_prepare_dataset": True})


def without_recomputing(config_class: type[Any]) -> dict[str, bool]:
    """Return the option that does not recompute activations, as TRL would; older releases have another name for it."""
    names = {field.name for field in fields(config_class)}
    return {"activation_checkpointing" if "activation_checkpointing" in names else "gradient_checkpointing": False}


def trainer_class(job: Job, *, on_cpu: bool) -> type[Any]:
    """Return the backend's trainer."""
    return validating(BACKENDS[job.settings.backend].trainer_class(on_cpu), job.validation, job.micro_batch)
