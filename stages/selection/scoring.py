"""The table of scores.

A score is a module of `scores/` with one function, `score`, with a name in `ScoreName` and a line in `SCORES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stages.selection.scores import accuracy, difficulty, likelihood, random
from stages.selection.scores.interface import CandidateScore, ScoreInputs, TrialKind


@dataclass(frozen=True)
class ScoreMethod:
    """A way of scoring.

    Attributes:
        score: returns every candidate's score by its id.
        needs: the trials that it is computed from; None where no candidate is tried.
    """

    score: Callable[[ScoreInputs], dict[str, CandidateScore]]
    needs: TrialKind | None


ScoreName = Literal["accuracy", "likelihood", "difficulty", "random"]
SCORES: dict[ScoreName, ScoreMethod] = {
    "accuracy": ScoreMethod(accuracy.score, TrialKind.GENERATION),
    "likelihood": ScoreMethod(likelihood.score, TrialKind.LIKELIHOOD),
    "difficulty": ScoreMethod(difficulty.score, None),
    "random": ScoreMethod(random.score, None),
}
