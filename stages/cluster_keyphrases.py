"""Cluster the keyphrases into error types."""

import argparse
from dataclasses import asdict, dataclass

from stages.errors import clustering, embedding, error_types
from stages.pipeline import files, params, runtime, stage
from stages.pipeline.records import Keyphrase


@dataclass(frozen=True)
class ClusterKeyphrases:
    """The `cluster_keyphrases` section."""

    embedding: embedding.EmbeddingParams
    kmeans: clustering.ClusteringParams


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    cluster_keyphrases: ClusterKeyphrases


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the error types, the assignment of each bad case, and a summary of the types."""
    declared = params.declared(Params)
    section = declared.cluster_keyphrases
    keyphrases = files.read_records(arguments.keyphrases, Keyphrase)
    texts = [keyphrase.keyphrase for keyphrase in keyphrases]
    clusters = []
    if texts:
        runtime.set_threads(runtime.load().threads)
        vectors = embedding.embed(texts, section.embedding)
        clusters = clustering.cluster(texts, vectors, section.kmeans, declared.seed)
    types, assignments = error_types.to_error_types(keyphrases, clusters)
    files.write_records(arguments.types, types)
    files.write_records(arguments.assignments, assignments)
    files.write_json(arguments.counts, {"types": [asdict(error_type) for error_type in types]})
    return {"keyphrases": len(keyphrases), "distinct": len(set(texts)), "types": len(types)}


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["keyphrases"], outputs=["types", "assignments", "counts"])
