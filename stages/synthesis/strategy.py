"""The table of strategies, the sources of training data; they differ in nothing else, so that they can be compared.

sei          new problems of each error type, shown by bad cases of that type
untargeted   new problems shown by training problems drawn at random, right or wrong, without types
per_case     each bad case's own problem
train_set    training problems as they are
good_cases   problems that the target solves already, with its own solutions
corrections  each bad case's own problem, with the target's output corrected at its first mistake and carried on

A strategy is a module of `strategies/` with one function, `synthesize`, with a name in `StrategyName` and a line in
`STRATEGIES`.
"""

from collections.abc import Callable

from stages.instructor.interface import Instructor
from stages.synthesis.material import Material
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Synthesized
from stages.synthesis.settings import StrategyName, StrategyParams
from stages.synthesis.strategies import corrections, good_cases, per_case, sei, train_set, untargeted

Strategy = Callable[[StrategyParams, Material, NoveltyIndex, Instructor, int], Synthesized]
"""`synthesize(params, material, known, instructor, seed)`; `known` starts with the held-out questions."""

STRATEGIES: dict[StrategyName, Strategy] = {
    "sei": sei.synthesize,
    "untargeted": untargeted.synthesize,
    "per_case": per_case.synthesize,
    "train_set": train_set.synthesize,
    "good_cases": good_cases.synthesize,
    "corrections": corrections.synthesize,
}


def run(params: StrategyParams, material: Material, instructor: Instructor, *, seed: int, threads: int) -> Synthesized:
    """Make the candidates of one iteration.

    Args:
        params: the strategy, and its settings.
        material: what it may draw on.
        instructor: writes new problems.
        seed: of all draws.
        threads: that compare questions; 0 takes as many as there are cores.
    """
    known = NoveltyIndex(params.novelty, threads)
    for name, held_out in material.tests.items():
        known.add({problem.id: problem.question for problem in held_out}, name, held_out=True)
    return STRATEGIES[params.strategy](params, material, known, instructor, seed)
