"""Existing problems as candidates, with their gold solutions or others.

Gold solutions are not checked again: the material excludes problems with an unusable gold answer. A candidate must not
repeat a row of an earlier iteration or copy a test problem.
"""

import random
from collections.abc import Callable, Sequence

from stages.core.records import TrainingRow
from stages.instructor.interface import Draft, Example
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding, Origin, Synthesized
from stages.synthesis.wording import words

REPEATED = "repeats a training row"
_CHECKS = ("repetition", "decontamination")


Written = tuple[Draft, Finding]
"""A draft, and what checks of its solution found."""


def with_gold_solutions(examples: Sequence[Example]) -> list[Written]:
    """Return examples as they are."""
    return [
        (Draft(one.question, one.solution, one.answer, (one.id,), None, "gold"), Finding((), (), None, None))
        for one in examples
    ]


def draw(
    examples: Sequence[Example],
    wanted: int,
    history: Sequence[TrainingRow],
    tests: NoveltyIndex,
    *,
    strategy: str,
    seed: int,
    write: Callable[[Sequence[Example]], list[Written]] = with_gold_solutions,
) -> Synthesized:
    """Draw `wanted` examples as candidates.

    Args:
        examples: problems with their solutions; a candidate has the id of its example in `demonstration_ids`.
        wanted: number of candidates; all examples where there are fewer.
        history: earlier training rows, whose questions are not repeated.
        tests: test problems alone; copies of them are rejected.
        strategy: the name of the strategy, in the records also that of the missing error type.
        seed: of the draw.
        write: drafts of examples that may be candidates, in order; asked for as many as are missing, until enough of
            them pass.
    """
    result = Synthesized([], [], {})
    taken = {tuple(words(row.question)) for row in history}
    waiting = random.Random(f"{seed}:{strategy}").sample(list(examples), len(examples))
    while waiting and (missing := wanted - len(result.accepted)) > 0:
        drawn, waiting = waiting[:missing], waiting[missing:]
        matches = tests.matches([example.question for example in drawn])
        keys = [tuple(words(example.question)) for example in drawn]
        asked = [
            example
            for example, key, match in zip(drawn, keys, matches, strict=True)
            if match is None and key not in taken
        ]
        written = dict(zip([example.id for example in asked], write(asked), strict=True))
        for example, key, match in zip(drawn, keys, matches, strict=True):
            draft, own = written.get(example.id) or with_gold_solutions([example])[0]
            reasons = (REPEATED,) if key in taken else own.reasons
            finding = Finding((*_CHECKS, *own.checks), reasons, None, None).with_match(match)
            if result.add(draft, Origin(strategy, strategy, "", example.set), finding):
                taken.add(key)
    if len(result.accepted) < wanted:
        result.shortfall[strategy] = wanted - len(result.accepted)
    return result
