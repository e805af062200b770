"""Self-Error-Instruct (arXiv 2505.22591): new problems of each error type, shown by bad cases of that type."""

from collections.abc import Sequence
from fractions import Fraction

from stages.core.records import UNASSIGNED, Case, ErrorType
from stages.instructor.interface import Instructor
from stages.synthesis import self_instruct
from stages.synthesis.allocation import allocate, weigh_by_failure_rate
from stages.synthesis.material import Material, examples
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Synthesized
from stages.synthesis.self_instruct import Topic, topics_by_set, with_exercises
from stages.synthesis.settings import StrategyParams


def synthesize(
    params: StrategyParams, material: Material, known: NoveltyIndex, instructor: Instructor, seed: int
) -> Synthesized:
    """Write new problems and exercises of each type, its demonstrations from the type's own bad cases."""
    material.add_past_questions(known)
    topics = with_exercises(_topics(params, material), params.amount.exercises, instructor)
    return self_instruct.synthesize(
        instructor, topics, known, params.amount, params.verification, strategy=params.strategy, seed=seed
    )


def _topics(params: StrategyParams, material: Material) -> list[Topic]:
    cases = {one.id: material.cases.get(one.id, ()) for one in material.types}
    weights: dict[str, Fraction | int] = {key: len(own) for key, own in cases.items()}
    if params.allocation.by == "failure_rate":
        groups = {problem.id: problem.group for problem in material.problems}
        weights = dict(weigh_by_failure_rate(cases, material.bad, material.good, groups))
    quotas = allocate(weights, params.amount.candidates, params.allocation.floor)
    return [topic for one in material.types for topic in _of_type(one, cases[one.id], quotas[one.id])]


def _of_type(one: ErrorType, cases: Sequence[Case], wanted: int) -> list[Topic]:
    """Return the topics of a type, one a problem set; those of `unassigned` have no name: it names no weakness."""
    name, explanation = ("", "") if one.name == UNASSIGNED else (one.name, one.explanation)
    return topics_by_set(one.id, name, explanation, examples(cases), wanted)
