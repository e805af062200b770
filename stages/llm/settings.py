"""Transport and budget of the instructor's requests: the keys of `instructor` that never change a reply.

No stage declares these, so that another budget or another limit reruns nothing; they are read like `runtime`.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stages.core import params
from stages.core.params import Count, Number, Positive, section

Dollars = Annotated[Number, Field(ge=0)]


@section
class Price:
    """Dollars per million tokens."""

    input: Dollars
    output: Dollars


@section
class Limits:
    """The `instructor.limits` section.

    Attributes:
        concurrency: requests in flight at once.
        requests_per_minute: spread evenly; null is without limit.
        tokens_per_minute: of prompts and replies together, spread evenly; null is without limit.
        attempts: per request, the first included; in batches, submissions of one request.
        timeout_seconds: of one attempt, from sending to the last byte.
        backoff_seconds: upper bound of the first wait after a retryable error; each further one doubles it.
        poll_seconds: first wait for a batch; each further one is 1.5 times as long, up to 30 times this.
    """

    concurrency: Count
    requests_per_minute: Count | None
    tokens_per_minute: Count | None
    attempts: Count
    timeout_seconds: Positive
    backoff_seconds: Positive
    poll_seconds: Positive


@section
class Settings:
    """The keys of `instructor` that no stage declares.

    Attributes:
        mode: `online`, or `batch` for OpenAI's Batch API: half the price, up to a day.
        budget_usd: dollars that may be spent, over all that the request cache remembers; null is without limit.
        prices: by model, as `instructor.openai.model` names it.
        limits: of rate, retries and time.
    """

    mode: Literal["online", "batch"]
    budget_usd: Dollars | None
    prices: dict[str, Price]
    limits: Limits

    @property
    def price_share(self) -> float:
        """The share of the price that is paid: half of it in batches."""
        return 0.5 if self.mode == "batch" else 1.0


def load(path: Path = params.PARAMS) -> Settings:
    """Read the settings from params.yaml in the current directory; `check_params` sees to keys that are unknown.

    Raises:
        ParamsError: a line for each missing or wrong key.
    """
    instructor = params.read_yaml(path).get("instructor", {})
    own = {name: value for name, value in instructor.items() if name in params.fields_of(Settings)}
    return params.parse(Settings, own, "instructor")
