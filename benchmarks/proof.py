"""The proof: one iteration of self-error instruction on a model that people use, against base and against its controls.

    python -m benchmarks.proof ../proof [--only sei-0 untargeted-0]

`../proof` is a clone of the repository in which the recipes of a target and of the data, `qwen2.5-coder-0.5b` and
`qwen-gsm8k-math`, were laid over params.yaml. An arm changes params there, runs the pipeline, and keeps its records in
`.sei/arms/ARM`: an arm that has them is not run again, and what arms share is computed once. What can be told without
the texts of the data sets goes into `benchmarks/results/proof/`:

    ARM.json      params, the metrics of each stage, its seconds, the processor, the verdicts of Math-Verify, counted,
                  and at how many problems base did otherwise in this run than in the first arm's
    verdicts.csv  a line for each test problem, with the verdict of each arm; that of base is the first arm's

`python -m benchmarks.proof_results` makes the comparisons of these, and docs/results.md shows them.
"""

import contextlib
import csv
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import arms, inputs
from benchmarks.solutions import BASE, PARTS, TRAINED, by_math_verify, gain
from stages import evaluate
from stages.core import files, times
from stages.core.params import fields_of, parse, read_yaml
from stages.core.problem_sets import is_dev, read_held_out
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from stages.reporting.provenance import processor

FOLDER = Path("benchmarks/results/proof")
VERDICTS = "verdicts.csv"
ALONE = "test/gsm8k_test"
Verdicts = dict[tuple[str, str], dict[str, Verdict]]
"""By set and problem the verdict of each model that was asked."""
_CHAIN = {"iterations": {"iter1": {"parent": "base"}, "iter2": {"parent": "iter1"}}}


@dataclass(frozen=True)
class Arm:
    """An arm of the proof.

    Attributes:
        changes: of params.yaml, by dotted key.
        iteration: whose model is tested.
        after: the arm whose solved candidates are taken as they are; half of its rows are selected, and what is trained
            on them answers `ALONE` alone.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    iteration: str = "iter1"
    after: str | None = None


def _strategy(name: str, seed: int, **changes: Any) -> Arm:
    return Arm({"synthesize_data.strategy": name, "seed": seed, **changes})


def _selection(score: str, seed: int) -> Arm:
    return Arm({"select_data.score": score, "seed": seed}, after="sei-0")


# Arms that have fewer problems than rows to be trained on: 128 good cases, about 200 bad ones that can be renumbered
_MORE_TRIES = {"solve_candidates.samples.instructor": 4, "solve_candidates.keep": 4}

ARMS: dict[str, Arm] = {
    "sei-0": _strategy("sei", 0),
    "good_cases-0": _strategy("good_cases", 0, **_MORE_TRIES),
    "untargeted-0": _strategy("untargeted", 0),
    "train_set-0": _strategy("train_set", 0),
    "per_case-0": _strategy("per_case", 0, **_MORE_TRIES),
    "sei-1": _strategy("sei", 1),
    "untargeted-1": _strategy("untargeted", 1),
    "sei-2": _strategy("sei", 2),
    "untargeted-2": _strategy("untargeted", 2),
    "sei_iter2-0": Arm({"synthesize_data.strategy": "sei", "seed": 0, **_CHAIN}, "iter2"),
    "random-0": _selection("random", 0),
    "likelihood-0": _selection("likelihood", 0),
    "accuracy-0": _selection("accuracy", 0),
    "difficulty-0": _selection("difficulty", 0),
    "random-1": _selection("random", 1),
    "random-2": _selection("random", 2),
}


def main() -> None:
    """Run the arms that are missing, and write what is committed where that is missing."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--only", nargs="+", choices=ARMS, default=list(ARMS))
    arguments = parser.parse_args()
    kept = arguments.project / ".sei/arms"
    for name in arguments.only:
        if not (kept / name).exists():
            run(arguments.project, name, kept)
        if not (FOLDER / f"{name}.json").exists():  # Math-Verify grades base and arm for it
            commit(name, kept / name)


def run(project: Path, name: str, kept: Path) -> None:
    """Run an arm, and keep its records and its model."""
    arm = ARMS[name]
    changes, targets = arm.changes, [f"compare@{arm.iteration}"]
    if arm.after:
        with arms.ran(project, ARMS[arm.after].changes, [f"solve_candidates@{arm.iteration}"]):
            pass
        rows = sum(1 for _ in files.read_lines(kept / arm.after / "training_set.jsonl"))
        changes = changes | {"select_data.keep": {"by": "rows", "value": rows // 2, "within": "all"}}
        stages = ("select_data", "assemble_training_set", "train")
        targets = ["--single-item", *(f"{stage}@{arm.iteration}" for stage in stages)]
    with arms.ran(project, changes, targets), files.new_folder(kept / name) as folder:
        arms.keep(project, folder, arm.iteration, PARTS)
        shutil.copytree(project / "models" / arm.iteration, folder / "model")
        if arm.after:
            evaluate_alone(project, folder.resolve())
        files.write_json(folder / "seconds.json", seconds(project, arm.iteration))


def evaluate_alone(project: Path, folder: Path) -> None:
    """Let an arm's model answer the problems of one set, in place of the predictions that were copied."""
    alone = folder / "held_out_alone"
    (alone / ALONE).parent.mkdir(parents=True)
    shutil.copy(folder / "held_out" / f"{ALONE}.jsonl", alone / f"{ALONE}.jsonl")
    values = read_yaml(folder / "params.yaml")
    params = parse(evaluate.Params, {name: values[name] for name in fields_of(evaluate.Params)})
    metrics = folder / "metrics/evaluate.json"
    with contextlib.chdir(project):  # for the `runtime` section, and `.sei`
        evaluate.main(evaluate.Paths(folder / "model", Path("models/base"), alone, folder / TRAINED, metrics), params)
    (folder / "metrics/compare.json").unlink()  # of other predictions


def seconds(project: Path, iteration: str) -> dict[str, float]:
    """Return the seconds of each stage that wrote what the project holds, of an iteration or of none."""
    with contextlib.chdir(project):  # for `.sei`
        found = times.find(times.locked_outputs(read_yaml(Path("dvc.lock"))))
    return {stage: run["seconds"] for stage, run in found.items() if stage.partition("@")[2] in ("", iteration)}


def commit(name: str, kept: Path, folder: Path = FOLDER) -> None:
    """Write what is committed of an arm, and of base; of development sets only what the metrics of the stages say."""
    before, after = (
        [one for one in files.read_records(kept / part, TestPrediction) if not is_dev(one.problem_set)]
        for part in (BASE, TRAINED)
    )
    metrics = {path.stem: files.read_json(path) for path in sorted((kept / "metrics").glob("*.json"))}
    table = read_verdicts(folder / VERDICTS)
    params = read_yaml(kept / "params.yaml")
    record = {
        "params": {name: values for name, values in params.items() if name != "runtime"},  # of this machine
        "processor": processor(),
        "base_otherwise": sum(
            (one.verdict is Verdict.CORRECT) is not (first is Verdict.CORRECT)
            for one in before
            if (first := table.get((one.problem_set, one.problem_id), {}).get("base"))
        ),
        "metrics": metrics,
        "seconds": files.read_json(kept / "seconds.json"),
        "math_verify": dict(math_verify(kept, before, after)),
    }
    add_verdicts(folder / VERDICTS, table, {name: after} if table else {"base": before, name: after})
    files.write_json(folder / f"{name}.json", record)  # last: it says that all is written


def math_verify(kept: Path, *arms_of: Sequence[TestPrediction]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield for each test set what an arm gains over base, graded by Math-Verify alone."""
    answers = {one.id: one.answer for members in read_held_out(kept / "held_out").values() for one in members}
    for name in sorted({one.problem_set for one in arms_of[-1]}):
        pair = [[one for one in predictions if one.problem_set == name] for predictions in arms_of]
        yield name, gain(*(by_math_verify(one, answers) for one in pair))


def add_verdicts(path: Path, table: Verdicts, columns: Mapping[str, Sequence[TestPrediction]]) -> None:
    """Write a table of test problems with the verdicts of models in their columns; its other columns stay."""
    names = list(dict.fromkeys([name for row in table.values() for name in row] + list(columns)))
    for name, predictions in columns.items():
        for one in predictions:
            table.setdefault((one.problem_set, one.problem_id), {})[name] = one.verdict
    with files.replacing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["set", "problem", *names])
        writer.writerows([*key, *(row.get(name, "") for name in names)] for key, row in sorted(table.items()))


def read_verdicts(path: Path) -> Verdicts:
    """Return the verdicts; none where there is no such file yet."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        (row.pop("set"), row.pop("problem")): {name: Verdict(verdict) for name, verdict in row.items() if verdict}
        for row in rows
    }


if __name__ == "__main__":
    main()
