"""The loss of a batch on a CPU, with its rows one behind the other in place of padded ones.

    row 1: a b c, row 2: d e    ->    input_ids: a b c d e, position_ids: 0 1 2 0 1, lengths: 3 2

Each row attends to itself alone, which PyTorch does without a mask and without a matrix of all scores. Only the
positions that predict a trained token go through the head.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from stages.training.accelerate_config import in_shards
from stages.training.cross_entropy import CrossEntropy
from stages.training.encoding import IGNORED

_ATTENTION = "row_by_row"
# Tokens of these meet in causal attention alone, and their logits are the head's output as it is.
_MODELS = ("llama", "mistral", "qwen2", "qwen3")


def fits(model: Any) -> bool:
    """Tell whether a causal model's loss may be computed here: its architecture is known, its head plain and frozen."""
    head = model.get_output_embeddings()
    return (
        model.config.model_type in _MODELS
        and getattr(model.config, "sliding_window", None) is None
        and type(head) is torch.nn.Linear
        and head.bias is None
        and not head.weight.requires_grad
        and not in_shards()
    )


def prepare(model: Any) -> None:
    """Let the model attend row by row when it is given the rows' lengths, and by PyTorch's attention else."""
    AttentionInterface.register(_ATTENTION, _attend)
    AttentionMaskInterface.register(_ATTENTION, sdpa_mask)
    model.set_attn_implementation(_ATTENTION)


def _attend(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    lengths: Sequence[int] | None = None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Return the output (1, tokens, heads, width) for a query of (1, heads, tokens, width)."""
    if lengths is None:
        output: torch.Tensor = sdpa_attention_forward(module, query, key, value, mask, dropout, scaling, **options)[0]
        return output, None
    rows = zip(*(tensor.split(lengths, dim=2) for tensor in (query, key, value)), strict=True)
    shared = module.num_key_value_groups
    outputs = [
        scaled_dot_product_attention(
            q, repeat_kv(k, shared), repeat_kv(v, shared), dropout_p=dropout, is_causal=True, scale=scaling
        )
        for q, k, v in rows
    ]
    return torch.cat(outputs, dim=2).transpose(1, 2), None


def summed_loss(model: Any, base: Any, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """Return the summed cross-entropy of a padded batch's trained tokens.

    `model` is `base` in its wrappers, which must see the call.
    """
    kept = batch["attention_mask"].bool()
    wanted = batch["labels"].roll(-1, dims=1)  # position i predicts token i + 1
    wanted[:, -1] = IGNORED
    wanted = wanted[kept]
    trained = wanted != IGNORED
    with _without_head(base) as head:
        hidden = model(
            input_ids=batch["input_ids"][kept].unsqueeze(0),
            position_ids=(kept.cumsum(dim=1) - 1)[kept].unsqueeze(0),
            lengths=kept.sum(dim=1).tolist(),
            use_cache=False,
            logits_to_keep=trained.nonzero().flatten(),
        ).logits
    loss: torch.Tensor = CrossEntropy.apply(hidden[0], head.weight, wanted[trained])
    return loss


@contextmanager
def _without_head(base: Any) -> Iterator[Any]:
    """Let the model return hidden states as logits, and yield its head."""
    head = base.get_output_embeddings()
    base.set_output_embeddings(torch.nn.Identity())
    try:
        yield head
    finally:
        base.set_output_embeddings(head)
