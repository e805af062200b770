"""The same keyphrases give the same bytes on any number of threads."""

import os
import subprocess
import sys

from tests.unit.conftest import ROOT

CODE = """
import itertools, json, sys
from dataclasses import asdict

import torch

from stages.errors import clustering, embedding, weighted_keyphrases
from stages.errors.methods import hdbscan, kmeans
from stages.instructor.symbolic.instructor import SymbolicInstructor

torch.set_num_threads(int(sys.argv[1]))
params = embedding.EmbeddingParams(embedding.EMBEDDED, None)
texts = [
    f"{verb} {size} {operation} {place}"
    for verb, size, operation, place in itertools.product(
        ("slips in a", "gets badly wrong a", "leaves a quantity out of the"),
        ("one-digit", "decimal"),
        ("addition", "multiplication", "division"),
        ("in the first step", "after the answer is found"),
    )
]
found = weighted_keyphrases.embedded(texts + texts[::3] + texts[::5], embedding.resolve(params))
for section in (
    clustering.ClusteringParams("kmeans", "all", 0.9, params, kmeans=kmeans.Params(3, 12)),
    clustering.ClusteringParams("hdbscan", "all", 0.9, params, hdbscan=hdbscan.Params(2, 1, 15)),
):
    made = clustering.cluster(found, section, SymbolicInstructor(), 0)
    assert len(made.clusters) > 2, made
    print(json.dumps(asdict(made)))
print(found.vectors.tobytes().hex())
"""


def output(threads, folder):
    counts = {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS", "MKL")}
    env = os.environ | counts | {"TOKENIZERS_PARALLELISM": "false", "SEI_CACHE": str(folder / str(threads))}
    command = [sys.executable, "-c", CODE, str(threads)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_embedding_and_clusters_are_the_same_bytes_on_1_2_and_4_threads(tmp_path):
    one = output(1, tmp_path)
    assert len(one) > 36 * 384 * 8
    assert output(2, tmp_path) == one
    assert output(4, tmp_path) == one
