"""Measure a model on the held-out problems: accuracy, verdicts, and kinds of mistake."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.arithmetic.mistakes import find_first_mistake
from stages.core import files, params, runtime, stage
from stages.core.records import Problem, TestPrediction
from stages.core.verdict import SCORED, Verdict
from stages.evaluation.intervals import wilson
from stages.grading.checked import grade_checked
from stages.model import inference, tokens
from stages.model.chat import ChatFormat, ChatParams
from stages.model.checkpoints import Dtype, Target
from stages.model.generation import Generation, GenerationParams, Stop


@dataclass(frozen=True)
class Params:
    """What this stage declares in dvc.yaml."""

    chat: ChatParams
    dtype: Dtype
    generation: GenerationParams


def load_sets(test: Path, ood: Path) -> dict[str, list[Problem]]:
    """Return the test problems as `test` and each file of the OOD folder as `ood/NAME`."""
    sets = {"test": files.read_records(test, Problem)}
    for path in sorted(ood.glob("*.jsonl")):
        sets[f"ood/{path.stem}"] = files.read_records(path, Problem)
    return sets


def to_test_prediction(name: str, problem: Problem, made: Generation) -> TestPrediction:
    """Grade one generation and, where it is bad, name the kind of its first mistake."""
    graded = grade_checked(problem.answer, problem.solution, made.text, truncated=made.stop == Stop.LENGTH)
    return TestPrediction(
        id=files.content_id(name, problem.id, made.text),
        problem_set=name,
        problem_id=problem.id,
        output=made.text,
        tokens=made.tokens,
        extracted=graded.extracted,
        verdict=graded.verdict,
        mistake=mistake_kind(problem, made.text) if graded.verdict in SCORED - {Verdict.CORRECT} else None,
    )


def mistake_kind(problem: Problem, output: str) -> str:
    """Return the kind of a bad output's first mistake.

    It comes from the arithmetic, whatever the instructor: it costs nothing and means the same in every iteration.
    """
    return find_first_mistake(problem.question, problem.solution, output).kind.value


def summarize(predictions: Sequence[TestPrediction]) -> dict[str, object]:
    """Return accuracy with its 95 % interval, and counts; what could not be graded stays out of accuracy."""
    verdicts = Counter(prediction.verdict for prediction in predictions)
    scored = sum(verdicts[verdict] for verdict in SCORED)
    correct = verdicts[Verdict.CORRECT]
    low, high = wilson(correct, scored)
    return {
        "problems": len(predictions),
        "scored": scored,
        "correct": correct,
        "accuracy": round(correct / scored, 4) if scored else None,
        "interval": [round(low, 4), round(high, 4)],
        "verdicts": {verdict.value: verdicts[verdict] for verdict in Verdict},
        "mistakes": dict(Counter(prediction.mistake for prediction in predictions if prediction.mistake)),
        "tokens": sum(prediction.tokens for prediction in predictions),
    }


def by_set(predictions: Sequence[TestPrediction], names: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return the summary of each test set."""
    return {name: summarize([p for p in predictions if p.problem_set == name]) for name in names}


def main(arguments: argparse.Namespace) -> dict[str, object]:
    """Write graded predictions of all test sets and the metrics of each."""
    declared = params.declared(Params)
    sets = load_sets(arguments.test, arguments.ood)
    # One problem may stand in several sets; it is solved once.
    problems = {problem.id: problem for members in sets.values() for problem in members}
    tokens.check_prompts(arguments.base, ChatFormat(declared.chat))
    made = inference.solve(
        Target.of(arguments.model, arguments.base),
        list(problems.values()),
        chat=declared.chat,
        dtype=declared.dtype,
        params=declared.generation,
        title="evaluate",
    )
    predictions = [
        to_test_prediction(name, problem, made[problem.id]) for name, members in sets.items() for problem in members
    ]
    maker = inference.made_by(runtime.load())
    metrics = {name: summary | maker for name, summary in by_set(predictions, sets).items()}
    files.write_records(arguments.out, predictions)
    files.write_json(arguments.metrics, metrics)
    return {**{name: f"{m['correct']}/{m['scored']} correct" for name, m in metrics.items()}, **maker}


if __name__ == "__main__":
    stage.run(main, __doc__, inputs=["model", "base", "test", "ood"], outputs=["out", "metrics"])
