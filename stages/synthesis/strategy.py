"""What training data is made from: strategies that differ in nothing else, so that they can be compared.

sei          new problems of each error type, shown by bad cases of that type
untargeted   new problems shown by training problems drawn at random, right or wrong, without types
per_case     each bad case's own problem with a correct solution
train_set    training problems as they are

Each is a module of `strategies/` with one function, `synthesize`, and stands here in `StrategyName` and `STRATEGIES`.
A strategy with params of its own adds an optional section of its name to `StrategyParams`.
"""

from collections.abc import Callable
from typing import Literal

from stages.core.params import section
from stages.instructor.interface import Instructor
from stages.synthesis.allocation import AllocationParams
from stages.synthesis.material import Material
from stages.synthesis.novelty import NoveltyIndex, NoveltyParams
from stages.synthesis.outcome import Synthesized
from stages.synthesis.self_instruct import AmountParams
from stages.synthesis.strategies import per_case, sei, train_set, untargeted
from stages.synthesis.verification import VerificationParams

StrategyName = Literal["sei", "untargeted", "per_case", "train_set"]


@section
class StrategyParams:
    """The `synthesize_data` section.

    Attributes:
        strategy: what training data is made from.
        amount: how much of it.
        allocation: how `sei` divides it over error types.
        novelty: which questions count as known.
        verification: how an instructor that can solve problems verifies its own.
    """

    strategy: StrategyName
    amount: AmountParams
    allocation: AllocationParams
    novelty: NoveltyParams
    verification: VerificationParams


Strategy = Callable[[StrategyParams, Material, NoveltyIndex, Instructor, int], Synthesized]
"""`synthesize(params, material, known, instructor, seed)`; `known` holds the held-out questions and may be added to."""

STRATEGIES: dict[StrategyName, Strategy] = {
    "sei": sei.synthesize,
    "untargeted": untargeted.synthesize,
    "per_case": per_case.synthesize,
    "train_set": train_set.synthesize,
}


def run(params: StrategyParams, material: Material, instructor: Instructor, *, seed: int, threads: int) -> Synthesized:
    """Make the candidates of one iteration.

    Args:
        params: which strategy, and how.
        material: what it may draw on.
        instructor: writes new problems.
        seed: of all draws.
        threads: that compare questions; 0 takes as many as there are cores.
    """
    known = NoveltyIndex(params.novelty, threads)
    for name, held_out in material.tests.items():
        known.add({problem.id: problem.question for problem in held_out}, name, held_out=True)
    return STRATEGIES[params.strategy](params, material, known, instructor, seed)
