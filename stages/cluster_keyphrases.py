"""Cluster the keyphrases into error types, and recognize those of earlier iterations."""

import argparse
from dataclasses import dataclass

from stages.core import files, params, stage
from stages.core.records import UNASSIGNED, Keyphrase, KnownType
from stages.errors import clustering, embedding, error_types, known_types, naming, weighted_keyphrases
from stages.instructor import choice
from stages.instructor.interface import InstructorParams
from stages.llm import spending


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    instructor: InstructorParams
    cluster_keyphrases: clustering.ClusteringParams


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the error types, the assignment of each bad case, all types known so far, and a summary of the types."""
    declared = params.declared(Params)
    section = declared.cluster_keyphrases
    instructor = choice.make(declared.instructor)
    keyphrases = files.read_records(arguments.keyphrases, Keyphrase)
    known = files.read_records(arguments.known, KnownType)
    model = embedding.resolve(section.embedding)
    texts = [keyphrase.keyphrase for keyphrase in keyphrases if keyphrase.keyphrase != UNASSIGNED]
    found = clustering.cluster(weighted_keyphrases.embedded(texts, model), section, instructor, declared.seed)
    matched = known_types.match(found.clusters, known, model.identity, section.match)
    names = naming.name_clusters(found.clusters, matched, known, instructor)
    types = error_types.to_error_types(keyphrases, found.clusters, names, matched, arguments.iteration)
    rest = error_types.unassigned(keyphrases, found.clusters)
    written = [*sorted(types, key=lambda t: (-t.size, t.name)), *rest]
    files.write_records(arguments.types, written)
    files.write_records(arguments.assignments, error_types.assign(keyphrases, found.clusters, types))
    seen = known_types.carry_on(known, found.clusters, types, model.identity, arguments.iteration)
    files.write_records(arguments.known_out, seen)
    other = sum(earlier.embedding != model.identity for earlier in known)
    summary = known_types.summarize(written, known, arguments.iteration)
    counts = summary | found.counts | {"known_under_another_embedding": other}
    files.write_json(arguments.counts, counts | spending.account(instructor.usage()))
    return {
        "keyphrases": len(keyphrases),
        "distinct": len(set(texts)),
        "types": len(types),
        "known before": sum(earlier is not None for earlier in matched),
        "unassigned": sum(error_type.size for error_type in rest),
        **found.counts,
        **({"known under another embedding": other} if other else {}),
    }


if __name__ == "__main__":
    stage.run(
        main,
        __doc__,
        inputs=["keyphrases", "known"],
        outputs=["types", "assignments", "known_out", "counts"],
        names=["iteration"],
    )
