"""The ranking of candidates, and the choice of those to keep.

Where the cut would divide candidates of equal score, the larger gain in log-likelihood of the gold solutions decides,
and then the id; no other candidate needs a gain.
"""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from stages.core.grouping import grouped
from stages.core.records import Candidate, Score
from stages.selection.scores import likelihood
from stages.selection.scores.interface import CandidateScore, ScoreInputs, Value, average, mean
from stages.selection.scoring import SCORES
from stages.selection.settings import Keep, SelectionParams


def rank(inputs: ScoreInputs, params: SelectionParams) -> list[Score]:
    """Return a score record for every candidate: the kept ones first, then the others, each the best first."""
    scores = SCORES[params.score].score(inputs)
    gains = {name: average(own, inputs.trial_cases).value for name, own in likelihood.gains(inputs).items()}
    best_first = sorted(scores, key=lambda name: (_descending(scores[name].value), _descending(gains[name]), name))
    values = {name: scores[name].value for name in best_first}
    chosen = kept(values, groups(inputs.candidates, params.keep), params.keep, inputs.rows)
    records = [_record(name, scores[name], gains[name], name in chosen) for name in best_first]
    return sorted(records, key=lambda record: not record.kept)


def groups(candidates: Sequence[Candidate], keep: Keep) -> dict[str, str]:
    """Return the group in which each candidate competes, by its id: its error type, or one for all."""
    return {candidate.id: candidate.error_type_id if keep.within == "type" else "" for candidate in candidates}


def level_at_cut(inputs: ScoreInputs, params: SelectionParams) -> list[str]:
    """Return the ids of candidates of equal score of which some are kept and others not, or may be."""
    if params.keep.by == "threshold":
        return []
    scores = SCORES[params.score].score(inputs)
    level: list[str] = []
    for members in _by_group(scores, groups(inputs.candidates, params.keep)):
        size, room = _measure(params.keep, len(members), inputs.rows)
        alike = grouped((name for name in members if scores[name].value is not None), lambda name: scores[name].value)
        for value in sorted(alike, key=_descending):
            sizes = [size(name) for name in alike[value]]
            if 0 < room <= sum(sizes) - min(sizes):
                level += alike[value]
            room -= sum(sizes)
    return level


def kept(
    best_first: Mapping[str, Value | None], group_of: Mapping[str, str], keep: Keep, rows: Mapping[str, int]
) -> set[str]:
    """Return the ids to keep of candidates with their values, the best of all first; one without a value is not."""
    if keep.by == "threshold":
        min_value = Fraction(str(keep.value))
        return {name for name, value in best_first.items() if value is not None and value >= min_value}
    chosen: set[str] = set()
    for members in _by_group(best_first, group_of):
        size, room = _measure(keep, len(members), rows)
        for name in members:
            if room > 0 and best_first[name] is not None:
                chosen.add(name)
                room -= size(name)
    return chosen


def _measure(keep: Keep, members: int, rows: Mapping[str, int]) -> tuple[Callable[[str], int], int]:
    """Return how much a member of a group counts, and up to how much members are kept."""
    if keep.by == "rows":
        return rows.__getitem__, int(keep.value)
    return lambda _: 1, number_kept(keep, members)


def number_kept(keep: Keep, members: int) -> int:
    """Return the number kept of a group by fraction, rounded up."""
    return math.ceil(Fraction(str(keep.value)) * members)


def _by_group(names: Iterable[str], group_of: Mapping[str, str]) -> list[list[str]]:
    return list(grouped(names, lambda name: group_of[name]).values())


def _descending(value: Value | None) -> Value:
    return math.inf if value is None else -value


def _record(name: str, score: CandidateScore, gain: Value | None, kept: bool) -> Score:
    return Score(
        candidate_id=name,
        score=_rounded(score.value),
        bad_score=_rounded(mean(score.bad) if score.bad else None),
        good_score=_rounded(mean(score.good) if score.good else None),
        bad_cases=len(score.bad),
        good_cases=len(score.good),
        standard_error=_rounded(_standard_error(score)),
        likelihood_gain=_rounded(gain),
        kept=kept,
    )


def _standard_error(score: CandidateScore) -> float | None:
    present = [half for half in (score.bad, score.good) if half]
    if not present or any(len(half) < 2 for half in present):
        return None
    return math.sqrt(sum(statistics.variance(map(float, half)) / len(half) for half in present)) / len(present)


def _rounded(value: Value | None) -> float | None:
    return None if value is None else round(float(value), 6)
