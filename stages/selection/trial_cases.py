"""Trial cases: the bad and good cases on which every candidate of an iteration is tried."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from stages.core.metrics import TrialCaseCounts
from stages.core.records import Case


@dataclass(frozen=True)
class TrialCases:
    """The cases, and the error type of each bad one by the case's id."""

    bad: list[Case]
    good: list[Case]
    types: Mapping[str, str]

    def cases(self) -> list[Case]:
        """Return all cases, bad and good ones alternating."""
        return list(_in_turn([self.bad, self.good]))

    def counts(self) -> TrialCaseCounts:
        """Return the number of cases, of the bad ones also by error type."""
        by_type = Counter(self.types[case.id] for case in self.bad)
        return TrialCaseCounts(len(self.bad), len(self.good), dict(sorted(by_type.items())))


def draw(
    bad: Sequence[Case],
    good: Sequence[Case],
    types: Mapping[str, str],
    max_bad: int,
    max_good: int,
    rng: random.Random,
) -> TrialCases:
    """Draw the cases: bad ones from each error type in turn, the largest type first, and good ones at random.

    Args:
        bad: all bad cases.
        good: all good cases.
        types: error type of bad cases by their id; cases without one form a group, which comes last.
        max_bad: largest number of bad cases.
        max_good: largest number of good cases.
        rng: draws the cases of a type.
    """
    by_type: dict[str, list[Case]] = {}
    for case in bad:
        by_type.setdefault(types.get(case.id, ""), []).append(case)
    order = sorted(by_type, key=lambda name: (not name, -len(by_type[name]), name))
    drawn = list(_in_turn([rng.sample(by_type[name], len(by_type[name])) for name in order]))[:max_bad]
    return TrialCases(
        drawn,
        rng.sample(list(good), min(max_good, len(good))),
        {case.id: types.get(case.id, "") for case in drawn},
    )


def _in_turn(groups: Iterable[Sequence[Case]]) -> Iterable[Case]:
    return (case for case in chain.from_iterable(zip_longest(*groups)) if case)
