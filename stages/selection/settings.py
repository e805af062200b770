"""The `select_data` section of params.yaml."""

from dataclasses import dataclass
from typing import Literal

from stages.core.exceptions import ParamsError


@dataclass(frozen=True)
class Keep:
    """Which candidates to keep.

    Attributes:
        by: `fraction` keeps the best, `threshold` those with at least a score.
        value: the fraction, above 0 up to 1, or the least score.
        within: whether a fraction is taken of `all` candidates together or of each error `type`.
    """

    by: Literal["fraction", "threshold"]
    value: float
    within: Literal["all", "type"]


@dataclass(frozen=True)
class SelectionParams:
    """The section.

    Attributes:
        score: `accuracy` and `likelihood` try each candidate as the one example, `random` is the control.
        bad_cases: development cases that the model gets wrong, at most.
        good_cases: development cases that it gets right, at most; there may be fewer.
        keep: which candidates to keep.
    """

    score: Literal["accuracy", "likelihood", "random"]
    bad_cases: int
    good_cases: int
    keep: Keep


def check(params: SelectionParams) -> None:
    """Check the ranges.

    Raises:
        ParamsError: no bad case is asked for, or a fraction is none.
    """
    if params.bad_cases < 1 or params.good_cases < 0:
        raise ParamsError("params.yaml: select_data: bad_cases must be at least 1 and good_cases at least 0")
    if params.keep.by == "fraction" and not 0 < params.keep.value <= 1:
        raise ParamsError(f"params.yaml: select_data.keep.value must be above 0 up to 1, not {params.keep.value}")


def check_engine(params: SelectionParams, has_likelihoods: bool) -> None:
    """Check that the engine can tell what the score needs.

    Raises:
        ParamsError: it tells no likelihoods, and they are the score.
    """
    if params.score == "likelihood" and not has_likelihoods:
        raise ParamsError(
            "params.yaml: select_data.score: likelihood needs an engine with log-likelihoods, and runtime.openai."
            "likelihoods is false; set the score to accuracy, or runtime.engine to transformers or vllm"
        )
