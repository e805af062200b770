"""What the case browser shows of one iteration, joined by id alone.

    {"iteration": "iter1", "parent": "base",
     "types": [{"id": "992e…", "name": "slips in a two-digit multiplication", "size": 31, …}],
     "cases": [{"id": "a5ce…", "question": "…", "output": "…", "keyphrase": {…}, "error_type_id": "992e…",
                "mistake_lines": [0, 0], …}],
     "candidates": [{"id": "0165…", "demonstration_ids": ["a5ce…"], "fate": "trained", "score": {…}, …}],
     "held_out": [{"change": "fixed", "problem_id": "…", "before": {"output": "…", …}, "after": {…}, …}]}

A field that a record gains is shown in the browser under its own name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from stages.arithmetic.outputs import read_output
from stages.core.records import (
    Assignment,
    Candidate,
    Case,
    ErrorType,
    Keyphrase,
    Prediction,
    Problem,
    Rejected,
    Score,
    TestPrediction,
    TrainingRow,
)
from stages.core.verdict import SCORED, Verdict

Entry = dict[str, Any]


class Fate(StrEnum):
    """What became of a synthetic problem."""

    REJECTED = "rejected"
    """It failed a check and was never scored."""
    NOT_SELECTED = "not_selected"
    TRAINED = "trained"


@dataclass(frozen=True)
class Sources:
    """The records of one iteration; `problems` holds those of all sets, `parent_tests` is the parent's test run."""

    problems: Sequence[Problem]
    predictions: Sequence[Prediction]
    bad_cases: Sequence[Case]
    keyphrases: Sequence[Keyphrase]
    error_types: Sequence[ErrorType]
    assignments: Sequence[Assignment]
    synthetic: Sequence[Candidate]
    rejected: Sequence[Rejected]
    scores: Sequence[Score]
    training_set: Sequence[TrainingRow]
    tests: Sequence[TestPrediction]
    parent_tests: Sequence[TestPrediction]


def trace(iteration: str, parent: str, sources: Sources) -> Entry:
    """Return the bad cases of an iteration and what came of them, in the order of the records."""
    return {
        "iteration": iteration,
        "parent": parent,
        "types": [asdict(error_type) for error_type in sources.error_types],
        "cases": _cases(sources),
        "candidates": _candidates(iteration, sources),
        "held_out": held_out(sources.problems, sources.parent_tests, sources.tests),
    }


def _cases(sources: Sources) -> list[Entry]:
    groups = {problem.id: problem.group for problem in sources.problems}
    predictions = {prediction.id: prediction for prediction in sources.predictions}
    keyphrases = {keyphrase.bad_case_id: keyphrase for keyphrase in sources.keyphrases}
    types = {assignment.bad_case_id: assignment.error_type_id for assignment in sources.assignments}
    return [
        asdict(case)
        | {
            "group": groups[case.problem_id],
            "stop": predictions[case.prediction_id].stop,
            "tokens": predictions[case.prediction_id].tokens,
            "keyphrase": _keyphrase(keyphrases.get(case.id)),
            "error_type_id": types.get(case.id),
            "mistake_lines": _mistake_lines(case.output, keyphrases.get(case.id)),
        }
        for case in sources.bad_cases
    ]


def _keyphrase(keyphrase: Keyphrase | None) -> Entry | None:
    if keyphrase is None:
        return None
    return {name: value for name, value in asdict(keyphrase).items() if name != "bad_case_id"}


def _mistake_lines(output: str, keyphrase: Keyphrase | None) -> tuple[int, int] | None:
    return None if keyphrase is None or keyphrase.step is None else mistake_lines(output, keyphrase.step)


def mistake_lines(output: str, step: int) -> tuple[int, int] | None:
    """Return the first and the last line of a step, counted from 0, or None where the output has no such step."""
    lines = read_output(output).lines
    indices = [index for index, line in enumerate(lines) if line.step == step and line.text.strip()]
    return (indices[0], indices[-1]) if indices else None


def _candidates(iteration: str, sources: Sources) -> list[Entry]:
    scores = {score.candidate_id: score for score in sources.scores}
    own = (row for row in sources.training_set if row.iteration == iteration)
    rows = {row.candidate_id: row.id for row in own if row.candidate_id is not None}
    written = [_scored(candidate, scores.get(candidate.id), rows) for candidate in sources.synthetic]
    refused = [asdict(attempt) | {"fate": Fate.REJECTED} for attempt in sources.rejected]
    return [*written, *refused]


def _scored(candidate: Candidate, score: Score | None, rows: Mapping[str, str]) -> Entry:
    row = rows.get(candidate.id)
    return asdict(candidate) | {
        "fate": Fate.TRAINED if row else Fate.NOT_SELECTED,
        "score": None if score is None else asdict(score),
        "training_row_id": row,
    }


def held_out(
    problems: Iterable[Problem], before: Iterable[TestPrediction], after: Iterable[TestPrediction]
) -> list[Entry]:
    """Return the held-out problems that only one of two models solves, among those that were scored for both."""
    by_id = {problem.id: problem for problem in problems}
    older = {(prediction.problem_set, prediction.problem_id): prediction for prediction in before}
    changed = []
    for new in after:
        old = older.get((new.problem_set, new.problem_id))
        if old is not None and {old.verdict, new.verdict} <= SCORED and _solved(old) != _solved(new):
            changed.append(_change(by_id[new.problem_id], old, new))
    return changed


def _solved(prediction: TestPrediction) -> bool:
    return prediction.verdict is Verdict.CORRECT


def _change(problem: Problem, old: TestPrediction, new: TestPrediction) -> Entry:
    shown = ("id", "output", "extracted", "verdict")
    return {
        "change": "fixed" if _solved(new) else "broken",
        "problem_id": problem.id,
        "problem_set": new.problem_set,
        "question": problem.question,
        "solution": problem.solution,
        "answer": problem.answer,
        "before": {name: getattr(old, name) for name in shown},
        "after": {name: getattr(new, name) for name in shown},
    }
