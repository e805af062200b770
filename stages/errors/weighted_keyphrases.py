"""Keyphrases to cluster: each text once, with its unit vector and its number of bad cases."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.errors.embedding import EmbeddingModel, embed


@dataclass(frozen=True)
class WeightedKeyphrases:
    """Distinct keyphrases in the order of their text.

    Attributes:
        texts: n distinct ones, sorted.
        vectors: their unit vectors, shape (n, n_dimensions), float32.
        weights: number of bad cases of each, shape (n,).
    """

    texts: list[str]
    vectors: Any
    weights: Any

    def distinct_vectors(self) -> tuple[int, Any]:
        """Return the number of distinct vectors, and the index of each keyphrase's vector among them, shape (n,).

        Keyphrases that differ in capitals alone share a vector where the embedding model lowers the case.
        """
        import numpy as np  # heavy

        vectors, index = np.unique(self.vectors, axis=0, return_inverse=True)
        return len(vectors), index.reshape(-1)


def embedded(keyphrases: Sequence[str], model: EmbeddingModel) -> WeightedKeyphrases:
    """Return keyphrases, repeats allowed, with their vectors.

    Raises:
        SourceError: the embedding model cannot be loaded.
        RecordsError: the cache of embeddings is damaged.
    """
    import numpy as np  # heavy

    counts = Counter(keyphrases)
    texts = sorted(counts)
    return WeightedKeyphrases(texts, embed(texts, model), np.array([counts[text] for text in texts], dtype=int))


def distances(vectors: Any) -> Any:
    """Return the pairwise Euclidean distances of vectors, shape (n, n), float64."""
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.metrics import euclidean_distances

    return euclidean_distances(np.asarray(vectors, dtype=np.float64))


def silhouettes(between: Any, labels: Any) -> Any:
    """Return the silhouette of each vector, between -1 and 1, shape (n,).

    It is 0 for one that is alone in its cluster, and for all where there is one cluster.

    Args:
        between: distances, shape (n, n).
        labels: shape (n,).
    """
    import numpy as np  # heavy, as is scikit-learn
    from sklearn.metrics import silhouette_samples

    if not 1 < len(np.unique(labels)) < len(labels):  # scikit-learn refuses these
        return np.zeros(len(labels))
    return silhouette_samples(between, labels, metric="precomputed")
