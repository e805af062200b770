"""The cost of requests: an estimate before, the account after.

Tokens are estimated from bytes, because only the server knows its tokenizer. Two bytes a token is more tokens than
English, LaTeX or numbers have, so that an estimate errs on the high side.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stages.core.exceptions import ParamsError
from stages.core.metrics import Usage
from stages.llm.pending import KeyedRequest
from stages.llm.settings import Price

_BYTES_PER_TOKEN = 2
_MILLION = 1_000_000


def total(usages: Iterable[Usage]) -> Usage:
    """Return the sum; its dollars are None as soon as one part has no price."""
    parts = list(usages)
    known = [part.dollars for part in parts if part.dollars is not None]
    return Usage(
        requests=sum(part.requests for part in parts),
        input_tokens=sum(part.input_tokens for part in parts),
        output_tokens=sum(part.output_tokens for part in parts),
        dollars=round(math.fsum(known), 6) if len(known) == len(parts) else None,
    )


def estimated_tokens(*texts: str) -> int:
    """Return an upper estimate of the tokens of `texts`."""
    return math.ceil(sum(len(text.encode()) for text in texts) / _BYTES_PER_TOKEN)


@dataclass(frozen=True)
class Budget:
    """The prices and the cap on all spending.

    Attributes:
        model: the model that is asked.
        prices: by model, as far as params.yaml has them.
        share: of the price that is paid: 0.5 for batches.
        limit: dollars, or None for no cap.
    """

    model: str
    prices: Mapping[str, Price]
    share: float
    limit: float | None

    def __post_init__(self) -> None:
        if self.limit is not None and self.model not in self.prices:
            raise ParamsError(
                f"params.yaml: instructor.budget_usd needs the price of {self.model}: add "
                f"`{self.model}: {{input: 0.0, output: 0.0}}` with its dollars per million tokens to "
                "instructor.prices, or set budget_usd to null"
            )

    def cost(self, input_tokens: int, output_tokens: int, model: str) -> float | None:
        """Return the dollars of a reply of `model`, or None where it has no price."""
        price = self.prices.get(model)
        if price is None:
            return None
        return (input_tokens * price.input + output_tokens * price.output) / _MILLION * self.share

    def worst(self, request: KeyedRequest) -> float:
        """Return the dollars that a request may cost at worst, 0 where its model has no price."""
        return self.cost(request.input_tokens, request.max_tokens, request.model) or 0.0

    def estimate(self, asked: int, cached: int, input_tokens: int, output_tokens: int, spent: float) -> str:
        """Return the log line before the first request."""
        dollars = self.cost(input_tokens, output_tokens, self.model)
        parts = [f"about {asked} requests", f"{cached} cached", f"{input_tokens + output_tokens} tokens"]
        if dollars is None:
            parts.append(f"no price of {self.model} in instructor.prices")
        else:
            parts.append(f"at most ${dollars:.4f}")
        if self.limit is not None:
            parts.append(f"${spent:.4f} of ${self.limit:.4f} spent before")
        return ", ".join(parts)

    def exhausted(self, spent: float, worst: float) -> str:
        """Return the error text at the cap."""
        return (
            f"instructor.budget_usd is ${self.limit:.4f}: ${spent:.4f} is spent and the next request may cost "
            f"${worst:.4f}; all replies so far are kept; raise budget_usd in params.yaml and run again"
        )
