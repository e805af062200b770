"""The `select_data` section of params.yaml."""

from typing import Literal, Self

from pydantic import model_validator

from stages.core.params import Count, CountOrZero, Number, section
from stages.selection.scoring import ScoreName


@section
class Keep:
    """The candidates to keep.

    Attributes:
        by: `fraction` keeps the best, `threshold` those with a score of at least `value`, `rows` the best until their
            solutions make at least that many training rows.
        value: the fraction, above 0 up to 1, the threshold, or the number of rows.
        within: `all` takes the fraction of all candidates together, `type` of each error type.
    """

    by: Literal["fraction", "threshold", "rows"]
    value: Number
    within: Literal["all", "type"]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.by == "fraction" and not 0 < self.value <= 1:
            raise ValueError("value must be above 0 up to 1 where by is fraction")
        if self.by == "rows" and (self.value < 1 or self.value % 1 or self.within != "all"):
            raise ValueError("value must be a whole number of 1 or more, and within `all`, where by is rows")
        return self


@section
class SelectionParams:
    """The section.

    Attributes:
        score: `accuracy` and `likelihood` try each candidate as the one example, `random` is the control.
        bad_cases: largest number of trial cases that the model gets wrong.
        good_cases: largest number of trial cases that it gets right.
        keep: the candidates to keep.
    """

    score: ScoreName
    bad_cases: Count
    good_cases: CountOrZero
    keep: Keep
