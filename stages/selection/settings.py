"""The `select_data` section of params.yaml, and the table of scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import model_validator

from stages.core.exceptions import ParamsError
from stages.core.params import Count, CountOrZero, Number, section
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


@section
class Keep:
    """Which candidates to keep.

    Attributes:
        by: `fraction` keeps the best, `threshold` those with at least a score.
        value: the fraction, above 0 up to 1, or the lowest score.
        within: whether a fraction is taken of `all` candidates together or of each error `type`.
    """

    by: Literal["fraction", "threshold"]
    value: Number
    within: Literal["all", "type"]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.by == "fraction" and not 0 < self.value <= 1:
            raise ValueError("value must be above 0 up to 1 where by is fraction")
        return self


@section
class SelectionParams:
    """The section.

    Attributes:
        score: `accuracy` and `likelihood` try each candidate as the one example, `random` is the control.
        bad_cases: development cases that the model gets wrong, at most.
        good_cases: development cases that it gets right, at most; there may be fewer.
        keep: which candidates to keep.
    """

    score: ScoreName
    bad_cases: Count
    good_cases: CountOrZero
    keep: Keep


def check_engine(params: SelectionParams, has_likelihoods: bool) -> None:
    """Check that the engine can compute what the score needs.

    Raises:
        ParamsError: it computes no likelihoods, and they are the score.
    """
    if SCORES[params.score].needs is TrialKind.LIKELIHOOD and not has_likelihoods:
        raise ParamsError(
            f"params.yaml: select_data.score: {params.score} needs an engine with log-likelihoods, and runtime.openai."
            "likelihoods is false; set the score to accuracy, or runtime.engine to transformers or vllm"
        )
