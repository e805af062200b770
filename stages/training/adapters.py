"""A LoRA adapter on the base model: put there by PEFT or by Unsloth, and saved so that plain PEFT loads it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages.core.exceptions import ParamsError
from stages.core.files import write_json
from stages.model import checkpoints
from stages.training.job import Job


def with_peft(job: Job) -> Any:
    """Load the base model with a new adapter, or with that of the parent.

    Raises:
        ParamsError: no layer has one of the names in `train.lora.target_modules`.
    """
    from peft import PeftModel, get_peft_model  # heavy

    # The backward pass of eager attention is the faster one on a CPU (docs/log.md).
    attention = "eager" if checkpoints.pick_device(job.device) == "cpu" else "sdpa"
    # What is to be put in shards goes to the GPU shard by shard; the whole of it need not fit there.
    device = "cpu" if in_shards() else job.device
    base = checkpoints.load_base(job.start.base, job.dtype, device, attention=attention)
    in_float32 = job.settings.adapter_dtype == "float32"
    if job.start.adapter:
        adapter = job.start.adapter
        model = PeftModel.from_pretrained(base, adapter, is_trainable=True, autocast_adapter_dtype=in_float32)
        # The adapter names models/base, which PEFT would look up on the hub when that is only a pointer.
        model.peft_config["default"].base_model_name_or_path = checkpoints.locate(job.start.base)[0]
        return model
    try:
        return get_peft_model(base, _config(job), autocast_adapter_dtype=in_float32)
    except ValueError as error:  # PEFT says so when no layer has one of the names
        raise ParamsError(f"params.yaml: train.lora: {error}") from error


def in_shards() -> bool:
    """Tell whether this is one of the processes of `accelerate launch` that hold a model in shards."""
    return os.environ.get("ACCELERATE_USE_FSDP") == "true"


def with_weights(job: Job, weights: Mapping[str, Any]) -> Any:
    """Return the base model with the job's adapter, whose weights are those given, by their names in the model."""
    from peft import get_peft_model_state_dict, set_peft_model_state_dict  # heavy

    model = with_peft(job)
    set_peft_model_state_dict(model, get_peft_model_state_dict(model, state_dict=dict(weights)))
    return model


def _config(job: Job) -> Any:
    from peft import LoraConfig  # heavy

    lora = job.settings.lora
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.target_modules,
        task_type="CAUSAL_LM",
    )


def with_unsloth(job: Job) -> Any:
    """Load the base model in Unsloth's form with a new adapter, or with that of the parent."""
    from peft import load_peft_weights, set_peft_model_state_dict  # heavy
    from unsloth import FastLanguageModel  # a GPU machine's, and optional; `backends.prepare` imported it first

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


def save(model: Any, out: Path, base: Path) -> None:
    """Write the adapter and what kind of model it is."""
    model.peft_config["default"].base_model_name_or_path = base.as_posix()
    out.mkdir(parents=True, exist_ok=True)
    # Embeddings are not trained; looking for changed ones would ask the hub about the base model.
    model.save_pretrained(out, save_embedding_layers=False)
    (out / "README.md").unlink()  # PEFT's empty form; `stages.training.cards` writes the card
    write_json(out / checkpoints.CARD, {"kind": "adapter"})
