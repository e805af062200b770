"""A key-value cache for rows of different lengths that grow token by token.

The layers of transformers' own `DynamicCache` concatenate, and so copy all they hold at every token that is written,
which takes much of the time of a step on a CPU. These write into a buffer with room to spare.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import MODEL_FOR_CAUSAL_LM_MAPPING, DynamicCache
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

_SPARE = 64  # tokens of room that a buffer gets beyond what it must hold

Past = list[tuple[Any, Any]]
"""Keys and values of one row's tokens by layer, each of shape (heads, tokens, head size)."""


class GrowingLayer(DynamicLayer):  # type: ignore[misc]  # transformers is untyped here
    """A layer that appends in place; `keys` and `values` are views of what its buffers hold."""

    def __init__(self, keys: Sequence[torch.Tensor], values: Sequence[torch.Tensor]) -> None:
        """Join the keys and values of rows, padded on the left with zeros."""
        super().__init__()
        width = max(row.shape[1] for row in keys)
        self._buffers = [_left_padded(rows, width) for rows in (keys, values)]
        self.dtype, self.device = keys[0].dtype, keys[0].device
        self.is_initialized = True
        self._show(width)

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Append and return all keys and values."""
        start = self.get_seq_length()
        end = start + key_states.shape[-2]
        if end > self._buffers[0].shape[-2]:
            self._buffers = [_with_room(view, end - start + _SPARE) for view in (self.keys, self.values)]
        for buffer, states in zip(self._buffers, (key_states, value_states), strict=True):
            buffer[:, :, start:end] = states
        self._show(end)
        return self.keys, self.values

    def _show(self, width: int) -> None:
        self.keys, self.values = (buffer[:, :, :width] for buffer in self._buffers)


def fits(config: Any) -> bool:
    """Tell whether a model keeps keys and values of a text and nothing else, so that rows can be joined and cut.

    Others keep states that each token overwrites, in some of their layers or in all.
    """
    kind = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), None)
    if kind is None or kind._is_stateful:
        return False
    return all(type(layer) in (DynamicLayer, DynamicSlidingWindowLayer) for layer in DynamicCache(config=config).layers)


def join(pasts: Sequence[Past]) -> DynamicCache:
    """Return a cache of rows with these pasts; rows without any past give an empty cache.

    Every layer keeps all tokens, those with a sliding window too: the model's mask hides what lies outside of it.
    """
    cache = DynamicCache()
    if any(pasts):
        cache.layers = [
            GrowingLayer([keys for keys, _ in rows], [values for _, values in rows])
            for rows in zip(*pasts, strict=True)
        ]
    return cache


def _with_room(view: torch.Tensor, tokens: int) -> torch.Tensor:
    heads_of_rows, size = view.shape[:2], view.shape[-1]  # keys and values may differ in size
    return torch.cat([view, view.new_empty(*heads_of_rows, tokens, size)], dim=-2)


def _left_padded(rows: Sequence[torch.Tensor], width: int) -> torch.Tensor:
    heads, _, size = rows[0].shape
    buffer = rows[0].new_empty(len(rows), heads, width + _SPARE, size)
    for target, row in zip(buffer, rows, strict=True):
        # A mask hides the padding, but what it hides must be finite. The room behind is written before it is shown.
        target[:, : width - row.shape[1]] = 0
        target[:, width - row.shape[1] : width] = row
    return buffer
