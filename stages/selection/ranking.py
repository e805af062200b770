"""The ranking of candidates, and the choice of those to keep.

Where the cut would divide candidates of equal score, the larger gain in log-likelihood of the gold solutions decides,
and then the id; no other candidate needs a gain.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
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
    kept = _kept(values, groups(inputs.candidates, params.keep), params.keep, inputs.rows)
    records = [_record(name, scores[name], gains[name], name in kept) for name in best_first]
    return sorted(records, key=lambda record: not record.kept)


def groups(candidates: Sequence[Candidate], keep: Keep) -> dict[str, str]:
    """Return the group in which each candidate competes, by its id: its error type, or one for all."""
    return {candidate.id: candidate.error_type_id if keep.within == "type" else "" for candidate in candidates}


def number_kept(keep: Keep, candidates: int) -> int:
    """Return the number kept of a group of `candidates`, by fraction, rounded up."""
    return math.ceil(Fraction(str(keep.value)) * candidates)


def level_at_cut(inputs: ScoreInputs, params: SelectionParams) -> list[str]:
    """Return the ids of candidates that share their score with others, of which some may be kept and others not."""
    if params.keep.by == "threshold":
        return []
    scores = SCORES[params.score].score(inputs)
    level: list[str] = []
    for members in _by_group(scores, groups(inputs.candidates, params.keep)):
        scored = [name for name in members if scores[name].value is not None]
        alike = grouped(scored, lambda name: scores[name].value)
        best_first = [alike[value] for value in sorted(alike, key=_descending)]
        level += _undecided(best_first, _room(params.keep, len(members)), _sizes(params.keep, inputs.rows))
    return level


def _undecided(alike: Iterable[Sequence[str]], room: int, sizes: Mapping[str, int]) -> list[str]:
    """Return the members of those sets of equal score that may be kept in part, and now and then a set too many.

    Args:
        alike: sets of equal score, the best first.
        room: for members, by their sizes.
        sizes: by member.
    """
    level: list[str] = []
    least = most = room  # of the room that is left, whichever of equal score are kept
    for names in alike:
        own = [sizes[name] for name in names]
        if sum(own) <= least:
            least, most = least - sum(own), most - sum(own)
        elif min(own) <= most:
            level += names if len(names) > 1 else []
            least, most = 0, max(min(most, max(own) - 1), most - sum(own))
    return level


def _kept(
    best_first: Mapping[str, Value | None], group_of: Mapping[str, str], keep: Keep, rows: Mapping[str, int]
) -> set[str]:
    if keep.by == "threshold":
        min_value = Fraction(str(keep.value))
        return {name for name, value in best_first.items() if value is not None and value >= min_value}
    kept: set[str] = set()
    for members in _by_group(best_first, group_of):
        scored = [name for name in members if best_first[name] is not None]
        kept |= _filling(scored, _room(keep, len(members)), _sizes(keep, rows))
    return kept


def _room(keep: Keep, candidates: int) -> int:
    return int(keep.value) if keep.by == "rows" else number_kept(keep, candidates)


def _sizes(keep: Keep, rows: Mapping[str, int]) -> Mapping[str, int]:
    return rows if keep.by == "rows" else dict.fromkeys(rows, 1)


def _filling(best_first: Sequence[str], room: int, sizes: Mapping[str, int]) -> set[str]:
    """Return the first candidates that fit; one that is too large for what is left is passed over."""
    chosen = set()
    for name in best_first:
        if sizes[name] <= room:
            chosen.add(name)
            room -= sizes[name]
    return chosen


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
