"""The table of training backends, the libraries that train.

A backend is a module of `backends/` that offers what `Backend` asks for, with a name in `BackendName` and a line in
`BACKENDS`.
"""

from typing import Any, Protocol

from stages.training.backends import trl, unsloth
from stages.training.job import Job
from stages.training.settings import BackendName


class Backend(Protocol):
    """What a training asks of a library."""

    shares_models: bool
    """Whether processes may share a model as `runtime.accelerate_config` says."""

    trains_whole_models: bool
    """Whether it trains all weights of a model, not only an adapter."""

    trains_pairs: bool
    """Whether TRL trains its models on pairs of a right and a wrong solution."""

    quantizes: bool
    """Whether it holds the base model in 4 bits where `train.quantized` asks for it."""

    def prepare(self) -> None:
        """Make the library ready; called before anything imports transformers or TRL.

        Raises:
            TrainingError: it cannot be used on this machine.
        """

    def load(self, job: Job) -> Any:
        """Load the base model with a new adapter, or with that of the parent.

        Raises:
            ParamsError: the adapter's settings do not fit the model.
            TrainingError: the model cannot be quantised on this machine.
        """

    def trainer_class(self, on_cpu: bool) -> type[Any]:
        """Return the subclass of `transformers.Trainer` that trains."""


BACKENDS: dict[BackendName, Backend] = {"trl": trl, "unsloth": unsloth}
