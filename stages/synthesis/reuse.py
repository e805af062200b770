"""Existing problems as candidates, for the strategies that new problems are compared with.

Nobody is asked for them, and gold solutions are not checked again: the material has no problem with an unusable gold
answer. A candidate must not repeat a row of an earlier iteration or come near a test problem.
"""

import random
from collections.abc import Sequence

from stages.core.records import TrainingRow
from stages.instructor.interface import Draft, Example
from stages.synthesis import outcome
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
        examples: problems with their solutions; the id is the one that `demonstration_ids` names.
        wanted: how many; all of them where there are fewer.
        history: earlier training rows, whose questions are not repeated.
        tests: test problems alone; what copies one is rejected.
        strategy: what the records name as their strategy and, for want of a type, as their error type.
        seed: of the draw.
    """
    result = Synthesized([], [], {})
    taken = {tuple(words(row.question)) for row in history}
    drawn = random.Random(f"{seed}:{strategy}").sample(list(examples), len(examples))
    matches = tests.matches([example.question for example in drawn])
    origin = Origin(strategy, strategy, "")
    for example, match in zip(drawn, matches, strict=True):
        if len(result.accepted) == wanted:
            break
        key = tuple(words(example.question))
        finding = Finding(_CHECKS, (REPEATED,) if key in taken else (), None, None).with_match(match)
        draft = Draft(example.question, example.solution, example.answer, (example.id,), None)
        if finding.reasons:
            result.rejected.append(outcome.rejected(draft, origin, finding, len(result.rejected)))
        else:
            result.accepted.append(outcome.candidate(draft, origin, finding))
            taken.add(key)
    if len(result.accepted) < wanted:
        result.shortfall[strategy] = wanted - len(result.accepted)
    return result
