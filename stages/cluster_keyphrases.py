"""Cluster the keyphrases into error types, and recognize those of earlier iterations."""

from dataclasses import dataclass

from stages.core import files, stage
from stages.core.params import Seed, section
from stages.core.records import UNASSIGNED, Keyphrase, KnownType
from stages.errors import clustering, embedding, error_types, known_types, naming
from stages.instructor import choice


@dataclass(frozen=True)
class Paths:
    """The keyphrases and the known types, and the outputs; `known_out` are all types known now."""

    iteration: str
    keyphrases: stage.Input
    known: stage.Input
    types: stage.Output
    assignments: stage.Output
    known_out: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    instructor: choice.InstructorParams
    cluster_keyphrases: clustering.ClusteringParams


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the error types, the assignment of each bad case, all known types, and the counts."""
    settings = params.cluster_keyphrases
    keyphrases = files.read_records(paths.keyphrases, Keyphrase)
    known = files.read_records(paths.known, KnownType)
    model = embedding.resolve(settings.embedding)
    with choice.opened(params.instructor, "keyphrases") as instructor:
        result = clustering.cluster_sets(keyphrases, settings, model, instructor, params.seed)
        matched = known_types.match(result.clusters, known, model.identity, settings.match)
        names = naming.name_clusters(result.clusters, matched, known, instructor)
        usage = instructor.usage()
    types = error_types.to_error_types(keyphrases, result.clusters, names, matched, paths.iteration)
    rest = error_types.unassigned(keyphrases, result.clusters)
    written = [*sorted(types, key=lambda t: (-t.size, t.name)), *rest]
    files.write_records(paths.types, written)
    files.write_records(paths.assignments, error_types.assign(keyphrases, result.clusters, types))
    seen = known_types.carry_on(known, result.clusters, types, model.identity, paths.iteration)
    files.write_records(paths.known_out, seen)
    counts = known_types.summarize(written, known, paths.iteration, model.identity, result.counts, usage)
    files.write_json(paths.counts, counts)
    other = counts.known_under_another_embedding
    return {
        "keyphrases": len(keyphrases),
        "distinct": len({k.keyphrase for k in keyphrases} - {UNASSIGNED}),
        "types": len(types),
        "known before": sum(earlier is not None for earlier in matched),
        "unassigned": sum(error_type.size for error_type in rest),
        **result.counts,
        **({"known under another embedding": other} if other else {}),
    }


if __name__ == "__main__":
    stage.run(main, __doc__)
