"""The choice among exercises: as large a share as of problems, and drawn, for trials would cost more than they do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stages.core.metrics import SelectionCounts
from stages.core.records import Candidate, Score
from stages.selection import ranking
from stages.selection.settings import Keep


def divide(keep: Keep, problem_rows: int, exercise_rows: int) -> tuple[Keep, Keep]:
    """Return what to keep of problems and of exercises: by rows, each part gives its share of them."""
    if keep.by != "rows" or not problem_rows or not exercise_rows:
        return keep, keep
    theirs = round(keep.value * exercise_rows / (problem_rows + exercise_rows))
    theirs = min(max(theirs, 1), int(keep.value) - 1)
    return replace(keep, value=keep.value - theirs), replace(keep, value=theirs)


def draw(exercises: Sequence[Candidate], rows: Mapping[str, int], keep: Keep) -> list[Score]:
    """Return score records without a score, the kept ones first; the id decides, which is a hash."""
    names = sorted(one.id for one in exercises)
    alike, together = dict.fromkeys(names, 0), dict.fromkeys(names, "")
    kept = set(names) if keep.by == "threshold" else ranking.kept(alike, together, keep, rows)
    return sorted((_untried(name, name in kept) for name in names), key=lambda score: not score.kept)


def _untried(name: str, kept: bool) -> Score:
    return Score(
        candidate_id=name,
        score=None,
        bad_score=None,
        good_score=None,
        bad_cases=0,
        good_cases=0,
        standard_error=None,
        likelihood_gain=None,
        kept=kept,
    )


def added(
    counts: SelectionCounts,
    scores: Sequence[Score],
    exercises: Sequence[Candidate],
    rows: Mapping[str, int],
    keep: Keep,
) -> SelectionCounts:
    """Return the counts of a selection with its exercises; `keep` is for both together."""
    kept = {score.candidate_id for score in scores if score.kept}
    total = counts.rows + sum(rows[name] for name in kept)
    return replace(
        counts,
        candidates=counts.candidates + len(scores),
        kept=counts.kept + len(kept),
        exercises=len(kept),
        kept_by_set=dict(Counter(counts.kept_by_set) + Counter(one.set for one in exercises if one.id in kept)),
        rows=total,
        shortfall=max(0, int(keep.value) - total) if keep.by == "rows" else 0,
    )
