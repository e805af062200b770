"""Random scores."""

import random
from dataclasses import replace

from stages.selection.scores.random import score
from tests.unit.selection.outcomes import tried


def test_random_scores_are_seeded_and_lie_between_0_and_1():
    def scores(seed):
        inputs = replace(tried(dict.fromkeys("abc", "0")), rng=random.Random(seed))
        return {name: own.value for name, own in score(inputs).items()}

    assert scores(1) == scores(1) != scores(2)
    assert list(scores(1)) == ["a", "b", "c"]
    assert all(0 <= value < 1 for value in scores(1).values())
    assert len(set(scores(1).values())) == 3
