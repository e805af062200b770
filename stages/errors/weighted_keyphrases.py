"""Keyphrases as points: every distinct text once, with its unit vector and the number of bad cases that share it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.errors.embedding import EmbeddingModel, embed

NOISE = -1  # the label of a point that belongs to no error type


@dataclass(frozen=True)
class Points:
    """Distinct keyphrases in the order of their text.

    Attributes:
        keyphrases: n distinct texts, sorted.
        vectors: their unit vectors, shape (n, n_dimensions), float32.
        weights: how many bad cases have each, shape (n,).
    """

    keyphrases: list[str]
    vectors: Any
    weights: Any

    def distinct_vectors(self) -> tuple[int, Any]:
        """Return the number of distinct vectors and to which of them each point belongs, shape (n,).

        Keyphrases that differ in capitals alone have one vector where the embedding model reads lower case.
        """
        import numpy as np  # heavy

        if not self.keyphrases:
            return 0, np.zeros(0, dtype=int)
        vectors, index = np.unique(self.vectors, axis=0, return_inverse=True)
        return len(vectors), index.reshape(-1)


def embedded(keyphrases: Sequence[str], model: EmbeddingModel) -> Points:
    """Return the points of keyphrases, repeats allowed.

    Raises:
        SourceError: the embedding model cannot be loaded.
        RecordsError: the cache of embeddings is damaged.
    """
    import numpy as np  # heavy

    counts = Counter(keyphrases)
    distinct = sorted(counts)
    return Points(distinct, embed(distinct, model), np.array([counts[text] for text in distinct], dtype=int))
