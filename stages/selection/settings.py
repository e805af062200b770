"""The `select_data` section of params.yaml."""

from typing import Literal, Self

from pydantic import model_validator

from stages.core.params import Count, CountOrZero, Number, section

ScoreName = Literal["accuracy", "likelihood", "random"]


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
