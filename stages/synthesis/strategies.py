"""What training data is made from: strategies that differ in nothing else, so that they can be compared.

sei          new problems of each error type, shown by bad cases of that type
untargeted   new problems shown by training problems drawn at random, right or wrong, without types
per_case     each bad case's own problem with a correct solution
train_set    training problems as they are
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from stages.core.records import UNASSIGNED, Case, ErrorType, Problem, TrainingRow
from stages.instructor.interface import Example, Instructor
from stages.synthesis import allocation, reuse, self_instruct, verification
from stages.synthesis.allocation import AllocationParams, allocate, weigh_by_failure_rate
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.outcome import Synthesized
from stages.synthesis.self_instruct import SynthesisParams, Topic
from stages.synthesis.verification import VerificationParams


@dataclass(frozen=True)
class Material:
    """What a strategy may draw on.

    Attributes:
        types: error types.
        cases: bad cases of each type, by the type's id.
        bad: all bad cases.
        good: all good cases.
        problems: training problems.
        tests: held-out problems by the set that they are in.
        history: rows of earlier training sets.
    """

    types: Sequence[ErrorType]
    cases: Mapping[str, Sequence[Case]]
    bad: Sequence[Case]
    good: Sequence[Case]
    problems: Sequence[Problem]
    tests: Mapping[str, Sequence[Problem]]
    history: Sequence[TrainingRow]


@dataclass(frozen=True)
class StrategyParams:
    """The `synthesize_data` section."""

    strategy: Literal["sei", "untargeted", "per_case", "train_set"]
    amount: SynthesisParams
    allocation: AllocationParams
    novelty: NoveltyParams
    verification: VerificationParams


def run(
    params: StrategyParams,
    material: Material,
    instructor: Instructor,
    *,
    solves: bool,
    seed: int,
    threads: int,
) -> Synthesized:
    """Make the candidates of one iteration.

    Args:
        params: which strategy, and how.
        material: what it may draw on.
        instructor: writes new problems.
        solves: whether what it writes has to be verified by solving it again; else it is right by construction.
        seed: of all draws.
        threads: that compare questions.
    """
    self_instruct.check(params.amount)
    allocation.check(params.allocation)
    verification.check(params.verification)
    known = NoveltyIndex(params.novelty, threads)
    for source, held_out in material.tests.items():
        known.add({problem.id: problem.question for problem in held_out}, source, held_out=True)
    if params.strategy == "per_case":
        made = _reuse(params, material, _examples(material.bad), known, seed)
        return reuse.with_own_solutions(made, instructor, seed)
    if params.strategy == "train_set":
        return _reuse(params, material, _examples(material.problems), known, seed)
    known.add({problem.id: problem.question for problem in material.problems}, "train")
    known.add({row.id: row.question for row in material.history}, "history")
    topics = _by_type(params, material) if params.strategy == "sei" else _untargeted(params, material)
    verify = params.verification if solves else None
    return self_instruct.synthesize(
        instructor, topics, known, params.amount, verify, strategy=params.strategy, seed=seed
    )


def _reuse(
    params: StrategyParams, material: Material, examples: Sequence[Example], tests: NoveltyIndex, seed: int
) -> Synthesized:
    history = [row.question for row in material.history]
    return reuse.reuse(examples, params.amount.candidates, history, tests, strategy=params.strategy, seed=seed)


def _by_type(params: StrategyParams, material: Material) -> list[Topic]:
    """Return a topic for each error type, its demonstrations from the type's own bad cases.

    `unassigned` is no weakness that an instructor could be told of: its topic has no name.
    """
    weights: dict[str, Fraction | int] = {one.id: len(material.cases.get(one.id, ())) for one in material.types}
    if params.allocation.by == "failure_rate":
        groups = {problem.id: problem.group for problem in material.problems}
        cases = {key: material.cases.get(key, ()) for key in weights}
        weights = dict(weigh_by_failure_rate(cases, material.bad, material.good, groups))
    quotas = allocate(weights, params.amount.candidates, params.allocation.floor)
    return [_topic(one, material.cases.get(one.id, ()), quotas[one.id]) for one in material.types]


def _topic(one: ErrorType, cases: Sequence[Case], wanted: int) -> Topic:
    told = ("", "") if one.name == UNASSIGNED else (one.name, one.explanation)
    return Topic(one.id, *told, _examples(cases), wanted)


def _untargeted(params: StrategyParams, material: Material) -> list[Topic]:
    return [Topic("untargeted", "", "", _examples(material.problems), params.amount.candidates)]


def _examples(sources: Sequence[Case] | Sequence[Problem]) -> list[Example]:
    return [Example(source.id, source.question, source.solution, source.answer) for source in sources]
