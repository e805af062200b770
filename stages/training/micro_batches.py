"""Batches that go through the model a few rows at a time, with the gradient of the whole batch."""

from collections.abc import Iterator, Mapping
from typing import Any


def splitting(trainer_class: type[Any], rows: int | None) -> type[Any]:
    """Return a trainer whose steps take `rows` rows of a process's batch at once; all of them when that is None.

    The batches are those that the trainer draws without it, and the loss is normalized by all their trained tokens.
    """
    if rows is None:
        return trainer_class
    at_once = rows

    class Splitting(trainer_class):  # type: ignore[misc]  # transformers is untyped here
        def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
            *firsts, last = split(inputs, at_once)
            total = 0.0
            with self.accelerator.no_sync(model):  # processes add their gradients up once, after the last
                for part in firsts:
                    total = total + super().training_step(model, part, num_items_in_batch)
            return total + super().training_step(model, last, num_items_in_batch)

    return Splitting


def split(batch: Mapping[str, Any], rows: int) -> Iterator[dict[str, Any]]:
    """Yield a batch of tensors (rows, ..., tokens), padded on the right, in parts, each as wide as its longest row."""
    lengths = batch["attention_mask"].sum(dim=-1)
    for start in range(0, len(lengths), rows):
        part = slice(start, start + rows)
        width = int(lengths[part].max())
        yield {name: tensor[part, ..., :width] for name, tensor in batch.items()}
