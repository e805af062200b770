"""One training step on two rows, which tells whether a target can be trained at all."""

import math
import shutil
import tempfile
from pathlib import Path
from typing import Literal

from stages.answers.final_answer import DEFAULT
from stages.core.exceptions import TrainingError
from stages.core.files import content_id
from stages.core.records import TrainingRow
from stages.core.runtime import Runtime
from stages.model import devices
from stages.model.chat import ChatFormat
from stages.model.checkpoints import Dtype, Target
from stages.model.target_check import QUESTION, solved
from stages.training import checks, encoding
from stages.training.job import Job
from stages.training.method import METHODS
from stages.training.settings import DpoSettings, LoraSettings, MethodName, Quantization, TrainSettings

_LENGTH = 4096  # tokens, far more than the rows have


def take_step(
    base: Path,
    form: ChatFormat,
    dtype: Dtype,
    method: MethodName,
    lora: LoraSettings,
    adapter_dtype: Literal["model", "float32"],
    quantized: Quantization | None,
    runtime: Runtime,
) -> float:
    """Take one training step with TRL, as `train` does by this method, and return the loss in nats a token.

    Raises:
        SourceError: the target has no weights here.
        ParamsError: the adapter does not fit it.
        TrainingError: the rows are not what the target is asked, the loss is no finite number, or this machine cannot
            quantise.
    """
    encoded = encoding.encode(_rows(form), form, _LENGTH)
    checks.check_rows(encoded, form)
    # A model to be shared by processes may not fit on one GPU.
    device = "cpu" if runtime.accelerate_config else runtime.device
    devices.reserve(device)
    with tempfile.TemporaryDirectory(prefix="sei-check-") as folder:
        job = Job(
            rows=encoded.rows,
            start=Target(base, None),
            settings=_settings(len(encoded.rows), method, adapter_dtype, quantized, lora),
            dtype=dtype,
            device=device,
            threads=runtime.threads,
            seed=0,
            fingerprint=content_id("check_target", folder),
            curves=Path(folder),
            out=Path(folder),
        )
        try:
            _, fitted, _ = METHODS[method].fit(job)
        finally:
            shutil.rmtree(job.checkpoints, ignore_errors=True)
    if not math.isfinite(fitted.loss):
        raise TrainingError(f"{base}: the loss of a first training step is {fitted.loss}; set dtype: float32")
    return fitted.loss


def _settings(
    rows: int,
    method: MethodName,
    adapter_dtype: Literal["model", "float32"],
    quantized: Quantization | None,
    lora: LoraSettings,
) -> TrainSettings:
    return TrainSettings(
        method=method,
        backend="trl",
        start="base",
        epochs=1.0,
        learning_rate=1e-4,
        warmup=0.0,
        batch_size=rows,
        max_length=_LENGTH,
        validation=0.0,
        keep="last",
        adapter_dtype=adapter_dtype,
        quantized=quantized,
        lora=lora,
        dpo=DpoSettings(beta=0.1, epochs=1.0, learning_rate=1e-4),
    )


def _rows(form: ChatFormat) -> list[TrainingRow]:
    solution, example = solved(form)
    return [
        TrainingRow(str(number), *texts, "", str(number), "", "", None, "check", DEFAULT, "", "", rejected, None)
        for number, (texts, rejected) in enumerate([((QUESTION, solution), example[1]), (example, solution)])
    ]
