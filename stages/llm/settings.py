"""How the instructor's requests travel and what they may cost: the keys of `instructor` that never change a reply.

No stage declares these, so that another budget or another limit reruns nothing; they are read like `runtime`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from stages.core import params
from stages.core.exceptions import ParamsError

_TRACKED = ("provider", "symbolic", "openai")


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens."""

    input: float
    output: float


@dataclass(frozen=True)
class Limits:
    """The `instructor.limits` section.

    Attributes:
        concurrency: requests in flight at once.
        requests_per_minute: spread evenly; null is without limit.
        tokens_per_minute: of prompts and replies together, spread evenly; null is without limit.
        attempts: for one request, the first included, or submissions of one request in batches.
        timeout_seconds: of one attempt, from sending to the last byte.
        backoff_seconds: upper bound of the first wait after an error that may pass; each further one doubles it.
        poll_seconds: first wait for a batch; each further one is half as long again, up to thirty times this.
    """

    concurrency: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    attempts: int
    timeout_seconds: float
    backoff_seconds: float
    poll_seconds: float


@dataclass(frozen=True)
class Settings:
    """The keys of `instructor` that no stage declares.

    Attributes:
        mode: `online`, or `batch` for OpenAI's Batch API: half the price, up to a day.
        budget_usd: dollars that may be spent, over all that the request cache remembers; null is without limit.
        prices: by model, as `instructor.openai.model` names it.
        limits: of the server's patience.
    """

    mode: Literal["online", "batch"]
    budget_usd: float | None
    prices: dict[str, Price]
    limits: Limits

    @property
    def price_share(self) -> float:
        """The share of the price that is paid: half of it in batches."""
        return 0.5 if self.mode == "batch" else 1.0


def load(path: Path = Path("params.yaml")) -> Settings:
    """Read the settings from params.yaml in the current directory.

    Raises:
        ParamsError: an unknown, missing or wrongly typed key, or a value out of its range.
    """
    section = params.read_yaml(path).get("instructor", {})
    settings = params.parse(Settings, {k: v for k, v in section.items() if k not in _TRACKED}, "instructor")
    faults = [f"instructor.{name} must be {bound}" for name, bound, holds in _bounds(settings) if not holds]
    if faults:
        raise ParamsError(f"{path}: {'; '.join(faults)}")
    return settings


def _bounds(settings: Settings) -> list[tuple[str, str, bool]]:
    limits, prices = settings.limits, settings.prices.values()
    positive = {
        "concurrency": limits.concurrency,
        "requests_per_minute": limits.requests_per_minute,
        "tokens_per_minute": limits.tokens_per_minute,
        "attempts": limits.attempts,
        "timeout_seconds": limits.timeout_seconds,
        "backoff_seconds": limits.backoff_seconds,
        "poll_seconds": limits.poll_seconds,
    }
    return [
        *((f"limits.{name}", "above 0", value is None or value > 0) for name, value in positive.items()),
        ("budget_usd", "at least 0, or null", settings.budget_usd is None or settings.budget_usd >= 0),
        ("prices", "at least 0", all(price.input >= 0 and price.output >= 0 for price in prices)),
    ]
