"""Scores of candidates, and which of them are kept.

A candidate's score is the mean of its mean over the bad cases and its mean over the good ones, so that an example
which mends some cases and spoils others is not kept for the first alone. What is averaged:

- `accuracy`: 1 for a development case that the model, shown the example, solves, else 0. A trial that failed is
  missing: it enters neither sum nor count. Scores are exact fractions, and with 20 cases many are equal. Where some of
  those with the score of the last one kept are kept and others not, the larger gain in log-likelihood of the gold
  solutions decides, and after that the id; nobody else needs a gain.
- `likelihood`: the gain of the case's gold solution over no example, in nats a token, in units of the standard
  deviation over the candidates and around their mean (a randomized block design, the cases being the blocks: what is
  common to all candidates on a case tells nothing about them, and without the division the few cases with large gains
  would decide).
"""

import math
import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from stages.core.records import Candidate, Score
from stages.selection.development import DevelopmentSet
from stages.selection.settings import Keep, SelectionParams

Value = Fraction | float


@dataclass(frozen=True)
class Outcome:
    """What came of one trial; None where it failed, or where no answer was asked for."""

    solved: bool | None
    gain: float | None


@dataclass
class Attempt:
    """A candidate and its outcomes so far, by the id of the case; `group` are those that it competes with."""

    candidate_id: str
    group: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)


def groups(candidates: Sequence[Candidate], keep: Keep) -> dict[str, str]:
    """Return what each candidate competes with, by its id: its error type, or all others."""
    return {c.id: c.error_type_id if keep.within == "type" else "" for c in candidates}


def number_kept(keep: Keep, candidates: int) -> int:
    """Return how many of a group are kept by fraction, rounded up."""
    return math.ceil(Fraction(str(keep.value)) * candidates)


def by_group(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """Return the attempts of each group, those that compete with each other."""
    found: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        found.setdefault(attempt.group, []).append(attempt)
    return list(found.values())


def level_at_cut(attempts: Sequence[Attempt], development: DevelopmentSet, keep: Keep) -> list[Attempt]:
    """Return those whose accuracy is both that of the last one kept of a group and that of the first one not kept."""
    if keep.by == "threshold":
        return []
    values = _values(attempts, development, "accuracy")
    level: list[Attempt] = []
    for group in by_group(attempts):
        scores = {a.candidate_id: _mean_of_halves(values[a.candidate_id]) for a in group}
        order = sorted((score for score in scores.values() if score is not None), reverse=True)
        kept = number_kept(keep, len(group))
        if kept < len(order) and order[kept - 1] == order[kept]:
            level += [attempt for attempt in group if scores[attempt.candidate_id] == order[kept]]
    return level


def rank(attempts: Sequence[Attempt], development: DevelopmentSet, params: SelectionParams) -> list[Score]:
    """Score every candidate and mark those that are kept; these come first, then the others, each the best first."""
    values = _values(attempts, development, params.score)
    scored = [(_mean_of_halves(values[attempt.candidate_id]), attempt) for attempt in attempts]
    gains = {a.candidate_id: _mean_of_halves(_halves(development, _gains(a))) for a in attempts}
    kept = _kept(scored, gains, params.keep)
    records = [
        _record(attempt, score, values[attempt.candidate_id], gains[attempt.candidate_id], attempt.candidate_id in kept)
        for score, attempt in sorted(scored, key=lambda pair: _place(pair[0], pair[1], gains))
    ]
    return sorted(records, key=lambda record: not record.kept)


def rank_at_random(candidates: Sequence[Candidate], keep: Keep, rng: random.Random) -> list[Score]:
    """Give every candidate a random score between 0 and 1: the control, which any other way of scoring has to beat."""
    scores = {candidate.id: rng.random() for candidate in candidates}
    attempts = [Attempt(name, group) for name, group in groups(candidates, keep).items()]
    scored: list[tuple[Value | None, Attempt]] = [(scores[attempt.candidate_id], attempt) for attempt in attempts]
    kept = _kept(scored, {}, keep)
    order = sorted(attempts, key=lambda attempt: -scores[attempt.candidate_id])
    records = [_record(a, scores[a.candidate_id], ([], []), None, a.candidate_id in kept) for a in order]
    return sorted(records, key=lambda record: not record.kept)


def ties(scores: Iterable[Score], group_of: Mapping[str, str]) -> dict[str, int]:
    """Count the candidates that share their score with another, and those whose likelihood decided about the cut.

    Args:
        scores: all scores.
        group_of: what each candidate competes with, by candidate id.
    """
    tied = at_cut = 0
    by_group: dict[str, list[Score]] = {}
    for score in scores:
        if score.score is not None:
            by_group.setdefault(group_of[score.candidate_id], []).append(score)
    for members in by_group.values():
        values = [score.score for score in members]
        tied += sum(values.count(value) > 1 for value in values)
        shared = {s.score for s in members if s.kept} & {s.score for s in members if not s.kept}
        at_cut += sum(value in shared for value in values)
    return {"tied": tied, "tied_at_cut": at_cut}


def _kept(scored: Sequence[tuple[Value | None, Attempt]], gains: Mapping[str, Value | None], keep: Keep) -> set[str]:
    scores = {attempt.candidate_id: score for score, attempt in scored}
    kept: set[str] = set()
    for group in by_group([attempt for _, attempt in scored]):
        valid = [a for a in group if scores[a.candidate_id] is not None]
        if keep.by == "threshold":
            least = Fraction(str(keep.value))
            kept |= {a.candidate_id for a in valid if (scores[a.candidate_id] or 0) >= least}
        else:
            best = sorted(valid, key=lambda a: _place(scores[a.candidate_id], a, gains))
            kept |= {attempt.candidate_id for attempt in best[: number_kept(keep, len(group))]}
    return kept


def _place(score: Value | None, attempt: Attempt, gains: Mapping[str, Value | None]) -> tuple[object, ...]:
    gain = gains.get(attempt.candidate_id)
    worst = -math.inf
    return (
        -(worst if score is None else score),
        -(worst if gain is None else gain),
        attempt.candidate_id,
    )


def _values(
    attempts: Sequence[Attempt], development: DevelopmentSet, score: str
) -> dict[str, tuple[list[Value], list[Value]]]:
    """Return what is averaged for each candidate, over the bad and the good cases."""
    if score == "accuracy":
        solved = {
            a.candidate_id: {c: Fraction(o.solved) for c, o in a.outcomes.items() if o.solved is not None}
            for a in attempts
        }
        return {name: _halves(development, by_case) for name, by_case in solved.items()}
    gains = {attempt.candidate_id: _gains(attempt) for attempt in attempts}
    return {name: _halves(development, by_case) for name, by_case in _standardized(gains).items()}


def _gains(attempt: Attempt) -> dict[str, float]:
    return {case: outcome.gain for case, outcome in attempt.outcomes.items() if outcome.gain is not None}


def _standardized(gains: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    by_case: dict[str, list[float]] = {}
    for own in gains.values():
        for case, gain in own.items():
            by_case.setdefault(case, []).append(gain)
    mean = {case: statistics.fmean(values) for case, values in by_case.items()}
    spread = {case: statistics.pstdev(values) or 1.0 for case, values in by_case.items()}
    return {
        name: {case: (gain - mean[case]) / spread[case] for case, gain in own.items()} for name, own in gains.items()
    }


def _halves(development: DevelopmentSet, by_case: Mapping[str, Value]) -> tuple[list[Value], list[Value]]:
    bad, good = (
        [by_case[case.id] for case in half if case.id in by_case] for half in (development.bad, development.good)
    )
    return bad, good


def _mean_of_halves(halves: tuple[list[Value], list[Value]]) -> Value | None:
    means = [_mean(half) for half in halves if half]
    return _mean(means) if means else None


def _mean(values: Sequence[Value]) -> Value:
    return sum(values) / len(values)  # of fractions a fraction: equal scores are equal


def _standard_error(halves: tuple[list[Value], list[Value]]) -> float | None:
    present = [half for half in halves if half]
    if not present or any(len(half) < 2 for half in present):
        return None
    return math.sqrt(sum(statistics.variance(map(float, half)) / len(half) for half in present)) / len(present)


def _record(
    attempt: Attempt, score: Value | None, halves: tuple[list[Value], list[Value]], gain: Value | None, kept: bool
) -> Score:
    bad, good = halves
    return Score(
        candidate_id=attempt.candidate_id,
        score=_rounded(score),
        bad_score=_rounded(_mean(bad) if bad else None),
        good_score=_rounded(_mean(good) if good else None),
        bad_cases=len(bad),
        good_cases=len(good),
        standard_error=_rounded(_standard_error(halves)),
        likelihood_gain=_rounded(gain),
        kept=kept,
    )


def _rounded(value: Value | None) -> float | None:
    return None if value is None else round(float(value), 6)
