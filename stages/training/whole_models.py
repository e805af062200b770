"""Models of which all weights are trained."""

from pathlib import Path
from typing import Any

from stages.core.files import write_json
from stages.model import checkpoints
from stages.model.checkpoints import Dtype, Target
from stages.training.job import Job


def load(job: Job) -> Any:
    """Load the model that the training starts from, in float32; an adapter of it is merged into its weights."""
    on_cpu = checkpoints.pick_device(job.device) == "cpu"
    model = checkpoints.load_base(job.start.base, "float32", job.device, attention="eager" if on_cpu else None)
    if job.start.adapter:
        from peft import PeftModel  # heavy

        model = PeftModel.from_pretrained(model, job.start.adapter).merge_and_unload()
    return model.requires_grad_(True)


def save(model: Any, out: Path, start: Target, dtype: Dtype) -> None:
    """Write the model, which becomes one of `dtype`, with tokenizer and end tokens of what it was, and its card."""
    known = checkpoints.load_config(start.base)
    if hasattr(known, "use_cache"):  # the trainer turns it off
        model.config.use_cache = known.use_cache
    checkpoints.save(model.to(checkpoints.pick_dtype(dtype)), start.base, out)
    card = {name: value for name, value in start.base_card.items() if name != "files"}
    write_json(out / checkpoints.CARD, {"kind": checkpoints.WHOLE, "base": card})
