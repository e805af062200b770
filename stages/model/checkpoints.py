"""Model folders of this pipeline, and how they are loaded.

A folder holds `target.json` that says what it is:

    {"kind": "weights", "source": "...", "sha256": "..."}        a whole checkpoint in this folder, out of a GGUF file
    {"kind": "hub", "id": "...", "revision": "...", "files": {}} a pointer into the hub, pinned by commit
    {"kind": "local", "path": "...", "files": {}}                a pointer to a folder on this disk, pinned by hashes
    {"kind": "adapter"}                                          a LoRA adapter to be put on the base model
    {"kind": "whole", "base": {"kind": "hub", ...}}              a checkpoint in this folder, all of whose weights were
                                                                 trained, and the card of the base model

Those of a base model also have its `license`, where that is known.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stages.core import storage
from stages.core.exceptions import SourceError, one_line
from stages.core.files import content_id, directory_hash, file_hash, read_json

CARD = "target.json"
WHOLE = "whole"

Dtype = Literal["auto", "bfloat16", "float32"]
"""`auto` is bfloat16 where the GPU or the CPU computes in it, else float32."""


_DEQUANTISED = ("fp8", "mxfp4")  # what transformers can make plain weights of while it loads them


class WeightsError(SourceError):
    """The weights of a model cannot be loaded."""


@dataclass(frozen=True)
class Target:
    """A model as the pipeline passes it around.

    Attributes:
        base: a folder with a whole model or a pointer to one: the base model, or what an iteration made of all weights.
        adapter: the folder of the adapter on it, if there is one.
    """

    base: Path
    adapter: Path | None

    @classmethod
    def of(cls, model: Path, base: Path) -> "Target":
        """Return the target in `model`: `base` itself, an adapter on it, or a whole model that was made of it."""
        kind = read_json(model / CARD)["kind"]
        if kind == WHOLE:
            return cls(model, None)
        return cls(base, model if kind == "adapter" else None)

    @property
    def trained(self) -> Path | None:
        """The folder that an iteration made, of an adapter or a whole model; None for the base model."""
        return self.adapter or (self.base if self._card["kind"] == WHOLE else None)

    @property
    def base_card(self) -> dict[str, Any]:
        """The card of the base model, whatever was made of it."""
        card: dict[str, Any] = self._card
        return card["base"] if card["kind"] == WHOLE else card

    @property
    def _card(self) -> Any:
        return read_json(self.base / CARD)

    def fingerprint(self) -> str:
        """Return a hash of the model: weights or pinned pointer, and adapter."""
        parts = [directory_hash(self.base)]
        if self.adapter:
            parts.append(directory_hash(self.adapter))
        return content_id(*parts)


def locate(base: Path) -> tuple[str, str | None]:
    """Return the name or path and the revision of a base folder, for `from_pretrained`.

    Raises:
        SourceError: a local folder is gone or its files are not those that were pinned.
    """
    card = read_json(base / CARD)
    if card["kind"] == "local":
        _check_pinned(Path(card["path"]), card["files"])
    return _name(card, base)


def _name(card: dict[str, Any], base: Path) -> tuple[str, str | None]:
    if card["kind"] == "hub":
        return card["id"], card["revision"]
    return card["path"] if card["kind"] == "local" else str(base), None


def hub_id(base: Path) -> str | None:
    """Return the hub id of a base model that came from the hub."""
    card = read_json(base / CARD)
    return str(card["id"]) if card["kind"] == "hub" else None


def _check_pinned(folder: Path, pinned: dict[str, str]) -> None:
    for name, digest in pinned.items():
        if not (folder / name).is_file():
            raise SourceError(f"{folder / name}: the file is gone since fetch_target pinned it")
        if file_hash(folder / name) != digest:
            raise SourceError(f"{folder / name}: changed since it was pinned; run `dvc repro -f fetch_target`")


def load_tokenizer(base: Path) -> Any:
    """Load the tokenizer, set to pad on the left, which generation needs."""
    from transformers import AutoTokenizer  # heavy

    name, revision = locate(base)
    with _loading(base, "tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(name, revision=revision, padding_side="left", trust_remote_code=False)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def end_tokens(base: Path, tokenizer: Any) -> set[int]:
    """Return the ids of the tokens that end a generation, by the tokenizer and by `generation_config.json`."""
    from transformers import GenerationConfig  # heavy

    # The files were compared with their hashes when the tokenizer was loaded.
    name, revision = _name(read_json(base / CARD), base)
    try:
        ends = GenerationConfig.from_pretrained(name, revision=revision).eos_token_id
    except OSError:  # there is no such file
        ends = None
    listed = ends if isinstance(ends, list) else [ends]
    return {token for token in [*listed, tokenizer.eos_token_id] if token is not None}


def save(model: Any, base: Path, out: Path, chat_template: str | None = None) -> None:
    """Write a whole model with the tokenizer of the one that it was made of, and a chat template, or its own for None.

    What ends a generation, and how it decodes, is what the pipeline does: a base model's own settings, such as a
    penalty on repetitions, would give other texts than those that are measured.
    """
    from transformers import GenerationConfig  # heavy

    tokenizer = load_tokenizer(base)
    ends = sorted(end_tokens(base, tokenizer))
    model.generation_config = GenerationConfig(eos_token_id=ends, pad_token_id=tokenizer.pad_token_id)
    model.save_pretrained(out)
    for name in ("is_local", "local_files_only"):  # how this machine loaded it
        tokenizer.init_kwargs.pop(name, None)
    tokenizer.chat_template = chat_template or tokenizer.chat_template
    tokenizer.save_pretrained(out)


def load_config(base: Path) -> Any:
    """Load the configuration of a base model, whose files are compared with their hashes with tokenizer and weights.

    Raises:
        SourceError: transformers does not know such a model.
    """
    from transformers import AutoConfig  # heavy

    name, revision = _name(read_json(base / CARD), base)
    with _loading(base, "config.json"):
        return AutoConfig.from_pretrained(name, revision=revision, trust_remote_code=False)


def context(base: Path) -> int | None:
    """Return the context length in tokens, or None where the configuration does not say."""
    return context_of(load_config(base))


def context_of(config: Any) -> int | None:
    """Return the context length in tokens by a model's configuration, or None where that does not say."""
    limit: int | None = getattr(config.get_text_config(decoder=True), "max_position_embeddings", None)
    return limit


def load_base(base: Path, dtype: Dtype, device: str, attention: str | None = None, quantization: Any = None) -> Any:
    """Load the base model.

    Args:
        base: its folder.
        dtype: of its weights, or of those that are not quantised.
        device: `auto`, `cpu` or `cuda`.
        attention: None for what suits the model.
        quantization: transformers' configuration of weights in 4 bits on the GPU; None for plain ones.

    Raises:
        SourceError: transformers does not know such a model.
        WeightsError: its weights are not there, or are quantised.
    """
    import torch  # heavy, as is the next
    from transformers import AutoModelForCausalLM

    name, revision = locate(base)
    options = _dequantised(base)
    if quantization and options:
        raise WeightsError(f"{base}: its weights are quantised already; set train.quantized: null")
    options |= {"dtype": pick_dtype(dtype), "attn_implementation": attention, "quantization_config": quantization}
    with _loading(base, "weights", WeightsError):
        model = AutoModelForCausalLM.from_pretrained(name, revision=revision, trust_remote_code=False, **options)
    # Quantised weights are made on the GPU.
    return model if quantization else model.to(torch.device(pick_device(device)))


def _dequantised(base: Path) -> dict[str, Any]:
    """Return what to load a base model with so that its weights are plain; empty where they are.

    Raises:
        WeightsError: they are quantised in a way that cannot be undone here.
    """
    config = load_config(base)
    quantised = getattr(config, "quantization_config", None)
    if quantised is None:
        return {}
    method = quantised.get("quant_method", "in an unknown way")
    if method not in _DEQUANTISED:
        raise WeightsError(
            f"{base}: its weights are quantised ({method}), and an adapter is trained on plain ones and merged into "
            "them: take the model that they were made from, or a GGUF file of it, which becomes plain weights"
        )
    quantised["dequantize"] = True
    return {"config": config}


@contextmanager
def _loading(base: Path, what: str, kind: type[SourceError] = SourceError) -> Iterator[None]:
    """Turn what transformers says about files that it lacks or does not understand into an error of ours."""
    try:
        yield
    except (OSError, ValueError) as error:
        if storage.fault(error):
            raise
        raise kind(f"{base}: its {what} cannot be loaded: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return (
            "the model comes with Python code of its own, and only that of transformers is run here; a newer release "
            "of transformers may have it (`pip install -U transformers`), else take a model that needs no code"
        )
    return one_line(error).partition(" Model type should be one of ")[0]  # and then all that there are


def load(target: Target, dtype: Dtype, device: str) -> Any:
    """Load a target for generation, its adapter merged into the base weights."""
    model = load_base(target.base, dtype, device)
    if target.adapter:
        from peft import PeftModel  # heavy

        model = PeftModel.from_pretrained(model, target.adapter).merge_and_unload()
    _feed_contiguous(model.get_output_embeddings())
    return model.eval()


def _feed_contiguous(head: Any) -> None:
    """Make a linear layer copy sliced inputs, such as those of `logits_to_keep`, into contiguous ones.

    Given a slice and a weight without gradient, as PEFT leaves it, PyTorch multiplies row by row of the batch, with a
    copy of the whole weight for each; that doubles the time of a trial on a CPU (docs/log.md).
    """
    if head is not None:
        head.register_forward_pre_hook(lambda _, inputs: tuple(tensor.contiguous() for tensor in inputs))


def pick_device(device: str) -> str:
    """Resolve `auto`: a GPU when torch sees one, else the CPU."""
    import torch  # heavy

    if device != "auto":
        return device
    return "cuda" if torch.cuda.is_available() else "cpu"


def pick_dtype(dtype: Dtype) -> Any:
    """Resolve `auto`: bfloat16 where the GPU or the CPU computes in it, else float32."""
    import torch  # heavy

    if dtype != "auto":
        return getattr(torch, dtype)
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    has_bfloat16 = torch.cpu.get_capabilities()
    return (
        torch.bfloat16 if any(has_bfloat16.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else torch.float32
    )


def dtype_name(dtype: Dtype) -> str:
    """Return the name of what `pick_dtype` gives, as other programs take it: `bfloat16` or `float32`."""
    return str(pick_dtype(dtype)).removeprefix("torch.")
