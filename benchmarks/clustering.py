"""How long thousands of keyphrases take to embed and to cluster.

    python -m benchmarks.clustering [--data ../shared/data] [--distinct 5000] [--cases 15000]

The keyphrases are those that the symbolic instructor finds in real wrong solutions, each with what a problem of GSM8K
asks for ("slips in a two-digit addition where asked how many eggs are left"). The bad cases share them unevenly: the
nth most frequent one has about 1/n times as many as the first. Prints CPU seconds of the embedding with an empty and
with a full cache, and for each method CPU seconds, types, unassigned bad cases and the mean silhouette. All of it runs
on one thread, so that on an idle machine CPU seconds are seconds.
"""

import argparse
import json
import os
import random
import re
import tempfile
import time
from pathlib import Path

from stages.arithmetic.mistakes import find_first_mistake
from stages.errors import clustering, embedding, weighted_keyphrases
from stages.errors.clustering import ClusteringParams
from stages.errors.methods import hdbscan, kmeans
from stages.errors.weighted_keyphrases import WeightedKeyphrases
from stages.instructor.symbolic.instructor import SymbolicInstructor

EMBEDDING = embedding.EmbeddingParams(embedding.EMBEDDED, None)
SETTINGS = [
    ClusteringParams("kmeans", 0.9, EMBEDDING, kmeans=kmeans.Params(3, 12)),
    ClusteringParams("hdbscan", 0.9, EMBEDDING, hdbscan=hdbscan.Params(5, 3, 15)),
    ClusteringParams("hdbscan", 0.9, EMBEDDING, hdbscan=hdbscan.Params(50, 3, 15)),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the GSM8K files")
    parser.add_argument("--distinct", type=int, default=5000, help="distinct keyphrases")
    parser.add_argument("--cases", type=int, default=15000, help="bad cases")
    arguments = parser.parse_args()
    rng = random.Random(0)
    texts = _keyphrases(arguments.data, arguments.distinct, rng)
    shares = [1 / rank for rank in range(1, len(texts) + 1)]
    cases = texts + rng.choices(texts, shares, k=max(0, arguments.cases - len(texts)))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEI_CACHE"] = folder
        _timed(f"embed {len(texts)} distinct keyphrases", cases)
        keyphrases = _timed("embed them again, cached", cases)
    for params in SETTINGS:
        _cluster(keyphrases, params)


def _keyphrases(data: Path, distinct: int, rng: random.Random) -> list[str]:
    wrong = [row for row in _read(data / "gsm8k_labelled_solutions.jsonl") if not row["is_correct"]]
    reasons = sorted({find_first_mistake(r["question"], r["solution"], r["model_output"]).keyphrase for r in wrong})
    asked = (re.search(r"[Hh]ow (?:many|much)[^.?]{5,60}", r["question"]) for r in _read(data / "gsm8k_train.jsonl"))
    subjects = sorted({match[0].lower() for match in asked if match})
    texts = [f"{reason} where asked {subject}" for reason in reasons for subject in rng.sample(subjects, 100)]
    return rng.sample(sorted(set(texts)), distinct)


def _read(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _timed(title: str, cases: list[str]) -> WeightedKeyphrases:
    started = time.process_time()
    keyphrases = weighted_keyphrases.embedded(cases, embedding.resolve(EMBEDDING))
    print(f"{title}: {time.process_time() - started:.1f} s")
    return keyphrases


def _cluster(keyphrases: WeightedKeyphrases, params: ClusteringParams) -> None:
    started = time.process_time()
    made = clustering.cluster(keyphrases, params, SymbolicInstructor(), 0)
    seconds = time.process_time() - started
    weight = dict(zip(keyphrases.texts, keyphrases.weights.tolist(), strict=True))
    sizes = [sum(weight[text] for text in c.keyphrases) for c in made.clusters]
    silhouette = sum(c.silhouette * size for c, size in zip(made.clusters, sizes, strict=True)) / max(1, sum(sizes))
    assigned, every = sum(sizes), sum(weight.values())
    print(
        f"{params.method} {getattr(params, params.method)}: {seconds:.1f} s, {len(sizes)} types, {every - assigned} of "
        f"{every} bad cases unassigned, mean silhouette {silhouette:.3f}"
    )


if __name__ == "__main__":
    main()
