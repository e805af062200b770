"""Try what the target must be able to do, and show its prompt, before anything is paid for."""

import logging
from dataclasses import dataclass
from typing import Literal

from stages.core import files, stage
from stages.core.params import section
from stages.core.runtime import Runtime
from stages.core.runtime import load as load_runtime
from stages.model import chat, target_check
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Dtype, WeightsError
from stages.model.generation import GenerationParams
from stages.training.settings import LoraSettings, MethodName, Quantization
from stages.training.target_check import take_step

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes."""

    base: stage.Input
    out: stage.Output


@section
class TrainedParams:
    """The part of the `train` section that says what is trained: all weights, or which adapter."""

    method: MethodName
    adapter_dtype: Literal["model", "float32"]
    quantized: Quantization | None
    lora: LoraSettings


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams
    train: TrainedParams


def train_once(paths: Paths, params: Params, form: ChatFormat, runtime: Runtime) -> float | None:
    """Return the loss of one training step; None for a served target whose weights are not here."""
    try:
        with target_check.explaining("this target cannot be trained"):
            trained = params.train
            how = (trained.method, trained.lora, trained.adapter_dtype, trained.quantized)
            return take_step(paths.base, form, params.dtype, *how, runtime)
    except WeightsError as error:
        if runtime.engine != "openai":
            raise
        logger.warning("warning: %s; `train` will need them", error)
        return None


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Show and write what prompts look like and where a generation ends, after trying the target."""
    runtime = load_runtime()
    form = chat.load(params.chat, paths.base)
    check = target_check.describe(paths.base, form, params.generation)
    logger.info("a prompt, and what the target should write:\n%s%s", check.prompt, check.completion)
    for warning in check.warnings:
        logger.warning("warning: %s", warning)
    trial = target_check.run(paths.base, form, params.dtype, params.generation, runtime)
    loss = train_once(paths, params, form, runtime)
    files.write_json(paths.out, check)
    return {
        "end of turn": repr(check.end_of_turn),
        "end tokens": " ".join(check.end_tokens),
        "context": check.context,
        "warnings": len(check.warnings),
        "tokens": trial.tokens,
        "likelihood": trial.likelihood and round(trial.likelihood, 2),
        "loss": loss and round(loss, 2),
        "engine": runtime.engine,
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
