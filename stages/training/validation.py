"""Training problems that are held out, and the loss on them: at the start, and after each epoch."""

from collections.abc import Sequence
from typing import Any

from stages.core.exceptions import RecordsError
from stages.core.files import content_id
from stages.core.metrics import ValidationCounts
from stages.training.encoding import IGNORED, Encoded, EncodedRow
from stages.training.job import Fitted, Job
from stages.training.micro_batches import split


def hold_out(encoded: Encoded, share: float, seed: int) -> tuple[list[EncodedRow], list[EncodedRow]]:
    """Return the rows to train on and those held out: all rows of a share of the problems.

    Problems are ranked by a hash of seed and question, so that most of those held out in one iteration are held out in
    the next, whose training set has the rows of this one.

    Raises:
        RecordsError: there is one problem alone.
    """
    if not share:
        return encoded.rows, []
    problems = sorted({source.question for source in encoded.sources}, key=lambda text: content_id(str(seed), text))
    count = max(1, round(share * len(problems)))
    if count == len(problems):
        raise RecordsError(
            f"train.validation {share} would hold out all problems, of which there are {count}: set it to 0.0"
        )
    held_out = set(problems[:count])
    pairs = list(zip(encoded.rows, encoded.sources, strict=True))
    return (
        [row for row, source in pairs if source.question not in held_out],
        [row for row, source in pairs if source.question in held_out],
    )


def validating(trainer_class: type[Any], rows: Sequence[EncodedRow], at_once: int | None) -> type[Any]:
    """Return a trainer whose evaluation is the mean loss over all trained tokens of these rows, whatever the batches.

    The library's is the mean over batches. `at_once` rows of a process go through the model together; all of its
    batch when that is None.
    """
    if not rows:
        return trainer_class
    tokens = sum(label != IGNORED for row in rows for label in row["labels"])

    class Validating(trainer_class):  # type: ignore[misc]  # transformers is untyped here
        held_out_loss: Any

        def evaluation_loop(self, *arguments: Any, **options: Any) -> Any:
            import torch  # heavy

            self.held_out_loss = torch.zeros(1, device=self.args.device)
            output = super().evaluation_loop(*arguments, **options)
            output.metrics["eval_loss"] = float(self.accelerator.gather(self.held_out_loss).sum())
            return output

        def prediction_step(self, model: Any, inputs: Any, *_: Any, **__: Any) -> tuple[Any, None, None]:
            import torch  # heavy

            inputs = dict(self._prepare_inputs(inputs))
            inputs["labels"] = self._without_repeated(inputs["labels"])
            # A loss is divided by the tokens of all processes and multiplied by their number.
            items = torch.tensor(float(tokens * self.accelerator.num_processes), device=self.args.device)
            with torch.no_grad(), self.compute_loss_context_manager():
                for part in split(inputs, at_once or len(inputs["labels"])):
                    self.held_out_loss += self.compute_loss(model, part, num_items_in_batch=items)
            return self.held_out_loss, None, None

        def _without_repeated(self, labels: Any) -> Any:
            """Return labels without those of rows that fill up the last batch, where processes share it."""
            loader = self.accelerator.gradient_state
            if not loader.end_of_dataloader or loader.remainder <= 0:
                return labels
            own = max(0, loader.remainder - self.accelerator.process_index * len(labels))
            labels = labels.clone()
            labels[own:] = IGNORED
            return labels

    return Validating


def losses(history: Sequence[dict[str, Any]]) -> list[float]:
    """Return the losses on the rows held out in a trainer's log, that at the start first."""
    return [float(entry["eval_loss"]) for entry in history if "eval_loss" in entry]


def counts(job: Job, fitted: Fitted) -> ValidationCounts | None:
    """Return what metrics say of the rows held out; None where there are none."""
    if fitted.kept_epoch is None:
        return None
    return ValidationCounts(len(job.validation), [round(loss, 4) for loss in fitted.validation], fitted.kept_epoch)


def kept_epoch(state: Any, *, best: bool) -> float:
    """Return the epoch, such as 2.0, after which a trainer's model is kept: the best one, or the last."""
    epochs = {entry["step"]: float(entry["epoch"]) for entry in state.log_history if "eval_loss" in entry}
    return epochs[state.best_global_step] if best else max(epochs.values())
