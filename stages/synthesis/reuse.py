"""Existing problems as candidates, for the strategies that serve as controls.

Gold solutions are not checked again: the material excludes problems with an unusable gold answer. A candidate must not
repeat a row of an earlier iteration or copy a test problem.
"""

import random
from collections.abc import Sequence

from stages.core.records import TrainingRow
from stages.instructor.interface import Draft, Example
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding, Origin, Synthesized
from stages.synthesis.wording import words

REPEATED = "repeats a training row"
_CHECKS = ("repetition", "decontamination")


def draw(
    examples: Sequence[Example],
    wanted: int,
    history: Sequence[TrainingRow],
    tests: NoveltyIndex,
    *,
    strategy: str,
    seed: int,
) -> Synthesized:
    """Draw `wanted` examples as candidates.

    Args:
        examples: problems with their solutions; a candidate has the id of its example in `demonstration_ids`.
        wanted: number of candidates; all examples where there are fewer.
        history: earlier training rows, whose questions are not repeated.
        tests: test problems alone; copies of them are rejected.
        strategy: the name of the strategy, in the records also that of the missing error type.
        seed: of the draw.
    """
    result = Synthesized([], [], {})
    taken = {tuple(words(row.question)) for row in history}
    drawn = random.Random(f"{seed}:{strategy}").sample(list(examples), len(examples))
    matches = tests.matches([example.question for example in drawn])
    for example, match in zip(drawn, matches, strict=True):
        if len(result.accepted) == wanted:
            break
        key = tuple(words(example.question))
        finding = Finding(_CHECKS, (REPEATED,) if key in taken else (), None, None).with_match(match)
        draft = Draft(example.question, example.solution, example.answer, (example.id,), None, "gold")
        if result.add(draft, Origin(strategy, strategy, "", example.set), finding):
            taken.add(key)
    if len(result.accepted) < wanted:
        result.shortfall[strategy] = wanted - len(result.accepted)
    return result
