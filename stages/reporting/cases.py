"""The document of the case browser for one iteration, joined by id.

    {"iteration": "iter1", "parent": "base",
     "types": [{"id": "992e…", "name": "slips in a two-digit multiplication", "size": 31, …}],
     "cases": [{"id": "a5ce…", "question": "…", "output": "…", "keyphrase": {…}, "error_type_id": "992e…",
                "family": "calculation", …}],
     "families": [{"model": "base", "problem_set": "train", "family": "calculation", "outputs": 40, "of": 197, …}],
     "candidates": [{"id": "0165…", "demonstration_ids": ["a5ce…"], "fate": "trained", "score": {…},
                     "solutions": [{"author": "target", "text": "…", "results": 3, "certified_results": 2}],
                     "tries": {"target": {"tries": 4, "right": 1}}, "left_out": {"wrong": 3}, …}],
     "held_out": [{"change": "fixed", "family": "omission", "before": {"output": "…", …}, "after": {…}, …}]}

A field that a record gains is shown in the browser under its own name. Of the tries at a candidate the document has the
texts to train on alone; the worked solution is not written twice. The family of a held-out problem is that of
its wrong output.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from stages.core import records
from stages.core.grouping import grouped
from stages.core.solutions import WORKED
from stages.core.verdict import SCORED, Verdict, pass_rate
from stages.reporting.families import FAILURES, TRAIN, Family, family_of, shares

Entry = dict[str, Any]


class Fate(StrEnum):
    """What became of a synthetic problem.

    A rejected one failed a check, and an unsolved one has no solution to train on: neither was ever scored.
    """

    REJECTED = "rejected"
    UNSOLVED = "unsolved"
    NOT_SELECTED = "not_selected"
    TRAINED = "trained"


@dataclass(frozen=True)
class Sources:
    """The records of one iteration; `problems` are those of all sets, `parent_tests` the parent's test predictions."""

    problems: Sequence[records.Problem]
    predictions: Sequence[records.Prediction]
    bad_cases: Sequence[records.Case]
    keyphrases: Sequence[records.Keyphrase]
    error_types: Sequence[records.ErrorType]
    assignments: Sequence[records.Assignment]
    synthetic: Sequence[records.Candidate]
    rejected: Sequence[records.Rejected]
    solutions: Sequence[records.Solution]
    scores: Sequence[records.Score]
    training_set: Sequence[records.TrainingRow]
    tests: Sequence[records.TestPrediction]
    parent_tests: Sequence[records.TestPrediction]


def trace(iteration: str, parent: str, sources: Sources) -> Entry:
    """Return the document of an iteration, in the order of the records."""
    cases = _cases(sources)
    return {
        "iteration": iteration,
        "parent": parent,
        "types": [asdict(error_type) for error_type in sources.error_types],
        "cases": cases,
        "families": _families(iteration, parent, cases, sources),
        "candidates": _candidates(iteration, sources),
        "held_out": held_out(sources.problems, sources.parent_tests, sources.tests),
    }


def _cases(sources: Sources) -> list[Entry]:
    groups = {problem.id: problem.group for problem in sources.problems}
    predictions = {prediction.id: prediction for prediction in sources.predictions}
    keyphrases = {keyphrase.bad_case_id: keyphrase for keyphrase in sources.keyphrases}
    types = {assignment.bad_case_id: assignment.error_type_id for assignment in sources.assignments}
    cases = []
    for case in sources.bad_cases:
        prediction, keyphrase = predictions[case.prediction_id], keyphrases.get(case.id)
        named = {} if keyphrase is None else asdict(keyphrase)
        named.pop("bad_case_id", None)
        added = {
            "group": groups[case.problem_id],
            "stop": prediction.stop,
            "tokens": prediction.tokens,
            "keyphrase": named or None,
            "error_type_id": types.get(case.id),
            "family": family_of(case.verdict, named.get("keyphrase")),
        }
        cases.append(asdict(case) | added)
    return cases


def _families(iteration: str, parent: str, cases: Sequence[Entry], sources: Sources) -> list[Entry]:
    """Return the shares of families: of the parent's failures on training problems, and of both models' on others.

    Training problems with a faulty gold answer, which are no bad cases, are failures too.
    """
    tried = {prediction.problem_id for prediction in sources.predictions}
    faulty = [problem for problem in sources.problems if problem.gold_fault is not None and problem.id in tried]
    train = [(case["set"], case["problem_id"], case["family"]) for case in cases]
    train += [(problem.set, problem.id, Family.FAULTY_GOLD) for problem in faulty]
    sets = sorted({name for name, _, _ in train})
    rows = shares(iteration, parent, TRAIN, [(key, family) for _, key, family in train])
    for name in sets if len(sets) > 1 else []:
        rows += shares(iteration, parent, f"{TRAIN}/{name}", [(key, family) for of, key, family in train if of == name])
    for model, tests in ((parent, sources.parent_tests), (iteration, sources.tests)):
        for name, tries in grouped(tests, lambda one: one.problem_set).items():
            failures = [(one.problem_id, _family(one)) for one in tries if one.verdict in FAILURES]
            rows += shares(model, model, name, failures)
    return [row._asdict() for row in rows]


def _candidates(iteration: str, sources: Sources) -> list[Entry]:
    scores = {score.candidate_id: score for score in sources.scores}
    rows = grouped((row for row in sources.training_set if row.iteration == iteration), lambda row: row.candidate_id)
    solutions = grouped(sources.solutions, lambda solution: solution.candidate_id)
    accepted = [
        asdict(candidate)
        | _solved_by(solutions[candidate.id])
        | {
            "fate": _fate(candidate.id in rows, solutions[candidate.id]),
            "score": asdict(scores[candidate.id]) if candidate.id in scores else None,
            "training_row_ids": [row.id for row in rows.get(candidate.id, [])],
        }
        for candidate in sources.synthetic
    ]
    return [*accepted, *(asdict(attempt) | {"fate": Fate.REJECTED} for attempt in sources.rejected)]


def _fate(trained: bool, solutions: Sequence[records.Solution]) -> Fate:
    if trained:
        return Fate.TRAINED
    return Fate.NOT_SELECTED if any(one.kept for one in solutions) else Fate.UNSOLVED


def _solved_by(solutions: Sequence[records.Solution]) -> Entry:
    """Return the solutions to train on, the right tries of each author, and the other solutions by reason."""
    sampled = grouped((one for one in solutions if one.author != WORKED), lambda one: one.author)
    found = {
        "solutions": [_shown(one) for one in solutions if one.kept],
        "tries": {author: _right_tries(own) for author, own in sampled.items()},
        "left_out": dict(Counter(one.reason for one in solutions if one.reason and one.author != WORKED)),
    }
    return {name: value for name, value in found.items() if value}


def _shown(solution: records.Solution) -> Entry:
    if solution.author == WORKED:
        return {"author": WORKED}
    return {name: getattr(solution, name) for name in ("author", "text", "results", "certified_results")}


def _right_tries(tries: Sequence[records.Solution]) -> Entry:
    verdicts = [one.verdict for one in tries if one.verdict in SCORED]
    return {"tries": len(verdicts), "right": verdicts.count(Verdict.CORRECT)}


def held_out(
    problems: Iterable[records.Problem],
    before: Iterable[records.TestPrediction],
    after: Iterable[records.TestPrediction],
) -> list[Entry]:
    """Return the held-out problems that only one of two models solves, among those that were scored for both.

    With several samples of each, those that one solves more often: with a right output of it and a wrong one of the
    other.
    """
    by_id = {problem.id: problem for problem in problems}
    older = _by_problem(before)
    changed = []
    for (name, problem_id), new in _by_problem(after).items():
        old = older.get((name, problem_id), [])
        was, is_now = (pass_rate(one.verdict for one in tries) for tries in (old, new))
        if was is not None and is_now is not None and was != is_now:
            shown_old, shown_new = _first(old, solved=was > is_now), _first(new, solved=is_now > was)
            tried = {} if len(new) == 1 else {"tries": len(new), "pass_rates": [round(was, 4), round(is_now, 4)]}
            changed.append(_change(by_id[problem_id], shown_old, shown_new) | tried)
    return changed


def _by_problem(
    predictions: Iterable[records.TestPrediction],
) -> dict[tuple[str, str], list[records.TestPrediction]]:
    scored = (one for one in predictions if one.verdict in SCORED)
    return grouped(scored, lambda one: (one.problem_set, one.problem_id))


def _first(tries: Iterable[records.TestPrediction], *, solved: bool) -> records.TestPrediction:
    return next(one for one in tries if _solved(one) is solved)


def _solved(prediction: records.TestPrediction) -> bool:
    return prediction.verdict is Verdict.CORRECT


def _family(prediction: records.TestPrediction) -> Family:
    return family_of(prediction.verdict, prediction.mistake)


def _change(problem: records.Problem, old: records.TestPrediction, new: records.TestPrediction) -> Entry:
    shown = ("id", "output", "extracted", "verdict")
    return {
        "change": "fixed" if _solved(new) else "broken",
        "family": _family(old if _solved(new) else new),
        "problem_id": problem.id,
        "problem_set": new.problem_set,
        "question": problem.question,
        "solution": problem.solution,
        "answer": problem.answer,
        "before": {name: getattr(old, name) for name in shown},
        "after": {name: getattr(new, name) for name in shown},
    }
