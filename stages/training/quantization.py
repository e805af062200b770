"""A frozen base model in 4 bits beside its adapter (QLoRA, arXiv 2305.14314), as bitsandbytes holds it on a GPU.

TRL makes the adapter of such a model bfloat16. What is not quantised (norms, embeddings, the output layer) keeps the
type that the pipeline computes in, as with a plain base model: PEFT's `prepare_model_for_kbit_training` would make it
float32 and recompute activations, and TRL does not call it.
"""

from typing import Any

from stages.core.exceptions import TrainingError
from stages.model import checkpoints
from stages.training.job import Job


def config(job: Job) -> Any:
    """Return what transformers is to load the base model with; None where it is to have plain weights.

    Raises:
        TrainingError: this machine cannot train so.
    """
    if job.settings.quantized is None:
        return None
    import torch  # heavy, as is the next
    from transformers import BitsAndBytesConfig

    if fault := _fault(job):
        raise TrainingError(f"train.quantized is `{job.settings.quantized}`, which {fault}")
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=job.settings.quantized,
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )


def _fault(job: Job) -> str | None:
    """Return what this machine lacks, or the job asks for in another way."""
    import torch  # heavy, as is the next
    from transformers.utils import is_bitsandbytes_available

    if not torch.cuda.is_available():
        return "needs a GPU, and torch sees none; set it to null"
    if checkpoints.pick_device(job.device) == "cpu":
        return "needs the model on a GPU, and it would be on the CPU; set it to null"
    if checkpoints.pick_dtype(job.dtype) != torch.bfloat16:
        return "computes in bfloat16: set dtype to it, or train.quantized to null"
    if not is_bitsandbytes_available():
        return "needs bitsandbytes, which is not here or too old; run `pip install -U bitsandbytes`, or set it to null"
    return None
