"""Direct preference optimisation (arXiv 2305.18290): a right solution is to gain on a wrong one of the same problem.

A pair is a row that has a `rejected` answer. The loss is -log sigmoid of beta times how much more the right solution
has gained in log-likelihood than the wrong one since the reference: the adapter that the pass starts from, of which TRL
keeps a frozen copy named `ref`.

    batch of two pairs: input_ids (2, 2, tokens), of each pair first the right solution
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from stages.core.exceptions import TrainingError
from stages.training.checks import Collate
from stages.training.encoding import IGNORED, EncodedRow, with_rejected
from stages.training.job import Job
from stages.training.supervised import without_recomputing

REFERENCE = "ref"


def config(job: Job) -> Callable[..., Any]:
    """Return TRL's arguments, but for those that all objectives share."""
    from trl import DPOConfig  # heavy

    return partial(DPOConfig, **without_recomputing(DPOConfig), beta=job.settings.dpo.beta)


def trainer_class(job: Job, *, on_cpu: bool) -> type[Any]:  # noqa: ARG001  # an argument of every objective
    """Return TRL's trainer, on rows that are tokenized already and in batches that can be divided by pairs."""
    from trl import DPOTrainer  # heavy

    class PairTrainer(DPOTrainer):  # type: ignore[misc]  # TRL is untyped here
        def __init__(self, args: Any, processing_class: Any, **options: Any) -> None:
            if job.micro_batch:
                args.per_device_eval_batch_size = min(job.micro_batch, args.per_device_eval_batch_size)
            collate = collator(processing_class.pad_token_id)
            super().__init__(args=args, processing_class=processing_class, data_collator=collate, **options)
            # PEFT makes the copy float32. The same numbers in another type would not be the same model.
            for name, weight in self.model.named_parameters():
                if f".{REFERENCE}." in name:
                    weight.data = weight.data.to(self.model.get_parameter(_of_policy(name)).dtype)

        def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
            return dataset

        def train(self, *arguments: Any, **options: Any) -> Any:
            self._metrics["train"].clear()  # of steps that were only tried
            return super().train(*arguments, **options)

        def _get_num_items_in_batch(self, batch_samples: Sequence[Mapping[str, Any]], _device: Any) -> int:
            return sum(len(batch["input_ids"]) for batch in batch_samples)

        def compute_loss(
            self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
        ) -> Any:
            pairs = len(inputs["input_ids"])
            flat = {name: tensor.transpose(0, 1).flatten(0, 1) for name, tensor in inputs.items()}
            loss = super().compute_loss(model, flat, return_outputs)
            # The mean over some pairs of a batch, as its part of the mean over all of them.
            return loss if num_items_in_batch is None else loss * pairs / num_items_in_batch

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            self._metrics["train"].pop("num_tokens", None)  # counted from 0 after a resume
            super().log(logs, start_time)

    return PairTrainer


def _of_policy(name: str) -> str:
    return name.replace(f".{REFERENCE}.", ".default.")


def collator(pad: int) -> Collate:
    """Return TRL's collator, for pairs."""
    from trl.trainer.dpo_trainer import DataCollatorForPreference  # heavy

    collate = DataCollatorForPreference(pad_token_id=pad)

    def by_pairs(rows: Sequence[EncodedRow]) -> dict[str, Any]:
        batch = collate([_named(row) for row in rows])
        # TRL's have all right solutions before all wrong ones.
        return {name: tensor.unflatten(0, (2, -1)).transpose(0, 1) for name, tensor in batch.items()}

    return by_pairs


def _named(row: EncodedRow) -> EncodedRow:
    """Return a pair with the names that TRL has for its parts."""
    length = row["labels"].count(IGNORED)
    return {
        "prompt_ids": row["input_ids"][:length],
        "chosen_ids": row["input_ids"][length:],
        "rejected_ids": row["rejected"],
    }


def check_batch(collate: Collate, rows: Sequence[EncodedRow]) -> None:
    """Check that batches have the whole solutions of the pairs, and tell them from prompts and padding.

    Raises:
        TrainingError: they have fewer, more or other tokens.
    """
    by_length = sorted(rows, key=lambda row: len(row["input_ids"]))
    sample = [by_length[-1], by_length[0]]
    batch = collate(sample)
    wanted = [one for row in sample for one in (row, with_rejected(row))]
    for name, mask in (("input_ids", "attention_mask"), ("labels", "completion_mask")):
        tokens = batch["input_ids"][batch[mask].bool()].tolist()
        if tokens != [token for row in wanted for token in row[name] if token != IGNORED]:
            raise TrainingError(
                "the trainer's batches do not have the tokens of the pairs: its collator cuts or hides some"
            )
