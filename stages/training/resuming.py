"""Checkpoints of a training, and the one from which a killed run resumes.

A checkpoint is saved after each epoch, and in the middle of one when the last is some minutes old and a point of the
training curve has just been logged. A run that resumes from either, however often, trains on the same rows in the same
order and ends with the same adapter and the same curve.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stages.core.files import replacing

SAVE_SECONDS = 300.0


def saving(folder: Path, seconds: float, restore: Callable[[], None]) -> Any:
    """Return the callback that saves a checkpoint in the middle of an epoch when the last is `seconds` old.

    The order of an epoch's rows is drawn at its start from torch's global generator, whose state is saved in `folder`:
    the trainer restores the state at the checkpoint only after the first epoch has begun, so that `restore` does it
    before.
    """
    import torch  # heavy, as is the next
    from transformers import TrainerCallback

    class Saving(TrainerCallback):  # type: ignore[misc]  # transformers is untyped here
        saved = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  # the library's
            restore()
            self.saved = time.monotonic()

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  # the library's
            self.saved = time.monotonic()

        def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002  # the library's
            epoch, part = divmod(state.epoch or 0, 1)
            path = folder / f"epoch-{epoch:.0f}.rng"
            if part:
                state_bytes = bytearray.fromhex(path.read_text(encoding="utf-8"))
                torch.set_rng_state(torch.frombuffer(state_bytes, dtype=torch.uint8))
            elif state.is_world_process_zero:
                with replacing(path) as file:
                    file.write(torch.get_rng_state().numpy().tobytes().hex())

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            # All processes save together, and so the first one's clock counts.
            due = torch.tensor(int(time.monotonic() - self.saved >= seconds), device=args.device)
            if args.world_size > 1:
                torch.distributed.broadcast(due, src=0)
            # Not after the last step of an epoch or of all, whose checkpoint would be written a second time.
            logged = state.global_step % args.logging_steps == 0
            if due and logged and state.epoch % 1 and not control.should_training_stop:
                control.should_save = True

    return Saving()


def keeping_dtypes(trainer_class: type[Any]) -> type[Any]:
    """Return a trainer whose model has the dtypes after a checkpoint is loaded that it had before.

    PEFT makes a loaded adapter float32, whatever it was saved in.
    """

    class KeepingDtypes(trainer_class):  # type: ignore[misc]  # transformers is untyped here
        def _load_from_checkpoint(self, *arguments: Any, **options: Any) -> None:
            with _keeping_dtypes(self.model):
                super()._load_from_checkpoint(*arguments, **options)

        def _load_best_model(self) -> None:
            with _keeping_dtypes(self.model):
                super()._load_best_model()

    return KeepingDtypes


@contextmanager
def _keeping_dtypes(model: Any) -> Iterator[None]:
    before = {name: parameter.dtype for name, parameter in model.named_parameters()}
    yield
    for name, parameter in model.named_parameters():
        if parameter.dtype != before[name]:
            parameter.data = parameter.data.to(before[name])


def last_checkpoint(folder: Path) -> str | None:
    """Return the last whole checkpoint, None where there is none, and remove those that a kill cut short.

    The trainer writes a checkpoint file by file into its final folder, its state last: if that parses, all is there.
    """
    whole = []
    for checkpoint in folder.glob("checkpoint-*"):
        if _is_whole(checkpoint):
            whole.append(checkpoint)
        else:
            shutil.rmtree(checkpoint, ignore_errors=True)  # several processes may remove it
    return str(max(whole, key=lambda path: int(path.name.partition("-")[2]))) if whole else None


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
