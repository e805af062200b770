"""Read the problem sets, check their golds, and write what is trained on, tuned on and tested on."""

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import product

from stages.core import files, stage
from stages.core.params import Seed, section
from stages.core.problem_sets import DEV, OOD, TEST
from stages.problems import sets
from stages.problems.settings import PrepareProblems


@dataclass(frozen=True)
class Paths:
    """The options of the command line.

    Attributes:
        raw: folder with the files that sets name.
        train: problems to train on, set by set.
        held_out: folder with a file `ROLE/NAME.jsonl` for each set: to tune on (`dev`), and to test on in the domains
            that are trained on (`test`) and in others (`ood`).
        counts: what became of the rows of each set.
    """

    raw: stage.Input
    train: stage.Output
    held_out: stage.Output
    counts: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: Seed
    prepare_problems: PrepareProblems


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the problems by role and the counts by set."""
    prepared = sets.prepare(params.prepare_problems.specs(), paths.raw, params.seed)
    files.write_records(paths.train, (problem for one in prepared for problem in one.parts.train))
    paths.held_out.mkdir(parents=True, exist_ok=True)
    for role, one in product((TEST, DEV, OOD), prepared):
        if problems := getattr(one.parts, role):
            files.write_records(paths.held_out / role / f"{one.name}.jsonl", problems)
    counts = [one.counts for one in prepared]
    files.write_json(paths.counts, [asdict(one) for one in counts])
    sizes = {f"{role}/{one.name}": getattr(one, role) for role in ("train", DEV, TEST, OOD) for one in counts}
    left_out = sum((Counter(one.left_out) for one in counts), Counter[str]())
    lost = {f"left out {reason}": count for reason, count in left_out.items()}
    faulty = sum(one.faulty_golds for one in counts)
    return {**{name: size for name, size in sizes.items() if size}, **lost, "faulty golds": faulty}


if __name__ == "__main__":
    stage.run(main, __doc__)
