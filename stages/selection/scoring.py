"""The table of scores.

A score is a module of `scores/` with one function, `score`, with a name in `ScoreName` and a line in `SCORES`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from stages.core.exceptions import ParamsError
from stages.selection.scores import accuracy, likelihood, random
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


ScoreName = Literal["accuracy", "likelihood", "random"]
SCORES: dict[ScoreName, ScoreMethod] = {
    "accuracy": ScoreMethod(accuracy.score, TrialKind.GENERATION),
    "likelihood": ScoreMethod(likelihood.score, TrialKind.LIKELIHOOD),
    "random": ScoreMethod(random.score, None),
}


def check_engine(score: ScoreName, has_likelihoods: bool) -> None:
    """Check that the engine can compute what the score needs.

    Raises:
        ParamsError: it computes no likelihoods, and they are the score.
    """
    if SCORES[score].needs is TrialKind.LIKELIHOOD and not has_likelihoods:
        raise ParamsError(
            f"params.yaml: select_data.score: {score} needs an engine with log-likelihoods, and runtime.openai."
            "likelihoods is false; set the score to accuracy, or runtime.engine to transformers or vllm"
        )
