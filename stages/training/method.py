"""The table of training methods: what is trained, and on what.

A method is a module of `methods/` that offers what `Method` asks for, with a name in `MethodName` and a line in
`METHODS`.
"""

from typing import Any, Protocol

from stages.training.job import Fitted, Job
from stages.training.methods import full, sft
from stages.training.resuming import SAVE_SECONDS
from stages.training.settings import MethodName


class Method(Protocol):
    """What a training asks of a method."""

    def run(self, job: Job) -> Fitted:
        """Train, write the model, and check it.

        Raises:
            TrainingError: the trainer's batches or the written model fail a check, or there is too little memory.
        """

    def fit(self, job: Job, save_seconds: float = SAVE_SECONDS) -> tuple[Any, Fitted, bool]:
        """Train; return the model, the measurements, and whether this process writes.

        `save_seconds` is the age of a checkpoint at which another is saved in the middle of an epoch.
        """


METHODS: dict[MethodName, Method] = {"sft": sft, "full": full}
