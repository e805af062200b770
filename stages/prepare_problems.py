"""Take problems from the chosen source, check their golds and split them into train, test and other test sets."""

import random
from dataclasses import dataclass

from stages.core import files, stage
from stages.core.params import section
from stages.problems import extra, sources, splits
from stages.problems.sources import PrepareProblems


@dataclass(frozen=True)
class Paths:
    """The options of the command line.

    Attributes:
        raw: folder with the files of the extra test sets.
        train: problems to train on.
        test: problems to test on, of the same groups.
        ood: folder for unseen.jsonl, the problems of groups that were held out, and for the extra test sets.
    """

    raw: stage.Input
    train: stage.Output
    test: stage.Output
    ood: stage.Output


@section
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    prepare_problems: PrepareProblems


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the problem sets; unseen.jsonl only where it is asked for."""
    rng = random.Random(params.seed)
    pool = sources.load_pool(params.prepare_problems, rng)
    parts = splits.split(pool, params.prepare_problems.split, rng)
    ood = extra.load(params.prepare_problems.extra, paths.raw, parts.train)
    if parts.ood:
        ood[extra.UNSEEN] = parts.ood
    files.write_records(paths.train, parts.train)
    files.write_records(paths.test, parts.test)
    paths.ood.mkdir(parents=True, exist_ok=True)
    for name, problems in ood.items():
        files.write_records(paths.ood / f"{name}.jsonl", problems)
    sets = {"train": parts.train, "test": parts.test, **{f"ood/{name}": problems for name, problems in ood.items()}}
    faulty = sum(problem.gold_fault is not None for problems in sets.values() for problem in problems)
    return {"pool": len(pool), **{name: len(problems) for name, problems in sets.items()}, "faulty golds": faulty}


if __name__ == "__main__":
    stage.run(main, __doc__)
