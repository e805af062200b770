"""What an experiment measured and under which settings, read at its git revision.

Accuracies, error types, time and payments are those of its report, which git carries. Outputs on held-out problems come
out of DVC's cache where it has them; no remote is asked.
"""

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from stages.core.exceptions import RecordsError, SourceError, one_line
from stages.core.files import read_records
from stages.core.params import flat
from stages.core.records import TestPrediction
from stages.reporting.families import FamilyShare
from stages.reporting.tables import AccuracyRow, read_csv

T = TypeVar("T")

WORKSPACE = "workspace"
_FAMILIES = "reports/families.csv"
# Of reports that were written before there were several tries at a problem.
_ONE_TRY = {"samples": 1, "majority": None, "majority_low": None, "majority_high": None}


class TypeRow(NamedTuple):
    """An error type of an iteration: its bad cases and their share."""

    iteration: str
    error_type: str
    size: int
    share: float


@dataclass(frozen=True)
class Experiment:
    """A finished run of the pipeline.

    Attributes:
        name: as it was asked for.
        params: by dotted name.
        code: the start of the hash of each file or folder that a stage read and none wrote.
        accuracy: a row for each model and problem set, base first.
        types: the error types of each iteration.
        families: shares of families of errors; none in reports that were written before there were any.
        minutes: of all stages; None where a run was not timed.
        paid: what the instructor was paid, in all: `dollars`, `input_tokens`, `output_tokens`.
        predictions: of each model on held-out problems, or why there are none, in a phrase.
        faults: why its numbers may be others than those of its settings, a sentence each.
    """

    name: str
    params: dict[str, Any]
    code: dict[str, str]
    accuracy: list[AccuracyRow]
    types: list[TypeRow]
    families: list[FamilyShare]
    minutes: float | None
    paid: dict[str, Any]
    predictions: dict[str, list[TestPrediction] | str]
    faults: list[str]

    def of(self, model: str) -> dict[str, AccuracyRow]:
        """Return the accuracies of a model by problem set."""
        return {row.problem_set: row for row in self.accuracy if row.iteration == model}

    @property
    def last(self) -> str:
        """The name of its last model."""
        return self.accuracy[-1].iteration


def read(name: str) -> Experiment:
    """Read an experiment.

    Raises:
        SourceError: there is no such experiment or revision.
        RecordsError: the pipeline did not finish there, or a file has another form.
    """
    from dvc.api import DVCFileSystem  # 0.8 s, and `--help` needs nothing of it
    from dvc.exceptions import DvcException
    from dvc.scm import RevError

    # Without a remote: one may take long to answer, and each kind of it fails in its own ways.
    files = DVCFileSystem(".", rev=None if name == WORKSPACE else name, config={"core": {"remote": ""}})
    try:
        return _read(name, files)
    except RevError:
        raise SourceError(_unknown(name)) from None
    except FileNotFoundError as error:
        raise RecordsError(f"{name}: no {error.filename} there: no finished run of the pipeline") from None
    except (DvcException, RecordsError, YAMLError, json.JSONDecodeError) as error:
        raise RecordsError(f"{name}: {one_line(error)}") from error


def _read(name: str, files: Any) -> Experiment:
    def rows(kind: type[T], path: str, defaults: Mapping[str, Any] | None = None) -> list[T]:
        return read_csv(files.read_text(path), kind, path, defaults)

    accuracy = rows(AccuracyRow, "reports/accuracy.csv", _ONE_TRY)
    params, pipeline, lock = (
        YAML(typ="safe").load(files.read_text(path)) for path in ("params.yaml", "dvc.yaml", "dvc.lock")
    )
    stages = {
        title: stage
        for title, stage in lock["stages"].items()  # which keeps those of an older pipeline
        if title.partition("@")[0] in pipeline["stages"] and title.partition("@")[2] in ("", *params["iterations"])
    }
    predictions = {model: _predictions(files, model) for model in dict.fromkeys(row.iteration for row in accuracy)}
    return Experiment(
        name=name,
        params=dict(flat(params)),
        code=_sources(stages),
        accuracy=accuracy,
        types=rows(TypeRow, "reports/error_types.csv"),
        families=rows(FamilyShare, _FAMILIES) if files.exists(_FAMILIES) else [],
        minutes=json.loads(files.read_text("reports/summary.json")).get("minutes", {}).get("total"),
        paid=json.loads(files.read_text("reports/usage.json"))["total"],
        predictions=predictions,
        faults=list(_changed(params, stages, predictions)),
    )


def _predictions(files: Any, model: str) -> list[TestPrediction] | str:
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "predictions"
        try:
            files.get_file(f"data/{model}/test_predictions.jsonl", copy)
            return read_records(copy, TestPrediction)
        except FileNotFoundError:
            return "outputs are not in DVC's cache"
        except RecordsError:
            return "outputs have another form"


def _unknown(name: str) -> str:
    from dvc.repo import Repo  # as above
    from dvc.repo.experiments.utils import exp_refs

    with Repo() as repo:
        experiments = {ref.name for ref in exp_refs(repo.scm)}  # takes no lock, which a run may hold
        known = {WORKSPACE, *experiments, *repo.scm.list_branches(), *repo.scm.list_tags()}
    if name in experiments:
        return f"{name}: several experiments have this name; give the commit of one, which `dvc exp list -A` tells"
    near = difflib.get_close_matches(name, sorted(known), n=5, cutoff=0)
    return f"{name}: no such experiment or revision; the nearest names are {', '.join(near)}"


def _sources(stages: Mapping[str, Any]) -> dict[str, str]:
    outs = [f"{out['path']}/" for stage in stages.values() for out in stage.get("outs", [])]
    deps = {dep["path"]: dep["md5"] for stage in stages.values() for dep in stage.get("deps", [])}
    written = {path for path in deps for out in outs if out.startswith(f"{path}/")} | {"params.yaml"}
    return {path: md5[:7] for path, md5 in deps.items() if path not in written}


def _changed(params: Mapping[str, Any], stages: Mapping[str, Any], models: Mapping[str, Any]) -> Iterator[str]:
    """Tell the params with which a stage did not run, and the iterations that were not run."""
    changed = [f"iterations.{name}" for name in params["iterations"] if name not in models]
    now = dict(flat(params))
    for stage in stages.values():
        declared = stage.get("params", {}).get("params.yaml", {})
        then = dict(flat(declared))
        names = [*then, *(name for name in now if name.startswith(tuple(f"{key}." for key in declared)))]
        changed += [name for name in names if then.get(name) != now.get(name)]
    if changed:
        yield f"params.yaml is not what its numbers were measured with: {', '.join(dict.fromkeys(changed))}."
