"""The `synthesize_data` section of params.yaml."""

from typing import Literal

from stages.core.params import section
from stages.synthesis.allocation import AllocationParams
from stages.synthesis.novelty import NoveltyParams
from stages.synthesis.self_instruct import AmountParams
from stages.synthesis.verification import VerificationParams

StrategyName = Literal["sei", "untargeted", "per_case", "train_set", "good_cases", "corrections"]


@section
class StrategyParams:
    """The section.

    Attributes:
        strategy: where training data comes from.
        amount: number of candidates, and of requests for them.
        allocation: how `sei` divides them over error types.
        novelty: which questions count as known.
        verification: how an instructor that can solve problems verifies its own.
    """

    strategy: StrategyName
    amount: AmountParams
    allocation: AllocationParams
    novelty: NoveltyParams
    verification: VerificationParams
