"""Sentence embeddings from the installed package, and their cache."""

import random
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from stages.core.exceptions import RecordsError, SourceError
from stages.errors import embedding, embedding_cache
from stages.errors.embedding import EmbeddingModel, EmbeddingParams, embed, resolve
from tests.unit.conftest import ROOT

TEXTS = [
    f"{verb} {what}"
    for verb in ("slips in", "forgets", "misreads", "gets badly wrong")
    for what in ("a sum", "the unit of the price", "a two-digit multiplication with a decimal point in the last step")
]


@pytest.fixture
def vectors(model):
    return embed(["wrong sum", "no answer", "wrong sum", "sum is wrong"], model)


def test_vectors_have_length_one_and_come_in_the_order_of_the_texts(vectors, model):
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert np.array_equal(vectors[1], embed(["no answer"], model)[0])
    assert np.array_equal(vectors[0], vectors[2])


def test_texts_of_one_meaning_are_closer_than_others(vectors):
    assert vectors[0] @ vectors[3] > vectors[0] @ vectors[1] + 0.2


def test_no_texts_have_no_vectors(model):
    assert embed([], model).shape == (0, 0)


def test_vector_depends_on_nothing_that_is_embedded_with_it(model, monkeypatch, tmp_path):
    encoder = embedding._load(model)
    monkeypatch.setattr(embedding, "_load", lambda _: encoder)
    rng = random.Random(0)

    def fresh(texts):
        monkeypatch.setenv("SEI_CACHE", str(tmp_path / str(rng.random())))
        return dict(zip(texts, embed(texts, model), strict=True))

    together = fresh(TEXTS)
    for size in (1, 2, 3, 5, 8, 11):
        for text, vector in fresh(rng.sample(TEXTS, size)).items():
            assert np.array_equal(vector, together[text]), text


def test_cached_vectors_equal_fresh_ones_and_need_no_model(model, monkeypatch):
    before = embed(TEXTS[:5], model)
    monkeypatch.setattr(embedding, "_load", lambda _: pytest.fail("the model was loaded"))
    assert np.array_equal(embed(TEXTS[:5][::-1], model), before[::-1])


def test_only_texts_that_the_cache_lacks_are_embedded(model, monkeypatch):
    embed(TEXTS[:3], model)
    asked = []
    monkeypatch.setattr(
        embedding, "_encode", lambda texts, _: asked.append(texts) or {text: np.ones(384) for text in texts}
    )
    embed(TEXTS[:4], model)
    assert asked == [[TEXTS[3]]]


def test_another_model_has_vectors_of_its_own(model, monkeypatch):
    embed(TEXTS[:1], model)
    made = {TEXTS[0]: np.full(384, 2.0, dtype=np.float32)}
    monkeypatch.setattr(embedding, "_encode", lambda *_: made)
    assert embed(TEXTS[:1], replace(model, identity="another"))[0, 0] == 2.0
    assert embed(TEXTS[:1], model)[0, 0] != 2.0


def test_processes_share_a_cache(tmp_path):
    code = (
        "import sys, numpy as np; from pathlib import Path; from stages.errors import embedding_cache as c\n"
        "for i in range(40):\n"
        "    c.write(Path(sys.argv[1]), 'm', {f'text {i}': np.full(4, float(sys.argv[2]))})\n"
        "    c.read(Path(sys.argv[1]), 'm', [f'text {i}'])\n"
    )
    path = tmp_path / "embeddings.sqlite"

    def start(number):
        return subprocess.run(
            [sys.executable, "-c", code, str(path), str(number)], cwd=ROOT, capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(start, (1, 2, 3)))
    assert [(d.returncode, d.stderr) for d in done] == [(0, "")] * 3
    kept = embedding_cache.read(path, "m", [f"text {i}" for i in range(40)])
    assert len(kept) == 40
    assert all(len(set(vector.tolist())) == 1 and vector[0] in (1, 2, 3) for vector in kept.values())


def test_first_vector_of_a_text_stays(tmp_path):
    path = tmp_path / "embeddings.sqlite"
    embedding_cache.write(path, "m", {"text": np.array([1.0, 2.0])})
    embedding_cache.write(path, "m", {"text": np.array([3.0, 4.0])})
    assert embedding_cache.read(path, "m", ["text", "other"])["text"].tolist() == [1.0, 2.0]


def test_cache_cut_in_the_middle_is_a_damaged_cache(scratch_folder):
    scratch_folder.mkdir()
    path = scratch_folder / "embeddings.sqlite"
    embedding_cache.write(path, "m", {f"text {i}": np.ones(384) for i in range(50)})
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + b"\xff" * (len(whole) // 2))
    with pytest.raises(RecordsError, match=r"cache of embeddings cannot be used: .*; if it is damaged, delete it"):
        embedding_cache.read(path, "m", [f"text {i}" for i in range(50)])


def test_identity_of_a_folder_depends_on_its_content_and_not_on_its_place(model, tmp_path):
    one = tmp_path / "one"
    one.mkdir()
    (one / "weights").write_text("1")
    shutil.copytree(one, tmp_path / "two")
    first = resolve(EmbeddingParams(str(one), None))
    assert first == EmbeddingModel(one, first.identity)
    assert resolve(EmbeddingParams(str(tmp_path / "two"), None)).identity == first.identity != model.identity
    (one / "weights").write_text("2")
    assert resolve(EmbeddingParams(str(one), None)).identity != first.identity
    assert str(tmp_path) not in first.identity


def test_folder_that_holds_no_model_is_one_line(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=r"cluster_keyphrases\.embedding\.model .*empty: .+") as caught:
        embed(["text"], resolve(EmbeddingParams(str(tmp_path / "empty"), None)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [pytest.param("org/gone", id="hub-id"), pytest.param("a model", id="no-valid-id")])
def test_model_that_cannot_be_had_is_one_line_that_names_the_param(name):
    with pytest.raises(SourceError, match=rf"^cluster_keyphrases\.embedding\.model {name}: .+") as caught:
        resolve(EmbeddingParams(name, None))
    assert "\n" not in str(caught.value)
