"""What training data is made from: strategies that differ in nothing else, so that they can be compared.

sei          new problems of each error type, shown by bad cases of that type
untargeted   new problems shown by training problems drawn at random, right or wrong, without types
per_case     each bad case's own problem with a correct solution
train_set    training problems as they are
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stages.instructor.interface import Example, Instructor
from stages.pipeline.records import Case, ErrorType, Problem, TrainingRow
from stages.synthesis import reuse, self_instruct
from stages.synthesis.allocation import allocate
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.self_instruct import SynthesisParams, Synthesized, Topic

Strategy = Literal["sei", "untargeted", "per_case", "train_set"]


@dataclass(frozen=True)
class Material:
    """What a strategy may draw on.

    Attributes:
        types: error types.
        cases: bad cases of each type, by the type's id.
        bad: all bad cases.
        problems: training problems.
        tests: held-out problems.
        history: rows of earlier training sets.
    """

    types: Sequence[ErrorType]
    cases: Mapping[str, Sequence[Case]]
    bad: Sequence[Case]
    problems: Sequence[Problem]
    tests: Sequence[Problem]
    history: Sequence[TrainingRow]


def run(
    strategy: Strategy,
    material: Material,
    instructor: Instructor,
    amount: SynthesisParams,
    novelty: NoveltyParams,
    seed: int,
) -> Synthesized:
    """Make the candidates of one iteration by the named strategy."""
    self_instruct.check(amount)
    known = NoveltyIndex(novelty)
    known.add({problem.id: problem.question for problem in material.tests})
    if strategy in ("per_case", "train_set"):
        source = material.bad if strategy == "per_case" else material.problems
        history = [row.question for row in material.history]
        made = reuse.reuse(_examples(source), amount.candidates, history, known, strategy=strategy, seed=seed)
        return reuse.with_own_solutions(made, instructor, seed) if strategy == "per_case" else made
    known.add({problem.id: problem.question for problem in material.problems})
    known.add({row.id: row.question for row in material.history})
    topics = _by_type(material, amount.candidates) if strategy == "sei" else _untargeted(material, amount.candidates)
    return self_instruct.synthesize(instructor, topics, known, amount, strategy=strategy, seed=seed)


def _by_type(material: Material, wanted: int) -> list[Topic]:
    """Return a topic for each error type, wanted in proportion to its bad cases."""
    quotas = allocate({one.id: one.size for one in material.types}, wanted)
    return [Topic(one.id, one.name, "", _examples(material.cases[one.id]), quotas[one.id]) for one in material.types]


def _untargeted(material: Material, wanted: int) -> list[Topic]:
    return [Topic("untargeted", "", "", _examples(material.problems), wanted)]


def _examples(sources: Sequence[Case] | Sequence[Problem]) -> list[Example]:
    return [Example(source.id, source.question, source.solution, source.answer) for source in sources]
