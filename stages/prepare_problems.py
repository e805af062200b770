"""Read the problem sets, check their golds, and write what is trained on, tuned on and tested on."""

from collections import Counter
from dataclasses import asdict, dataclass

from stages.core import files, stage
from stages.core.params import section
from stages.problems import sets
from stages.problems.settings import PrepareProblems


@dataclass(frozen=True)
class Paths:
    """The options of the command line.

    Attributes:
        raw: folder with the files that sets name.
        train: problems to train on, set by set.
        dev: problems to tune on.
        test: problems to test on, of the domains that are trained on.
        ood: folder with a file for each out-of-distribution set.
        counts: what became of the rows of each set.
    """

    raw: stage.Input
    train: stage.Output
    dev: stage.Output
    test: stage.Output
    ood: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    prepare_problems: PrepareProblems


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the problems by role and the counts by set."""
    prepared = sets.prepare(params.prepare_problems.specs(), paths.raw, params.seed)
    for role, path in (("train", paths.train), ("dev", paths.dev), ("test", paths.test)):
        files.write_records(path, (problem for one in prepared for problem in getattr(one.parts, role)))
    paths.ood.mkdir(parents=True, exist_ok=True)
    for one in prepared:
        if one.parts.ood:
            files.write_records(paths.ood / f"{one.name}.jsonl", one.parts.ood)
    counts = [one.counts for one in prepared]
    files.write_json(paths.counts, [asdict(one) for one in counts])
    sizes = {f"{role}/{one.name}": getattr(one, role) for role in ("train", "dev", "test", "ood") for one in counts}
    left_out = sum((Counter(one.left_out) for one in counts), Counter[str]())
    lost = {f"left out {reason}": count for reason, count in left_out.items()}
    faulty = sum(one.faulty_golds for one in counts)
    return {**{name: size for name, size in sizes.items() if size}, **lost, "faulty golds": faulty}


if __name__ == "__main__":
    stage.run(main, __doc__)
