"""GGUF files, which hold a model and its tokenizer in few bits, as plain checkpoints in bfloat16."""

from pathlib import Path
from typing import Any

from stages.core.exceptions import SourceError, one_line

_MAGIC = b"GGUF"


def convert_gguf(gguf: Path, out: Path) -> None:
    """Write the model and tokenizer of a GGUF file as a checkpoint in bfloat16.

    The weights are those that float32 gives, rounded once: transformers computes each tensor in float32 and casts it
    last. So only one tensor at a time takes 4 bytes a weight. An output matrix beside the embeddings stays one.

    Raises:
        SourceError: it is no GGUF file, lacks a tensor, or has an architecture that transformers does not know.
    """
    from transformers import AutoTokenizer  # heavy

    with gguf.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise SourceError(f"{gguf}: not a GGUF file; a pointer of Git LFS must be pulled first")
    try:
        _plain(_load(gguf)).save_pretrained(out)
        AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name).save_pretrained(out)
    except ValueError as error:
        raise SourceError(f"{gguf}: transformers cannot convert it: {one_line(error)}") from error


def _load(gguf: Path) -> Any:
    import torch  # heavy, as is the next
    import transformers

    # From 5.18 on transformers keeps the weights packed where a kernel can compute with them, unless told not to.
    packing = getattr(transformers, "GgufConfig", None)
    options = {"quantization_config": packing(dequantize=True)} if packing else {}
    loaded, report = transformers.AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16, output_loading_info=True, **options
    )
    if missing := sorted(report["missing_keys"]):  # transformers would have drawn them at random
        raise SourceError(f"{gguf}: holds no {', '.join(missing)}; take a file of the whole model")
    return loaded


def _plain(loaded: Any) -> Any:
    """Return a model with the same weights, not copied: one loaded from GGUF counts as quantized and is not saved."""
    config = loaded.config.to_dict()
    config.pop("quantization_config", None)
    config.pop("_name_or_path", None)
    return type(loaded).from_pretrained(
        None, config=type(loaded.config)(**config), state_dict=loaded.state_dict(), dtype=loaded.dtype
    )
