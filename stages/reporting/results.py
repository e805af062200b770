"""Collect what the stages measured, iteration by iteration, in the order in which the user listed them."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.files import read_json
from stages.core.params import BASE, lineage

TEST = "test"


@dataclass(frozen=True)
class Model:
    """A model and its measurements, by test set.

    Attributes:
        name: `base` or the iteration.
        parent: what it was trained from; None for base.
        depth: its iterations from base.
        evaluation: what `evaluate` measured.
        comparisons: for each test set what `compare` found against `parent` and `base`; empty for base itself.
    """

    name: str
    parent: str | None
    depth: int
    evaluation: dict[str, dict[str, Any]]
    comparisons: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Iteration:
    """What the stages of one iteration counted, and its training loss by step.

    `training` has the `rows` that were trained on, those of earlier iterations included, and how many were `too_long`;
    without new rows nothing is trained, `rows` is 0 and there is no more.
    """

    name: str
    bad_cases: dict[str, Any]
    error_types: list[dict[str, Any]]
    synthesis: dict[str, Any]
    selection: dict[str, Any]
    training: dict[str, Any]
    loss: list[tuple[int, float]]


@dataclass(frozen=True)
class Results:
    """Base first, then the iterations."""

    models: list[Model]
    iterations: list[Iteration]


def collect(metrics: Path, curves: Path, iterations: Mapping[str, Mapping[str, str]]) -> Results:
    """Read the metrics of base and of the given iterations.

    Leftovers of iterations that are no longer in params.yaml are not read.

    Raises:
        RecordsError: a file is missing or broken.
    """
    models = [Model(BASE, None, 0, _by_set(metrics / BASE / "evaluate.json"), {})]
    for name, item in iterations.items():
        depth = len(lineage(iterations, name))
        evaluation = _by_set(metrics / name / "evaluate.json")
        comparisons = _by_set(metrics / name / "compare.json")
        models.append(Model(name, item["parent"], depth, evaluation, comparisons))
    return Results(models, [_iteration(name, metrics / name, curves / name) for name in iterations])


def _by_set(path: Path) -> dict[str, Any]:
    """Return the measurements by test set, the test problems first."""
    measured = read_json(path)
    return dict(sorted(measured.items(), key=lambda item: (item[0] != TEST, item[0])))


def _iteration(name: str, metrics: Path, curves: Path) -> Iteration:
    return Iteration(
        name=name,
        bad_cases=read_json(metrics / "extract_bad_cases.json"),
        error_types=read_json(metrics / "cluster_keyphrases.json")["types"],
        synthesis=read_json(metrics / "synthesize_data.json"),
        selection=read_json(metrics / "select_data.json"),
        training=read_json(metrics / "train.json"),
        loss=_loss(curves / "plots" / "metrics" / "loss.tsv"),
    )


def _loss(path: Path) -> list[tuple[int, float]]:
    """Return (step, loss); an iteration without new training rows has no curve."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file, delimiter="\t")]
