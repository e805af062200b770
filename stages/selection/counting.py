"""Counts of a selection."""

from collections import Counter
from collections.abc import Mapping, Sequence

from stages.core.grouping import grouped
from stages.core.metrics import SelectionCounts
from stages.core.records import Score
from stages.selection import ranking
from stages.selection.scores.interface import ScoreInputs, TrialKind
from stages.selection.scoring import SCORES
from stages.selection.settings import SelectionParams


def count(scores: Sequence[Score], inputs: ScoreInputs, params: SelectionParams, engine: str | None) -> SelectionCounts:
    """Count candidates, ties, trial cases and trials; `engine` ran the trials, if there were any."""
    generated = SCORES[params.score].needs is TrialKind.GENERATION
    set_of = {candidate.id: candidate.set for candidate in inputs.candidates}
    outcomes = [outcome for own in inputs.outcomes.values() for outcome in own.values()]
    rows = sum(inputs.rows[score.candidate_id] for score in scores if score.kept)
    wanted = int(params.keep.value) if params.keep.by == "rows" else 0
    tied, tied_at_cut = ties(scores, ranking.groups(inputs.candidates, params.keep))
    return SelectionCounts(
        candidates=len(scores),
        kept=sum(score.kept for score in scores),
        helped=sum(_helped(score, generated) for score in scores),
        missing=sum(score.score is None for score in scores),
        tied=tied,
        tied_at_cut=tied_at_cut,
        trial_cases=inputs.trial_cases.counts(),
        trials=len(outcomes),
        failed_trials=sum((outcome.solved if generated else outcome.gain) is None for outcome in outcomes),
        engine=engine,
        kept_by_set=dict(Counter(set_of[score.candidate_id] for score in scores if score.kept)),
        exercises=0,
        rows=rows,
        shortfall=max(0, wanted - rows),
    )


def ties(scores: Sequence[Score], group_of: Mapping[str, str]) -> tuple[int, int]:
    """Count the candidates that share their score with another, and those at the cut, where the likelihood decided.

    Args:
        scores: of all candidates.
        group_of: the group in which each candidate competes, by candidate id.
    """
    tied = tied_at_cut = 0
    scored = (score for score in scores if score.score is not None)
    for members in grouped(scored, lambda score: group_of[score.candidate_id]).values():
        values = [score.score for score in members]
        tied += sum(values.count(value) > 1 for value in values)
        shared = {s.score for s in members if s.kept} & {s.score for s in members if not s.kept}
        tied_at_cut += sum(value in shared for value in values)
    return tied, tied_at_cut


def _helped(score: Score, generated: bool) -> bool:
    """Tell whether a candidate is known to be better than no example, which solves all good cases and no bad one."""
    if not generated:
        return (score.likelihood_gain or 0) > 0
    if score.score is None:
        return False
    halves = bool(score.bad_cases) + bool(score.good_cases)
    return score.score > bool(score.good_cases) / halves
