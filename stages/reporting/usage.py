"""What the instructor cost, by iteration and stage.

    {"iter1": {"generate_keyphrases": {"dollars": 0.31, "input_tokens": 91000, "output_tokens": 8200, "requests": 187}},
     "total": {"dollars": 0.31, "input_tokens": 91000, "output_tokens": 8200, "requests": 187}}

It counts the replies that a stage used, whether or not they came from the request cache.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from stages.core.metrics import Usage
from stages.llm import spending
from stages.reporting.markup import money
from stages.reporting.results import Iteration

TOTAL = "total"


@dataclass(frozen=True)
class Account:
    """Usage by iteration and stage, without stages that paid for nothing, and the total."""

    stages: dict[str, dict[str, Usage]]
    total: Usage


def account(iterations: Iterable[Iteration]) -> Account:
    """Return the account of the iterations."""
    stages = {iteration.name: usages for iteration in iterations if (usages := _paid(iteration))}
    return Account(stages, spending.total(usage for usages in stages.values() for usage in usages.values()))


def _paid(iteration: Iteration) -> dict[str, Usage]:
    usages = {
        "cluster_keyphrases": iteration.error_types.usage,
        "generate_keyphrases": iteration.keyphrases.usage,
        "solve_candidates": iteration.solving.usage,
        "synthesize_data": iteration.synthesis.usage,
    }
    return {stage: usage for stage, usage in usages.items() if usage is not None}


def document(paid: Account) -> dict[str, Any]:
    """Return the account as JSON."""
    entries = asdict(paid)
    return {**entries["stages"], TOTAL: entries["total"]}


def rows(paid: Account) -> list[list[str]]:
    """Return iteration, stage, dollars, requests, tokens in and tokens out of each stage, as text.

    The last row is the total; there is none where nothing was paid for.
    """
    stages = [(name, stage, usage) for name, usages in paid.stages.items() for stage, usage in usages.items()]
    return [
        [name, stage, money(used.dollars), *(f"{n:,}" for n in (used.requests, used.input_tokens, used.output_tokens))]
        for name, stage, used in ([*stages, (TOTAL, "", paid.total)] if stages else [])
    ]
