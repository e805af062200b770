"""Compare a model with its parent and with the base model on the same held-out problems."""

import argparse
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from stages.core import files, params, stage
from stages.core.records import TestPrediction
from stages.evaluation.comparison import compare


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    seed: int


def read_sets(path: Path) -> dict[str, list[TestPrediction]]:
    """Return the predictions by test set."""
    sets: dict[str, list[TestPrediction]] = defaultdict(list)
    for prediction in files.read_records(path, TestPrediction):
        sets[prediction.problem_set].append(prediction)
    return sets


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write the comparisons of each test set, by what the model is compared with."""
    seed = params.declared(Params).seed
    model = read_sets(arguments.predictions)
    others = {"base": read_sets(arguments.base), "parent": read_sets(arguments.parent)}
    found = {
        name: {other: compare(sets[name], predictions, seed) for other, sets in others.items()}
        for name, predictions in model.items()
    }
    files.write_json(arguments.out, found)
    return {name: f"{two['parent']['fixed']} fixed and {two['parent']['broken']} broken" for name, two in found.items()}


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["predictions", "parent", "base"], outputs=["out"])
