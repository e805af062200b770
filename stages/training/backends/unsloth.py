"""The `unsloth` backend: TRL on Unsloth's models, on one or more GPUs that each hold the whole model."""

from typing import Any

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.training.job import Job

shares_models = False
trains_whole_models = False
trains_pairs = False
quantizes = False


def prepare() -> None:
    """Import Unsloth, before anything imports transformers or TRL.

    It replaces parts of both while it is imported, and has no effect on what was imported before it.

    Raises:
        TrainingError: there is no GPU, or it is not installed.
    """
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


def load(job: Job) -> Any:
    """Load the base model in Unsloth's form with a new adapter, or with that of the parent."""
    from peft import load_peft_weights, set_peft_model_state_dict  # heavy
    from unsloth import FastLanguageModel  # a GPU machine's, and optional; `prepare` imported it first

    name, revision = checkpoints.locate(job.start.base)
    model, _ = FastLanguageModel.from_pretrained(
        model_name=name,
        revision=revision,
        use_exact_model_name=True,  # or it takes a copy of its own in place of the pinned model
        max_seq_length=job.settings.max_length,
        dtype=checkpoints.pick_dtype(job.dtype),
        load_in_4bit=False,
    )
    lora = job.settings.lora
    model = FastLanguageModel.get_peft_model(
        model,
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.target_modules,
        bias="none",
        use_gradient_checkpointing="unsloth",
        random_state=job.seed,
        max_seq_length=job.settings.max_length,
    )
    if job.start.adapter:
        set_peft_model_state_dict(model, load_peft_weights(str(job.start.adapter)))
    return model


def trainer_class(on_cpu: bool) -> type[Any]:  # noqa: ARG001  # never: `prepare` refuses it
    """Return TRL's trainer, of which Unsloth has replaced parts."""
    from trl import SFTTrainer  # heavy

    return SFTTrainer  # type: ignore[no-any-return]  # TRL is untyped here
