"""The table of training methods: what is trained, and on what.

A method is a module of `methods/` that offers what `Method` asks for, with a name in `MethodName` and a line in
`METHODS`.
"""

from typing import Any, Protocol

from stages.core.exceptions import ParamsError
from stages.core.runtime import Runtime
from stages.model.checkpoints import Target
from stages.training.backend import BACKENDS
from stages.training.job import Fitted, Job
from stages.training.methods import dpo, full, sft
from stages.training.resuming import SAVE_SECONDS
from stages.training.settings import MethodName, TrainSettings


class Method(Protocol):
    """What a training asks of a method."""

    def run(self, job: Job) -> Fitted:
        """Train, write the model, and check it.

        Raises:
            TrainingError: the trainer's batches or the written model fail a check, or there is too little memory.
        """

    def fit(self, job: Job, save_seconds: float = SAVE_SECONDS) -> tuple[Any, Fitted, bool]:
        """Train; return the model, the measurements, and whether this process writes.

        `save_seconds` is the age of a checkpoint at which another is saved in the middle of an epoch.
        """


METHODS: dict[MethodName, Method] = {"sft": sft, "full": full, "dpo": dpo}


def faults(settings: TrainSettings, runtime: Runtime) -> list[str]:
    """Return what a training lacks for what it is to keep, and what its method, backend or processes do not have."""
    lines = []
    if settings.keep == "best" and not settings.validation:
        lines.append("train.keep: best needs problems held out, and train.validation is 0.0; set it to such as 0.1")
    if settings.method == "full" and not BACKENDS[settings.backend].trains_whole_models:
        lines.append(f"train.method: full is not for train.backend {settings.backend}, which trains adapters; set trl")
    if settings.method == "dpo" and not BACKENDS[settings.backend].trains_pairs:
        lines.append(
            f"train.method: dpo is not for train.backend {settings.backend}, which trains without pairs; set trl"
        )
    return [*lines, *(_faults_of_quantized(settings, runtime) if settings.quantized else [])]


def _faults_of_quantized(settings: TrainSettings, runtime: Runtime) -> list[str]:
    lines = []
    if settings.method == "full":
        lines.append("is for adapters, and train.method: full trains all weights; set it to null")
    if not BACKENDS[settings.backend].quantizes:
        lines.append(f"is not for train.backend {settings.backend}; set trl")
    if settings.adapter_dtype == "float32":
        lines.append("trains its adapter in bfloat16; set train.adapter_dtype: model")
    if runtime.accelerate_config:
        lines.append("takes no runtime.accelerate_config; set that to null")
    return [f"train.quantized: {settings.quantized} {line}" for line in lines]


def start_of(settings: TrainSettings, base: Target, parent: Target) -> Target:
    """Return the model that a training starts from.

    Raises:
        ParamsError: an adapter would be put on the base model of a parent that is a whole model.
    """
    start = parent if settings.start == "parent" else base
    if settings.method != "full" and start.trained and not start.adapter:
        raise ParamsError(
            f"params.yaml: train.method: {settings.method} puts an adapter on models/base, and {parent.base} is a "
            "whole model; set train.method: full, or train.start: base"
        )
    return start
