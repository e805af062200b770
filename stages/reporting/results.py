"""Measurements of all stages, by iteration, in the order of params.yaml."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from stages.core.files import read_record
from stages.core.metrics import (
    BadCaseCounts,
    Comparisons,
    Evaluation,
    KeyphraseCounts,
    ProblemCounts,
    SelectionCounts,
    SolvingCounts,
    SynthesisCounts,
    TrainingCounts,
    TypeCounts,
)
from stages.core.params import BASE, Iterations, lineage
from stages.core.problem_sets import DEV, OOD, TEST
from stages.reporting.families import FamilyShare
from stages.reporting.provenance import Provenance

M = TypeVar("M")

_ROLES = (TEST, OOD, DEV)  # in the order in which they are shown


@dataclass(frozen=True)
class Model:
    """A model and its measurements, by problem set.

    Attributes:
        name: `base` or the iteration.
        parent: the model before it; None for base.
        depth: its iterations from base.
        evaluation: what `evaluate` measured.
        comparisons: what `compare` found; empty for base itself.
    """

    name: str
    parent: str | None
    depth: int
    evaluation: dict[str, Evaluation]
    comparisons: dict[str, Comparisons]

    @property
    def graded(self) -> dict[str, int]:
        """The number of graded problems by problem set."""
        return {name: one.scored for name, one in self.evaluation.items()}


@dataclass(frozen=True)
class Iteration:
    """Counts of one iteration.

    Attributes:
        loss: its training loss by step, empty where nothing was trained.
        validation: the loss on training problems held out, by step; empty where none were.
        type_sets: its bad cases by the id of their error type and by problem set.
        type_families: the same by the id of their error type and by family.
    """

    name: str
    bad_cases: BadCaseCounts
    keyphrases: KeyphraseCounts
    error_types: TypeCounts
    synthesis: SynthesisCounts
    solving: SolvingCounts
    selection: SelectionCounts
    training: TrainingCounts
    loss: list[tuple[int, float]]
    validation: list[tuple[int, float]] = field(default_factory=list)
    type_sets: dict[str, Counter[str]] = field(default_factory=dict)
    type_families: dict[str, Counter[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """What the report shows.

    Attributes:
        models: base first.
        iterations: in the order of params.yaml.
        problems: what became of the rows of each problem set.
        provenance: of the run, where it is known.
        families: shares of families of errors, each row once.
    """

    models: list[Model]
    iterations: list[Iteration]
    problems: list[ProblemCounts] = field(default_factory=list)
    provenance: Provenance | None = None
    families: list[FamilyShare] = field(default_factory=list)


def collect(metrics: Path, curves: Path, iterations: Iterations) -> Results:
    """Read the metrics of base and of the given iterations.

    Leftovers of iterations that are no longer in params.yaml are not read.

    Raises:
        RecordsError: a file is missing or broken.
    """
    models = [Model(BASE, None, 0, _evaluation(metrics / BASE), {})]
    for name, iteration in iterations.items():
        comparisons = _in_order(read_record(metrics / name / "compare.json", dict[str, Comparisons]))
        depth = len(lineage(iterations, name))
        models.append(Model(name, iteration.parent, depth, _evaluation(metrics / name), comparisons))
    problems = read_record(metrics / "problems.json", list[ProblemCounts])
    return Results(models, [_iteration(name, metrics / name, curves / name) for name in iterations], problems)


def with_traces(results: Results, traces: Sequence[Any]) -> Results:
    """Return the results with what the documents of `trace_cases` tell of error types and of families."""
    by_name = {trace["iteration"]: trace for trace in traces}
    iterations = [
        replace(one, type_sets=_by_type(by_name[one.name], "set"), type_families=_by_type(by_name[one.name], "family"))
        for one in results.iterations
    ]
    # A parent's rows stand in the document of each of its children.
    families = list(dict.fromkeys(FamilyShare(**row) for trace in traces for row in trace["families"]))
    return replace(results, iterations=iterations, families=families)


def _by_type(trace: Any, name: str) -> dict[str, Counter[str]]:
    """Return the bad cases with each value of a field, by the id of their error type."""
    counts: dict[str, Counter[str]] = {}
    for case in trace["cases"]:
        if case["error_type_id"] is not None:
            counts.setdefault(case["error_type_id"], Counter())[case[name]] += 1
    return counts


def _evaluation(metrics: Path) -> dict[str, Evaluation]:
    return _in_order(read_record(metrics / "evaluate.json", dict[str, Evaluation]))


def _in_order(measured: dict[str, M]) -> dict[str, M]:
    """Return measurements by problem set: test, then OOD, then dev sets, the pooled result of each role first."""
    return dict(sorted(measured.items(), key=lambda item: (_ROLES.index(item[0].partition("/")[0]), item[0])))


def _iteration(name: str, metrics: Path, curves: Path) -> Iteration:
    return Iteration(
        name=name,
        bad_cases=read_record(metrics / "extract_bad_cases.json", BadCaseCounts),
        keyphrases=read_record(metrics / "generate_keyphrases.json", KeyphraseCounts),
        error_types=read_record(metrics / "cluster_keyphrases.json", TypeCounts),
        synthesis=read_record(metrics / "synthesize_data.json", SynthesisCounts),
        solving=read_record(metrics / "solve_candidates.json", SolvingCounts),
        selection=read_record(metrics / "select_data.json", SelectionCounts),
        training=read_record(metrics / "train.json", TrainingCounts),
        loss=_loss(curves / "plots" / "metrics" / "loss.tsv"),
        validation=_loss(curves / "plots" / "metrics" / "eval" / "loss.tsv"),
    )


def _loss(path: Path) -> list[tuple[int, float]]:
    """Return (step, loss); an iteration without new training rows has no curve."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [(int(row["step"]), float(row["loss"])) for row in csv.DictReader(file, delimiter="\t")]
