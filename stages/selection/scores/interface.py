"""What a score is computed from, and what it says of a candidate.

A candidate's score is the mean of its mean over the bad cases and its mean over the good ones, so that an example
which mends some cases and spoils others is not kept for the first alone.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from stages.core.records import Candidate
from stages.selection.development import DevelopmentSet

Value = Fraction | float


class TrialKind(StrEnum):
    """What a trial asks of the model: to write an answer, or how likely the case's gold solution is."""

    GENERATION = "generation"
    LIKELIHOOD = "likelihood"


@dataclass(frozen=True)
class Outcome:
    """Result of one trial.

    Attributes:
        solved: whether the model's answer is right; None where none was asked for, or where the trial failed.
        gain: of the gold solution's mean log-probability over no example, in nats a token; None as above.
    """

    solved: bool | None
    gain: float | None


@dataclass(frozen=True)
class ScoreInputs:
    """All that scores are computed from.

    Attributes:
        candidates: to be scored.
        development: the cases on which they are tried.
        outcomes: by candidate id, then by case id; every candidate is a key, and has no outcome as long as it is
            untried.
        rng: for a score that draws.
    """

    candidates: Sequence[Candidate]
    development: DevelopmentSet
    outcomes: Mapping[str, Mapping[str, Outcome]]
    rng: random.Random


@dataclass(frozen=True)
class CandidateScore:
    """A candidate's score, None where it has none, and the values of bad and of good cases that it is the mean of."""

    value: Value | None
    bad: Sequence[Value] = ()
    good: Sequence[Value] = ()


def untried(candidates: Sequence[Candidate], development: DevelopmentSet, rng: random.Random) -> ScoreInputs:
    """Return the inputs before any trial."""
    return ScoreInputs(candidates, development, {candidate.id: {} for candidate in candidates}, rng)


def average(by_case: Mapping[str, Value], development: DevelopmentSet) -> CandidateScore:
    """Return the mean of both halves' means; cases without a value are left out, and so is a half of such cases."""
    bad, good = (
        [by_case[case.id] for case in half if case.id in by_case] for half in (development.bad, development.good)
    )
    means = [mean(half) for half in (bad, good) if half]
    return CandidateScore(mean(means) if means else None, bad, good)


def mean(values: Sequence[Value]) -> Value:
    """Return the mean, of fractions a fraction: equal scores are equal."""
    return sum(values) / len(values)
