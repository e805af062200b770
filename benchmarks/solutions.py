"""One iteration by whose solutions it is trained on, at equal numbers of rows: gains over base on development sets.

    python -m benchmarks.solutions ../pilot [--rows 300] [--only worked target] [--doubled target]

`../pilot` is a clone of the repository, in which models and sets of params.yaml are those to be measured, and
`instructor.providers` names who solves; its development sets are never trained on. For each arm the benchmark changes
params.yaml there, runs `dvc repro compare`, and keeps the records in `.sei/arms/ARM`: an arm that has them is not run
again, and what is shared is computed once. The gain is told as the pipeline grades and by Math-Verify alone, and for
the arms of `--doubled` also with twice as many new tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import arms, inputs, results
from stages.core import files
from stages.core.metrics import Evaluation, SelectionCounts, TrainingCounts
from stages.core.params import read_yaml
from stages.core.problem_sets import DEV, of_role, read_held_out
from stages.core.records import TestPrediction
from stages.core.verdict import Verdict
from stages.evaluation.comparison import compare

ARMS: dict[str, dict[str, Any]] = {
    "worked": {"solve_candidates.solutions": "worked"},
    "target": {"solve_candidates.solutions": "target"},
    "instructor": {"solve_candidates.solutions": "instructor"},
    "both": {"solve_candidates.solutions": "both"},
    "good_cases": {
        "solve_candidates.solutions": "target",
        "solve_candidates.samples": {"target": 4, "instructor": 0},
        "synthesize_data.strategy": "good_cases",
    },
}
ITERATION = "iter1"
EVALUATION = ("evaluate_base", f"evaluate@{ITERATION}", f"compare@{ITERATION}")
PARTS = ("synthetic", "solutions", "selected", "training_set")


def main() -> None:
    """Run the arms that are missing, and write the gains of all."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--doubled", nargs="+", choices=ARMS, default=[])
    parser.add_argument("--results", default="solutions", help="the name of the results")
    arguments = parser.parse_args()
    kept = arguments.project / ".sei/arms"
    for arm in arguments.only:
        changes = ARMS[arm] | {"select_data.keep": by_rows(arguments.rows)}
        if not (kept / arm).exists():
            run(arguments.project, changes, [f"compare@{ITERATION}"], kept / arm)
        if arm in arguments.doubled and not (kept / f"{arm}_doubled").exists():
            run(arguments.project, changes, [f"compare@{ITERATION}"])  # for its model, where another arm was run since
            limit = read_yaml(arguments.project / "params.yaml")["generation"]["max_new_tokens"]
            changes |= {"generation.max_new_tokens": 2 * limit}
            run(arguments.project, changes, ["-s", *EVALUATION], kept / f"{arm}_doubled")
    measured = [name for arm in arguments.only for name in (arm, f"{arm}_doubled") if (kept / name).exists()]
    results.write(arguments.results, [row for name in measured for row in gains(name, kept / name)])


def by_rows(count: int) -> dict[str, Any]:
    """Return `select_data.keep` for that many rows."""
    return {"by": "rows", "value": count, "within": "all"}


def run(project: Path, changes: dict[str, Any], targets: Sequence[str], folder: Path | None = None) -> None:
    """Run an arm, and keep its records in a folder, if there is one."""
    with arms.ran(project, changes, targets):
        if folder:
            with files.new_folder(folder) as whole:
                arms.keep(project, whole, ITERATION, PARTS)


def gains(arm: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the gain of an arm on each development set, by the pipeline's verdicts and by Math-Verify's."""
    answers = {one.id: one.answer for members in read_held_out(folder / "held_out").values() for one in members}
    before = files.read_records(folder / "base_predictions.jsonl", TestPrediction)
    after = files.read_records(folder / "test_predictions.jsonl", TestPrediction)
    trained = files.read_record(folder / "metrics/train.json", TrainingCounts)
    selected = files.read_record(folder / "metrics/select_data.json", SelectionCounts)
    counts = {name: Evaluation(**one) for name, one in files.read_json(folder / "metrics/evaluate.json").items()}
    for name in of_role(DEV, list(counts)):
        pair = [[one for one in rows if one.problem_set == name] for rows in (before, after)]
        for grader, graded in (("pipeline", pair), ("Math-Verify", [by_math_verify(one, answers) for one in pair])):
            yield {
                "set": name.partition("/")[2],
                "solutions": arm,
                "grader": grader,
                **_gain(*graded),
                "rows": trained.rows,
                "shortfall": selected.shortfall,
                "tokens": trained.tokens,
                "truncated": counts[name].verdicts[Verdict.TRUNCATED],
                "no_answer": counts[name].verdicts[Verdict.NO_ANSWER],
            }


def _gain(before: Sequence[TestPrediction], after: Sequence[TestPrediction]) -> dict[str, Any]:
    found = compare(before, after, seed=0)
    share = 0.0 if found.difference is None else found.difference
    low, high = found.interval
    return {
        "base": sum(one.verdict is Verdict.CORRECT for one in before),
        "solved": sum(one.verdict is Verdict.CORRECT for one in after),
        "points": round(100 * share, 1),
        "low": round(100 * low, 1),
        "high": round(100 * high, 1),
        "p": found.p,
        "fixed": found.fixed,
        "broken": found.broken,
        "n": found.problems,
    }


def by_math_verify(predictions: Sequence[TestPrediction], answers: dict[str, str]) -> list[TestPrediction]:
    """Return predictions with Math-Verify's verdict on their texts, whatever the pipeline made of them."""
    from math_verify import parse, verify  # takes a second

    def verdict(one: TestPrediction) -> Verdict:
        right = verify(parse(f"${answers[one.problem_id]}$"), parse(one.output))
        return Verdict.CORRECT if right else Verdict.WRONG

    return [replace(one, verdict=verdict(one)) for one in predictions]


if __name__ == "__main__":
    main()
