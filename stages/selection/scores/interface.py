"""Inputs and results of scores.

A candidate's score is the mean of its mean over the bad cases and its mean over the good ones, so that an example which
fixes some cases and breaks others is scored by both.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from stages.core.records import Candidate
from stages.selection.trial_cases import TrialCases

Value = Fraction | float


class TrialKind(StrEnum):
    """The kind of a trial: the model writes an answer, or computes the likelihood of the gold solution."""

    GENERATION = "generation"
    LIKELIHOOD = "likelihood"


@dataclass(frozen=True)
class Outcome:
    """Result of one trial.

    Attributes:
        solved: whether the model's answer is correct; None without a trial, or where it failed.
        gain: in mean log-probability of the gold solution over a prompt without an example, in nats a token; None as
            above.
    """

    solved: bool | None
    gain: float | None


@dataclass(frozen=True)
class ScoreInputs:
    """Inputs of scores.

    Attributes:
        candidates: to be scored.
        trial_cases: the cases on which they are tried.
        outcomes: by candidate id, then by case id; empty for an untried candidate.
        rows: training rows that each candidate would make, by candidate id.
        pass_rates: of the target's own tries at candidates, by candidate id.
        rng: for a score that draws.
    """

    candidates: Sequence[Candidate]
    trial_cases: TrialCases
    outcomes: Mapping[str, Mapping[str, Outcome]]
    rows: Mapping[str, int]
    pass_rates: Mapping[str, float]
    rng: random.Random


@dataclass(frozen=True)
class CandidateScore:
    """A candidate's score, None where it has none, and its values by bad and by good case."""

    value: Value | None
    bad: Sequence[Value] = ()
    good: Sequence[Value] = ()


def untried(
    candidates: Sequence[Candidate],
    trial_cases: TrialCases,
    rows: Mapping[str, int],
    pass_rates: Mapping[str, float],
    rng: random.Random,
) -> ScoreInputs:
    """Return the inputs before any trial."""
    return ScoreInputs(candidates, trial_cases, {candidate.id: {} for candidate in candidates}, rows, pass_rates, rng)


def average(by_case: Mapping[str, Value], trial_cases: TrialCases) -> CandidateScore:
    """Return the mean of the means of bad and of good cases; excludes cases without a value, and a half without any."""
    bad, good = (
        [by_case[case.id] for case in half if case.id in by_case] for half in (trial_cases.bad, trial_cases.good)
    )
    means = [mean(half) for half in (bad, good) if half]
    return CandidateScore(mean(means) if means else None, bad, good)


def mean(values: Sequence[Value]) -> Value:
    """Return the mean; that of fractions is exact."""
    return sum(values) / len(values)
