"""How long thousands of keyphrases take to embed and to cluster.

    python -m benchmarks.clustering [--data ../shared/data] [--distinct 5000] [--cases 15000]

The keyphrases are those that the symbolic instructor finds in real wrong solutions, each with what a problem of GSM8K
asks for ("slips in a two-digit addition where asked how many eggs are left"). The bad cases share them unevenly: the
nth most frequent one has about 1/n times as many as the first. All of it runs on one thread, so that on an idle
machine CPU seconds are seconds; the milliseconds are those of one distinct keyphrase.
"""

import os
import random
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import inputs, results
from benchmarks.clock import Clock
from stages.arithmetic.mistakes import find_first_mistake
from stages.errors import clustering, embedding, weighted_keyphrases
from stages.errors.clustering import ClusteringParams
from stages.errors.methods import hdbscan, kmeans
from stages.errors.weighted_keyphrases import WeightedKeyphrases
from stages.instructor.symbolic.instructor import SymbolicInstructor

EMBEDDING = embedding.EmbeddingParams(embedding.EMBEDDED, None)
SETTINGS = {
    "K-means, 3 to 12 types": ClusteringParams("kmeans", "all", 0.9, EMBEDDING, kmeans=kmeans.Params(3, 12)),
    "HDBSCAN, least size 5": ClusteringParams("hdbscan", "all", 0.9, EMBEDDING, hdbscan=hdbscan.Params(5, 3, 15)),
    "HDBSCAN, least size 50": ClusteringParams("hdbscan", "all", 0.9, EMBEDDING, hdbscan=hdbscan.Params(50, 3, 15)),
}


def main() -> None:
    """Embed with an empty and with a full cache, then cluster by each method."""
    parser = inputs.data_parser(__doc__)
    parser.add_argument("--distinct", type=int, default=5000, help="distinct keyphrases")
    parser.add_argument("--cases", type=int, default=15000, help="bad cases")
    arguments = parser.parse_args()
    rng = random.Random(0)
    texts = _keyphrases(arguments.data, arguments.distinct, rng)
    shares = [1 / rank for rank in range(1, len(texts) + 1)]
    cases = texts + rng.choices(texts, shares, k=max(0, arguments.cases - len(texts)))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SEI_CACHE"] = folder
        keyphrases, new = _embedded("embed", cases)
        _, cached = _embedded("embed again, out of the cache", cases)
    clustered = [_clustered(title, keyphrases, params) for title, params in SETTINGS.items()]
    results.write("clustering", [new, cached, *clustered])


def _keyphrases(data: Path, distinct: int, rng: random.Random) -> list[str]:
    wrong = [row for row in inputs.rows(data / "gsm8k_labelled_solutions.jsonl") if not row["is_correct"]]
    reasons = sorted({find_first_mistake(r["question"], r["solution"], r["model_output"]).keyphrase for r in wrong})
    asked = (re.search(r"[Hh]ow (?:many|much)[^.?]{5,60}", problem[0]) for problem in inputs.gsm8k(data, "train"))
    subjects = sorted({match[0].lower() for match in asked if match})
    texts = [f"{reason} where asked {subject}" for reason in reasons for subject in rng.sample(subjects, 100)]
    return rng.sample(sorted(set(texts)), distinct)


def _embedded(title: str, cases: Sequence[str]) -> tuple[WeightedKeyphrases, dict[str, Any]]:
    clock = Clock()
    keyphrases = clock.run(weighted_keyphrases.embedded, cases, embedding.resolve(EMBEDDING))
    return keyphrases, _took(title, keyphrases, clock)


def _clustered(title: str, keyphrases: WeightedKeyphrases, params: ClusteringParams) -> dict[str, Any]:
    clock = Clock()
    made = clock.run(clustering.cluster, keyphrases, params, SymbolicInstructor(), 0).clusters
    weight = dict(zip(keyphrases.texts, keyphrases.weights.tolist(), strict=True))
    sizes = [sum(weight[text] for text in cluster.keyphrases) for cluster in made]
    silhouette = sum(cluster.silhouette * size for cluster, size in zip(made, sizes, strict=True)) / max(1, sum(sizes))
    return _took(title, keyphrases, clock) | {
        "types": len(made),
        "unassigned": sum(weight.values()) - sum(sizes),
        "silhouette": round(silhouette, 3),
    }


def _took(title: str, keyphrases: WeightedKeyphrases, clock: Clock) -> dict[str, Any]:
    distinct = len(keyphrases.texts)
    return {
        "work": title,
        "distinct": distinct,
        "cases": sum(keyphrases.weights.tolist()),
        "cpu_seconds": round(clock.cpu_seconds, 1),
        "milliseconds": round(1000 * clock.cpu_seconds / distinct, 2),
    }


if __name__ == "__main__":
    main()
