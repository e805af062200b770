"""Compare a model with its parent and with the base model on the same held-out problems."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from stages.core import files, stage
from stages.core.metrics import Comparisons
from stages.core.records import TestPrediction
from stages.evaluation.comparison import compare


@dataclass(frozen=True)
class Paths:
    """Options that dvc.yaml passes."""

    predictions: stage.Input
    parent: stage.Input
    base: stage.Input
    out: stage.Output


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


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the comparisons of each test set, with the base model and with the parent."""
    base, parent = read_sets(paths.base), read_sets(paths.parent)
    comparisons = {
        name: Comparisons(
            base=compare(base[name], predictions, params.seed), parent=compare(parent[name], predictions, params.seed)
        )
        for name, predictions in read_sets(paths.predictions).items()
    }
    files.write_json(paths.out, {name: asdict(both) for name, both in comparisons.items()})
    return {name: f"{both.parent.fixed} fixed and {both.parent.broken} broken" for name, both in comparisons.items()}


if __name__ == "__main__":
    stage.run(main, __doc__)
