"""The layers that a LoRA adapter is put on, found and checked in the model before PEFT is asked."""

from typing import Any

from stages.core.exceptions import ParamsError
from stages.training.settings import ALL_LINEAR

_PARAM = "params.yaml: train.lora.target_modules"
# Fused kernels read the weight of their `out_proj` past an adapter; PEFT refuses one there.
_MAMBA = ("falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h")


def find(model: Any, wanted: list[str] | str) -> list[str]:
    """Return the names of the layers to adapt: those given, or for `all-linear` those of all linear layers.

    Raises:
        ParamsError: a name is that of no layer, or of one whose weights are those of another layer too.
    """
    if isinstance(wanted, str):
        return _all_linear(model)
    _check_names(model, wanted)
    _check_tied(model, wanted)
    return list(wanted)


def _all_linear(model: Any) -> list[str]:
    """Return the whole names of the linear layers that read text; excludes the output layer."""
    inside = {id(module) for module in model.get_decoder().modules()} - {id(model.get_output_embeddings())}
    refused = "out_proj" if model.config.model_type in _MAMBA else None
    names = [name for name, module in model.named_modules() if id(module) in inside and _is_linear(module)]
    return [name for name in names if _last(name) != refused]


def _check_names(model: Any, wanted: list[str]) -> None:
    names = [name for name, _ in model.named_modules()]
    unknown = [one for one in wanted if not any(f".{name}".endswith(f".{one}") for name in names)]
    if unknown:
        layers = sorted({_last(name) for name, module in model.named_modules() if _is_linear(module)})
        raise ParamsError(
            f"{_PARAM}: no layer of this model is called {' or '.join(unknown)}; set {ALL_LINEAR}, or name some of its "
            f"linear layers: {', '.join(layers)}"
        )


def _check_tied(model: Any, wanted: list[str]) -> None:
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    if head is None or head.weight is not embeddings.weight:
        return
    names = {_last(name) for name, module in model.named_modules() if module in (embeddings, head)}
    if tied := sorted(names & {_last(one) for one in wanted}):
        raise ParamsError(
            f"{_PARAM}: {', '.join(tied)}: the embeddings and the output layer of this model are one matrix, which an "
            "adapter on either would change in both; leave it out"
        )


def _is_linear(module: Any) -> bool:
    from torch import nn  # heavy, as is the next
    from transformers.pytorch_utils import Conv1D  # GPT-2's

    return isinstance(module, (nn.Linear, Conv1D))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
