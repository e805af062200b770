"""Which library trains: TRL by itself, or TRL on Unsloth's models."""

from stages.core.exceptions import TrainingError
from stages.training.settings import Backend


def prepare(backend: Backend) -> None:
    """Make the chosen backend ready; call it before anything imports transformers or TRL.

    Unsloth replaces parts of both while it is imported, and has no effect on what was imported before it.

    Raises:
        TrainingError: Unsloth is chosen and there is no GPU, or it is not installed.
    """
    if backend != "unsloth":
        return
    import torch  # heavy

    if not torch.cuda.is_available():
        raise TrainingError("train.backend is `unsloth`, which needs a GPU, and torch sees none; choose `trl`")
    try:
        import unsloth  # noqa: F401  # for what its import does
    except ImportError as error:
        raise TrainingError(
            f"train.backend is `unsloth`, which cannot be imported ({error}); "
            "run `pip install -e '.[gpu]'` or choose `trl`"
        ) from error
