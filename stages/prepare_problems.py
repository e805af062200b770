"""Take problems from the chosen source and split them into train, test and out-of-distribution sets."""

import argparse
import math
import random
from dataclasses import dataclass
from typing import Literal

from stages.core import files, params, stage
from stages.core.records import Problem
from stages.problems import extra, hub, local, procedural, splits
from stages.problems.reading import Columns


@dataclass(frozen=True)
class PrepareProblems:
    """The `prepare_problems` section: only the chosen source's own section is read."""

    source: Literal["procedural", "local", "hub"]
    columns: Columns
    procedural: procedural.ProceduralParams
    local: local.LocalParams
    hub: hub.HubParams
    split: splits.SplitParams
    extra: dict[str, extra.ExtraParams]


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int
    prepare_problems: PrepareProblems


def load_pool(section: PrepareProblems, rng: random.Random) -> list[Problem]:
    """Return all problems of the chosen source; a generator makes a few more than the splits take."""
    if section.source == "procedural":
        # Twice as many as asked for: the splits need them from some of the groups only.
        wanted = 2 * (section.split.train + section.split.test + section.split.ood)
        for_ood = math.ceil(section.split.ood / max(1, section.split.ood_groups))
        return procedural.generate(section.procedural, wanted, rng, for_ood)
    if section.source == "local":
        return local.load(section.local, section.columns)
    return hub.load(section.hub, section.columns)


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write train.jsonl, test.jsonl and, in the ood folder, unseen.jsonl (if asked for) and the extra test sets."""
    declared = params.declared(Params)
    rng = random.Random(declared.seed)
    pool = load_pool(declared.prepare_problems, rng)
    parts = splits.split(pool, declared.prepare_problems.split, rng)
    more = extra.load(declared.prepare_problems.extra, arguments.raw, parts.train)
    if parts.ood:
        more[extra.UNSEEN] = parts.ood
    files.write_records(arguments.train, parts.train)
    files.write_records(arguments.test, parts.test)
    arguments.ood.mkdir(parents=True, exist_ok=True)
    for name, problems in more.items():
        files.write_records(arguments.ood / f"{name}.jsonl", problems)
    counts = {f"ood/{name}": len(problems) for name, problems in more.items()}
    return {"pool": len(pool), "train": len(parts.train), "test": len(parts.test), **counts}


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["raw"], outputs=["train", "test", "ood"])
