"""Cross-entropy over a large vocabulary with no more float32 logits in memory than those of a chunk.

`CrossEntropy` is for a frozen head that multiplies and no more: a chunk's gradient is computed with its loss, so that
its logits are computed once and dropped. TRL's chunked loss computes them again in the backward pass, which takes a CPU
a third of a step more. `of_logits` is for all other models.
"""

from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

CHUNK = 256  # positions; a chunk has float32 logits twice: 311 MB for a vocabulary of 152,000 words


class CrossEntropy(torch.autograd.Function):  # type: ignore[misc]  # torch is untyped here
    """The sum over positions of the cross-entropy of `hidden @ weight.T`, with a gradient for `hidden` alone."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Return a scalar in float32, for `hidden` (n, width), `weight` (words, width) and `targets` (n,)."""
        total = torch.zeros((), device=hidden.device)
        gradient = torch.empty_like(hidden)
        chunks = (tensor.split(CHUNK) for tensor in (hidden, targets.unsqueeze(1), gradient))
        for states, wanted, slope in zip(*chunks, strict=True):
            chances = torch.log_softmax((states @ weight.t()).float(), dim=-1)
            total -= chances.gather(1, wanted).sum()
            # The slope of a logit: its word's chance, less 1 for the wanted word.
            chances.exp_().scatter_add_(1, wanted, chances.new_full(wanted.shape, -1.0))
            torch.mm(chances.to(weight.dtype), weight, out=slope)
        ctx.save_for_backward(gradient)
        return total

    @staticmethod
    def backward(ctx: Any, slope: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        """Return the gradient that `forward` has computed, times that of the sum."""
        (gradient,) = ctx.saved_tensors
        return gradient * slope, None, None


def of_logits(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the summed cross-entropy of `logits` (n, words) in any dtype, with a gradient for them, in float32."""
    chunks = zip(logits.split(CHUNK), targets.split(CHUNK), strict=True)
    return torch.stack([checkpoint(_of_chunk, *chunk, use_reentrant=False) for chunk in chunks]).sum()


def _of_chunk(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return cross_entropy(logits.float(), targets, reduction="sum")
