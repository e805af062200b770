"""LoRA layers in fewer passes over memory, which is what their time goes into on a CPU.

PEFT computes `W x + s B A x` as three tensors of the layer's width, and as many in the backward pass. Here the matrix
product itself adds the adapter's part.
"""

from typing import Any

import torch
from peft.tuners.lora import Linear
from torch.nn import functional


class AdaptedLinear(torch.autograd.Function):  # type: ignore[misc]  # torch is untyped here
    """`x W^T + bias + s (x A^T) B^T` of a frozen W (out, in) and bias, with gradients for x, A and B."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        a: torch.Tensor,
        b: torch.Tensor,
        scaling: float,
    ) -> torch.Tensor:
        """Return (..., out) for `x` of (..., in), `a` of (rank, in) and `b` of (out, rank)."""
        rows = x.reshape(-1, x.shape[-1])
        low = rows @ a.t()
        output = functional.linear(rows, weight, bias).addmm_(low, b.t(), alpha=scaling)
        ctx.save_for_backward(rows, low, weight, a, b)
        ctx.scaling = scaling
        return output.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of x, A and B."""
        rows, low, weight, a, b = ctx.saved_tensors
        slopes = slope.reshape(-1, slope.shape[-1])
        low_slopes = (slopes @ b).mul_(ctx.scaling)
        x_slopes = (slopes @ weight).addmm_(low_slopes, a)
        b_slopes = (slopes.t() @ low).mul_(ctx.scaling)
        return x_slopes.view(*slope.shape[:-1], -1), None, None, low_slopes.t() @ rows, b_slopes, None


def fuse(model: Any) -> None:
    """Let the model's LoRA layers train so, where they are plain linear ones without dropout in one type of number."""
    for layer in model.modules():
        if isinstance(layer, Linear) and _is_plain(layer):
            layer.forward = _Forward(layer, layer.forward)


def _is_plain(layer: Any) -> bool:
    base = layer.base_layer
    return (
        type(base) is torch.nn.Linear
        and not base.weight.requires_grad
        and not layer.lora_variant
        and type(layer.lora_dropout["default"]) is torch.nn.Identity
        and layer.lora_A["default"].weight.dtype == base.weight.dtype
    )


class _Forward:
    """The forward pass of a LoRA layer: fused while it trains, PEFT's else, which can merge and disable adapters."""

    def __init__(self, layer: Any, unfused: Any) -> None:
        self._layer = layer
        self._unfused = unfused

    def __call__(self, x: torch.Tensor, *args: Any, **options: Any) -> Any:
        layer = self._layer
        if not layer.training or layer.disable_adapters or layer.merged:
            return self._unfused(x, *args, **options)
        (name,) = layer.active_adapters  # DPO's reference is another one
        base, a, b = layer.base_layer, layer.lora_A[name].weight, layer.lora_B[name].weight
        return AdaptedLinear.apply(x, base.weight, base.bias, a, b, layer.scaling[name])
