"""The default with exercises as a share of its candidates: on its test problems, on unseen templates, and on SVAMP.

    python -m benchmarks.exercise_shares ../clone [--arms 0:300 0.25:344 0.5:402] [--seeds 0 1]

`../clone` is a clone of the repository with SVAMP in `data/raw/svamp_test.jsonl`. An arm is a share with the number of
candidates that makes as many trained tokens as the others have, for exercises are shorter. Each is run with each seed
for two iterations, and tested on rows 0 to 299 of SVAMP too. The records of a run are kept in `.sei/arms/` there. A run
that has them, or whose rows are in the results already, is not repeated.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import arms, inputs, results
from stages.core import files
from stages.core.metrics import Evaluation, SynthesisCounts, TrainingCounts
from stages.core.problem_sets import OOD, TEST, of_role
from stages.reporting.provenance import processor

NAME = "exercise_shares"
ITERATIONS = ("iter1", "iter2")
ARMS = ("0:300", "0.25:344", "0.5:402")


def main() -> None:
    """Do the runs that are missing, and write the accuracies of all."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--arms", nargs="+", default=ARMS, help="SHARE:CANDIDATES")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    arguments = parser.parse_args()
    measured = files.read_json(results.FOLDER / f"{NAME}.json")
    rows: list[dict[str, Any]] = []
    for seed in arguments.seeds:
        for share, candidates in (one.split(":") for one in arguments.arms):
            arm = {"exercises": float(share), "seed": seed}
            folder = arguments.project / f".sei/arms/exercises_{share}_{candidates}_seed{seed}"
            known = [row for row in measured["rows"] if arm.items() <= row.items()]
            if known and not folder.exists():
                rows += [{"processor": measured["processor"]} | row for row in known]
                continue
            changes = {
                "seed": seed,
                "synthesize_data.amount.exercises": float(share),
                "synthesize_data.amount.candidates": int(candidates),
                "prepare_problems.sets.svamp": {"role": OOD, "path": "data/raw/svamp_test.jsonl", "limit": 300},
            }
            if not folder.exists():
                run(arguments.project, changes, folder)
            rows += accuracies(arm, folder)
    results.write(NAME, rows)


def run(project: Path, changes: dict[str, Any], folder: Path) -> None:
    """Run the iterations with changed params, and keep their records."""
    with arms.ran(project, changes, [f"evaluate@{name}" for name in ITERATIONS]), files.new_folder(folder) as whole:
        for name in ITERATIONS:
            arms.keep(project, whole / name, name, ["synthetic", "training_set"])


def accuracies(arm: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what each iteration solves of each set."""
    for name in ITERATIONS:
        metrics = folder / name / "metrics"
        trained = files.read_record(metrics / "train.json", TrainingCounts)
        made = files.read_record(metrics / "synthesize_data.json", SynthesisCounts)
        found = {key: Evaluation(**one) for key, one in files.read_json(metrics / "evaluate.json").items()}
        for role in (TEST, OOD):
            for key in of_role(role, list(found)):
                yield {
                    **arm,
                    "iteration": name,
                    "set": key,
                    "solved": found[key].correct,
                    "n": found[key].scored,
                    "written": made.exercises,
                    "candidates": made.accepted,
                    "rows": trained.rows,
                    "tokens": trained.tokens,
                    "processor": processor(),
                }


if __name__ == "__main__":
    main()
