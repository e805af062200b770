"""The layers that a LoRA adapter is put on, found and checked in the model before PEFT is asked."""

from typing import Any

from stages.core.exceptions import ParamsError
from stages.training.settings import ALL_LINEAR

_PARAM = "params.yaml: train.lora.target_modules"
# Where experts are matrices of all of them, PEFT takes these names for theirs.
_OF_EXPERTS = {"gate_proj", "up_proj", "down_proj"}
# Fused kernels read the weight of their `out_proj` past an adapter; PEFT refuses one there.
_MAMBA = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")


def find(model: Any, wanted: list[str] | str) -> list[str]:
    """Return the names of the layers to adapt: those given, or for `all-linear` those of all linear layers.

    Raises:
        ParamsError: a name is that of no layer, or of the output layer or its matrix.
    """
    if isinstance(wanted, str):
        return _all_linear(model)
    _check_names(model, wanted)
    _check_output(model, wanted)
    return list(wanted)


def _all_linear(model: Any) -> list[str]:
    """Return the whole names of the linear layers that read text; excludes the output layer."""
    inside = {id(module) for module in model.get_decoder().modules()} - {id(model.get_output_embeddings())}
    names = [name for name, module in model.named_modules() if id(module) in inside and _is_linear(module)]
    left_out = {"out_proj"} if model.config.model_type in _MAMBA else set()
    if any(name.endswith(".experts.gate_up_proj") for name, _ in model.named_parameters()):
        left_out |= _OF_EXPERTS
    return [name for name in names if _last(name) not in left_out]


def _check_names(model: Any, wanted: list[str]) -> None:
    names = [name for name, _ in model.named_modules()]
    unknown = [one for one in wanted if not any(f".{name}".endswith(f".{one}") for name in names)]
    if unknown:
        layers = sorted({_last(name) for name, module in model.named_modules() if _is_linear(module)})
        raise ParamsError(
            f"{_PARAM}: no layer of this model is called {' or '.join(unknown)}; set {ALL_LINEAR}, or name some of its "
            f"linear layers: {', '.join(layers)}"
        )


def _check_output(model: Any, wanted: list[str]) -> None:
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    is_tied = head is not None and head.weight is embeddings.weight
    refused = (head, embeddings) if is_tied else (head,)
    names = {_last(name) for name, module in model.named_modules() if module in refused}
    if found := sorted(names & {_last(one) for one in wanted}):
        raise ParamsError(
            f"{_PARAM}: {', '.join(found)}: no adapter can be put on the output layer, whose weight TRL reads past it, "
            "nor on embeddings that are the same matrix; leave it out"
        )


def _is_linear(module: Any) -> bool:
    from torch import nn  # heavy, as is the next
    from transformers.pytorch_utils import Conv1D  # GPT-2's

    return isinstance(module, (nn.Linear, Conv1D))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
