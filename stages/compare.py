"""Compare a model with its parent and with the base model on the same held-out problems."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from stages.core import files, runtime, stage
from stages.core.exceptions import RecordsError
from stages.core.metrics import Comparisons
from stages.core.params import BASE, Seed
from stages.core.records import TestPrediction
from stages.evaluation import pooled
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

    seed: Seed


def by_set(predictions: Sequence[TestPrediction]) -> dict[str, list[TestPrediction]]:
    """Return the predictions by test set."""
    sets: dict[str, list[TestPrediction]] = defaultdict(list)
    for prediction in predictions:
        sets[prediction.problem_set].append(prediction)
    return sets


def check_engines(predictions: Mapping[Path, Sequence[TestPrediction]]) -> None:
    """Check that one engine wrote the rows of all test predictions.

    Raises:
        RecordsError: they are of several; it says what to run to have all by the engine that params.yaml names.
    """
    engines = {path: row.engine for path, rows in predictions.items() for row in rows}
    if len(set(engines.values())) > 1:
        chosen = runtime.load().engine
        by = ", ".join(f"{path} is by {engine}" for path, engine in engines.items())
        names = [path.parent.name for path, engine in engines.items() if engine != chosen]
        stages = " ".join(f"evaluate@{name}" if name != BASE else "evaluate_base" for name in names)
        raise RecordsError(
            f"{by}: numbers of two engines are not compared; with runtime.engine: {chosen}, which params.yaml has now, "
            f"run `dvc repro -f -s {stages} && dvc repro`"
        )


def main(paths: Paths, params: Params) -> dict[str, object]:
    """Write the comparisons with the base model and with the parent, of each set and pooled over several."""
    read = {path: files.read_records(path, TestPrediction) for path in (paths.base, paths.parent, paths.predictions)}
    check_engines(read)
    base, parent = by_set(read[paths.base]), by_set(read[paths.parent])
    comparisons = {
        name: Comparisons(
            base=compare(base[name], predictions, params.seed), parent=compare(parent[name], predictions, params.seed)
        )
        for name, predictions in by_set(read[paths.predictions]).items()
    }
    comparisons |= pooled.comparisons(comparisons, params.seed)
    files.write_json(paths.out, {name: asdict(both) for name, both in comparisons.items()})
    return {name: f"{both.parent.fixed} fixed and {both.parent.broken} broken" for name, both in comparisons.items()}


if __name__ == "__main__":
    stage.run(main, __doc__)
