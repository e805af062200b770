"""Which library trains: one table of backends, each a module that offers what `Backend` asks for."""

from typing import TYPE_CHECKING, Any, Literal, Protocol

from stages.training.backends import trl, unsloth

if TYPE_CHECKING:  # a job has settings, and these name a backend of the table
    from stages.training.job import Job


class Backend(Protocol):
    """What a training asks of a library."""

    shares_models: bool
    """Whether processes may share a model as `runtime.accelerate_config` says."""

    def prepare(self) -> None:
        """Make the library ready; called before anything imports transformers or TRL.

        Raises:
            TrainingError: it cannot be used on this machine.
        """

    def load(self, job: "Job") -> Any:
        """Load the base model with a new adapter, or with that of the parent.

        Raises:
            ParamsError: the adapter's settings do not fit the model.
        """

    def trainer_class(self, on_cpu: bool) -> type[Any]:
        """Return the subclass of `transformers.Trainer` that trains."""


Name = Literal["trl", "unsloth"]
BACKENDS: dict[Name, Backend] = {"trl": trl, "unsloth": unsloth}
