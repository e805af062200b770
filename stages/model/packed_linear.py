"""Linear layers with weights in the layout in which oneDNN multiplies, for inference on a CPU.

PyTorch hands oneDNN or MKL a weight as it lies in memory, and each product lays it out anew. That costs more than the
product itself where few rows meet a large weight, which is what writing token by token is (docs/log.md).
"""

from typing import Any

import torch

_ROWS = 32  # for which the layout is chosen; others are multiplied in it too
_LEAST = 2**16  # weights of a layer; smaller ones gain nothing


class PackedLinear(torch.nn.Module):  # type: ignore[misc]  # torch is untyped here
    """`x W^T + bias`, for inference."""

    def __init__(self, layer: Any) -> None:
        """Take over a layer's weight, which is free once the layer is, and its bias."""
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self._packed = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach(), _ROWS)
        self.bias = layer.bias

    @property
    def weight(self) -> torch.Tensor:
        """The weight as `torch.nn.Linear` has it, (out, in), laid out anew at each call."""
        return self._packed.to_dense()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (..., out) for `x` of (..., in)."""
        output: torch.Tensor = torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")
        return output


def pack(model: Any) -> None:
    """Put packed layers into a model in place of its plain ones, where the processor multiplies its type of numbers so.

    The model is for inference alone from then on, and is not to be saved.
    """
    if not _is_supported(model.device, model.dtype):
        return
    for parent in [module for module in model.modules() if not isinstance(module, torch.nn.Linear)]:
        for name, layer in list(parent.named_children()):
            if type(layer) is torch.nn.Linear and layer.weight.numel() >= _LEAST:
                setattr(parent, name, PackedLinear(layer))  # frees the plain weight, one layer at a time


def _is_supported(device: torch.device, dtype: torch.dtype) -> bool:
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return dtype is torch.float32 or (dtype is torch.bfloat16 and torch.ops.mkldnn._is_mkldnn_bf16_supported())
