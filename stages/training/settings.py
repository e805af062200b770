"""The `train` section of params.yaml."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from stages.core.params import Count, Number, Positive, ShareBelowOne, section

BackendName = Literal["trl", "unsloth"]
MethodName = Literal["sft", "full", "dpo"]
Quantization = Literal["nf4"]
ALL_LINEAR = "all-linear"


def _check_layers(names: list[str] | str) -> list[str] | str:
    if not names:
        raise ValueError("must name at least one layer")
    if isinstance(names, str) and names != ALL_LINEAR:
        raise ValueError(f"must be {ALL_LINEAR} or a list of names such as [{names}]")
    return names


@section
class LoraSettings:
    """A LoRA adapter (arXiv 2106.09685).

    Attributes:
        rank: of its matrices.
        alpha: factor of what it adds, over the rank.
        dropout: share of its inputs that are left out.
        target_modules: names of the layers that it adapts, or `all-linear` for all linear ones but the output layer.
    """

    rank: Count
    alpha: Count
    dropout: ShareBelowOne
    target_modules: Annotated[list[str] | str, AfterValidator(_check_layers)]


@section
class DpoSettings:
    """The pass over pairs of the method `dpo` (arXiv 2305.18290), which follows the one of `sft`.

    Attributes:
        beta: what the model pays for moving away from the reference; a smaller one lets it move further.
        epochs: passes over the pairs.
        learning_rate: peak of a cosine schedule.
    """

    beta: Annotated[Number, Field(gt=0)]
    epochs: Positive
    learning_rate: Annotated[Number, Field(gt=0, lt=1)]


@section
class TrainSettings:
    """The section.

    Attributes:
        method: `sft` trains a LoRA adapter, `full` all weights, `dpo` an adapter as `sft` and then on pairs.
        backend: `trl` trains anywhere; `unsloth` puts Unsloth's faster models under TRL and needs a GPU.
        start: `base` trains base anew on the whole accumulated set; `parent` continues the parent's adapter or model.
        epochs: passes over the training set.
        learning_rate: peak of a cosine schedule.
        warmup: fraction of the steps in which the rate rises.
        batch_size: rows in one optimizer step, those of all processes together.
        max_length: rows with more tokens are dropped and counted.
        validation: share of the training problems that is held out, whose loss is taken after each epoch.
        keep: `last` keeps the model of the last step, `best` that after the epoch with the least validation loss.
        adapter_dtype: `model` keeps the adapter in the base model's type, `float32` is exact and slower on a CPU.
        quantized: `nf4` holds the base model in 4 bits while an adapter is trained beside it, on a GPU; None in 16.
        lora: the adapter.
        dpo: the pass over pairs.
    """

    method: MethodName
    backend: BackendName
    start: Literal["base", "parent"]
    epochs: Positive
    learning_rate: Annotated[Number, Field(gt=0, lt=1)]
    warmup: ShareBelowOne
    batch_size: Count
    max_length: Annotated[int, Field(ge=2)]
    validation: ShareBelowOne
    keep: Literal["last", "best"]
    adapter_dtype: Literal["model", "float32"]
    quantized: Quantization | None
    lora: LoraSettings
    dpo: DpoSettings

    def in_effect(self) -> dict[str, Any]:
        """Return the settings but for those that do nothing beside the others."""
        idle = set() if self.validation else {"validation", "keep"}
        idle |= {"full": {"lora", "adapter_dtype"}, "sft": {"method"}}.get(self.method, set())
        idle |= set() if self.method == "dpo" else {"dpo"}
        idle |= set() if self.quantized else {"quantized"}
        return {name: value for name, value in asdict(self).items() if name not in idle}
