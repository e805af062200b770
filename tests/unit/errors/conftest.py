"""Keyphrases of three obvious kinds with their real embeddings, and keyphrases on a circle."""

import numpy as np
import pytest

from stages.errors.clustering import Cluster, ClusteringParams
from stages.errors.embedding import EMBEDDED, EmbeddingParams, embed, resolve
from stages.errors.methods import hdbscan, instructor, kmeans
from stages.errors.weighted_keyphrases import WeightedKeyphrases
from stages.instructor.interface import NamedType

SLIPS = ["slip in an addition", "slip in the addition of two numbers", "small slip in an addition"]
UNITS = ["confused hours with minutes", "confused minutes and hours", "mixed up hours and minutes"]
EMPTY = ["gave no answer", "no answer given", "wrote no answer at all"]


@pytest.fixture(scope="session")
def model():
    """The embedding model of params.yaml."""
    return resolve(EmbeddingParams(EMBEDDED, None))


@pytest.fixture(scope="session")
def vector_cache(tmp_path_factory):
    """A scratch folder in which the tests share vectors, so that the model is loaded once."""
    return tmp_path_factory.mktemp("embeddings")


@pytest.fixture(scope="session")
def embedded(model, vector_cache):
    """Known keyphrases, each the given number of times."""
    known = sorted([*SLIPS, *UNITS, *EMPTY])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEI_CACHE", str(vector_cache))
        vectors = dict(zip(known, embed(known, model), strict=True))

    def make(counts):
        distinct = sorted(counts)
        weights = np.array([counts[text] for text in distinct])
        return WeightedKeyphrases(distinct, np.array([vectors[text] for text in distinct]), weights)

    return make


@pytest.fixture(scope="session")
def at_angles():
    """Keyphrases on the unit circle, named by letter and angle in degrees, such as `a10`."""

    def make(angles):
        distinct = sorted(angles)
        radians = np.radians([float(name[1:]) for name in distinct])
        vectors = np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)
        return WeightedKeyphrases(distinct, vectors, np.array([angles[name] for name in distinct]))

    return make


@pytest.fixture(scope="session")
def section():
    """The section of params.yaml with one method chosen."""
    settings = {
        "kmeans": kmeans.Params(2, 6),
        "hdbscan": hdbscan.Params(min_cluster_size=2, min_samples=2, dimensions=4),
        "instructor": instructor.Params(),
    }

    def make(method, own=None):
        return ClusteringParams(
            method, "all", 0.9, EmbeddingParams(EMBEDDED, None), **{method: own or settings[method]}
        )

    return make


@pytest.fixture(scope="session")
def make_cluster():
    """A cluster on the unit circle, at an angle in degrees."""

    def make(keyphrases, angle=0, named=None):
        centroid = [float(np.cos(np.radians(angle))), float(np.sin(np.radians(angle)))]
        return Cluster(keyphrases, 0.5, centroid, NamedType(named, f"About {named}.") if named else None)

    return make
