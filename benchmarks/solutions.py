"""One iteration by whose solutions it is trained on, at equal numbers of rows: gains over base on development sets.

    python -m benchmarks.solutions ../pilot [--rows 300] [--only worked target] [--control worked] [--doubled target]

`../pilot` is a clone of the repository, in which models and sets of params.yaml are those to be measured, and
`instructor.providers` names who solves; its development sets are never trained on. For each arm the benchmark changes
params.yaml there, runs `dvc repro compare`, and keeps the records in `.sei/arms/ARM`: an arm that has them is not run
again, and what is shared is computed once. The gain over base is told as the pipeline grades and by Math-Verify alone,
and for the arms of `--doubled` also with twice as many new tokens: what was cut is written anew, what ended by itself
stays. The gain over a control, `good_cases` unless another is named, follows where that was run. SVAMP's problems are
counted apart where they have a number that the gold equation does not use.
"""

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks import arms, inputs, results
from stages.arithmetic.tokens import tokenize
from stages.core import files, runtime
from stages.core.metrics import SelectionCounts, TrainingCounts
from stages.core.params import parse, read_yaml
from stages.core.problem_sets import DEV, of_role, read_held_out
from stages.core.records import Problem, TestPrediction
from stages.core.verdict import Verdict
from stages.evaluation.comparison import compare
from stages.evaluation.graded import to_test_prediction
from stages.model import inference
from stages.model.chat import ChatParams
from stages.model.checkpoints import Target
from stages.model.generation import GenerationParams

ARMS: dict[str, dict[str, Any]] = {
    "worked": {"solve_candidates.solutions": "worked"},
    "target": {"solve_candidates.solutions": "target"},
    "instructor": {"solve_candidates.solutions": "instructor"},
    "both": {"solve_candidates.solutions": "both"},
    "both_by_likelihood": {"solve_candidates.solutions": "both", "solve_candidates.order": "likelihood"},
    "instructor_with_exercises": {"solve_candidates.solutions": "instructor", "synthesize_data.amount.exercises": 0.25},
    "good_cases": {
        "solve_candidates.solutions": "target",
        "solve_candidates.samples": {"target": 4, "instructor": 0},
        "synthesize_data.strategy": "good_cases",
    },
    # Methods, at equal problems: `target` is that of `dpo` before its pairs
    "dpo": {"solve_candidates.solutions": "target", "train.method": "dpo"},
    "corrections": {
        "solve_candidates.solutions": "worked",
        "solve_candidates.samples": {"target": 0, "instructor": 0},  # what it writes is trained on as it is
        "instructor.providers.problems": "local",
        "synthesize_data.strategy": "corrections",
    },
}
ITERATION = "iter1"
BASE, TRAINED = "base_predictions.jsonl", "test_predictions.jsonl"
DOUBLED = f"doubled_{TRAINED}"
PARTS = ("synthetic", "solutions", "selected", "training_set")


def main() -> None:
    """Run the arms that are missing, and write the gains of all."""
    parser = inputs.parser(__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--only", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--control", choices=ARMS, default="good_cases")
    parser.add_argument("--doubled", nargs="+", choices=ARMS, default=[])
    parser.add_argument("--results", default="solutions", help="the name of the results")
    arguments = parser.parse_args()
    kept = arguments.project / ".sei/arms"
    for arm in arguments.only:
        changes = ARMS[arm] | {"select_data.keep": by_rows(arguments.rows)}
        if not (kept / arm).exists():
            run(arguments.project, changes, [f"compare@{ITERATION}"], kept / arm)
        if arm in arguments.doubled and not (kept / arm / DOUBLED).exists():
            write_doubled(arguments.project, (kept / arm).resolve())
    measured = [arm for arm in arguments.only if (kept / arm).exists()]
    control = kept / arguments.control
    results.write(arguments.results, [row for arm in measured for row in gains(arm, kept / arm, control)])
    spare = [row for arm in measured for row in by_spare_numbers(arm, kept / arm)]
    if spare:
        results.write(f"{arguments.results}_spare_numbers", spare)


def by_rows(count: int) -> dict[str, Any]:
    """Return `select_data.keep` for that many rows."""
    return {"by": "rows", "value": count, "within": "all"}


def run(project: Path, changes: dict[str, Any], targets: Sequence[str], folder: Path) -> None:
    """Run an arm, and keep its records and its model in a folder."""
    with arms.ran(project, changes, targets), files.new_folder(folder) as whole:
        arms.keep(project, whole, ITERATION, PARTS)
        shutil.copytree(project / "models" / ITERATION, whole / "model")


def write_doubled(project: Path, folder: Path) -> None:
    """Let base and an arm's model write with twice as many tokens what was cut, and keep all predictions with these."""
    values = read_yaml(folder / "params.yaml")
    limit = values["generation"]["max_new_tokens"]
    generation = parse(GenerationParams, values["generation"] | {"max_new_tokens": 2 * limit}, "generation")
    problems = {one.id: one for members in read_held_out(folder / "held_out").values() for one in members}
    with contextlib.chdir(project):  # for the `runtime` section, and `.sei`
        engine = runtime.load().engine
        for name, model in ((BASE, Path("models/base")), (TRAINED, folder / "model")):
            predictions = files.read_records(folder / name, TestPrediction)
            written = inference.solve(
                Target.of(model, Path("models/base")),
                [problems[one.problem_id] for one in predictions if one.tokens >= limit],
                chat_params=parse(ChatParams, values["chat"], "chat"),
                dtype=values["dtype"],
                params=generation,
                title="write on",
            )
            longer = [
                to_test_prediction(one.problem_set, problems[one.problem_id], written[one.problem_id][0], engine)
                if one.problem_id in written
                else one
                for one in predictions
            ]
            files.write_records(folder / f"doubled_{name}", longer)


def gains(arm: str, folder: Path, control: Path) -> Iterator[dict[str, Any]]:
    """Yield the gains of an arm on each development set over base, and over the control, if that was run."""
    limit = read_yaml(folder / "params.yaml")["generation"]["max_new_tokens"]
    pairs = [("base", limit, folder / BASE, folder / TRAINED)]
    if (folder / DOUBLED).exists():
        pairs.append(("base", 2 * limit, folder / f"doubled_{BASE}", folder / DOUBLED))
    if control.exists() and control != folder:
        pairs.append((control.name, limit, control / TRAINED, folder / TRAINED))
    trained = files.read_record(folder / "metrics/train.json", TrainingCounts)
    selected = files.read_record(folder / "metrics/select_data.json", SelectionCounts)
    answers = {one.id: one.answer for members in read_held_out(folder / "held_out").values() for one in members}
    for against, new_tokens, *paths in pairs:
        before, after = (files.read_records(path, TestPrediction) for path in paths)
        for name in of_role(DEV, sorted({one.problem_set for one in after})):
            pair = [[one for one in rows if one.problem_set == name] for rows in (before, after)]
            verdicts = Counter(one.verdict for one in pair[1])
            for grader, graded in (("pipeline", pair), ("Math-Verify", [by_math_verify(one, answers) for one in pair])):
                yield {
                    "set": name.partition("/")[2],
                    "solutions": arm,
                    "against": against,
                    "grader": grader,
                    "new_tokens": new_tokens,
                    **gain(*graded),
                    "rows": trained.rows,
                    "shortfall": selected.shortfall,
                    "tokens": trained.tokens,
                    "truncated": verdicts[Verdict.TRUNCATED],
                    "no_answer": verdicts[Verdict.NO_ANSWER],
                }


def by_spare_numbers(arm: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what base and an arm solve of SVAMP's problems with and without a number that is not needed."""
    before, after = (
        {one.problem_id: one.verdict is Verdict.CORRECT for one in files.read_records(folder / part, TestPrediction)}
        for part in (BASE, TRAINED)
    )
    sets = read_held_out(folder / "held_out")
    problems = [one for name in of_role(DEV, list(sets)) if "svamp" in name for one in sets[name]]
    for spare in (False, True) if problems else ():
        own = [one.id for one in problems if has_spare_number(one) is spare]
        yield {
            "solutions": arm,
            "spare_number": "yes" if spare else "no",
            "n": len(own),
            "base": sum(before[name] for name in own),
            "solved": sum(after[name] for name in own),
        }


def has_spare_number(problem: Problem) -> bool:
    """Tell whether a question has more numbers in digits than its gold equation."""
    asked, used = (
        [token for token in tokenize(text) if token.text[0].isdigit()]
        for text in (problem.question, problem.solution.partition("=")[0])
    )
    return len(asked) > len(used)


def gain(before: Sequence[TestPrediction], after: Sequence[TestPrediction]) -> dict[str, Any]:
    """Return what two models solve of the same problems, and their difference in points, as a row of results."""
    found = compare(before, after, seed=0)
    share = 0.0 if found.difference is None else found.difference
    low, high = found.interval
    return {
        "before": sum(one.verdict is Verdict.CORRECT for one in before),
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
