"""Sentence embeddings from the installed package."""

import numpy as np
import pytest

from stages.errors.embedding import EMBEDDED, EmbeddingParams, embed
from stages.pipeline.exceptions import SourceError

PARAMS = EmbeddingParams(EMBEDDED, None)


@pytest.fixture(scope="module")
def vectors():
    return embed(["wrong sum", "no answer", "wrong sum", "sum is wrong"], PARAMS)


def test_vectors_have_length_one_and_come_in_the_order_of_the_texts(vectors):
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.allclose(vectors[1], embed(["no answer"], PARAMS)[0], atol=1e-5)


def test_equal_texts_get_equal_vectors(vectors):
    assert np.array_equal(vectors[0], vectors[2])


def test_texts_of_one_meaning_are_closer_than_others(vectors):
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[1] + 0.2


@pytest.mark.parametrize("model", [pytest.param("org/gone", id="hub-id"), pytest.param("a model", id="no-valid-id")])
def test_model_that_cannot_be_had_is_one_line_that_names_the_param(model):
    with pytest.raises(SourceError, match=rf"^cluster_keyphrases\.embedding\.model {model}: .+") as caught:
        embed(["text"], EmbeddingParams(model, None))
    assert "\n" not in str(caught.value)
