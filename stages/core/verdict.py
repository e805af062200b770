"""The verdicts of grading one output.

A verdict is a value, not a boolean: a model that gave no answer, a generation that was cut short and a gold answer
that cannot be read are different findings, and a report that folds them into "wrong" hides which of them to repair.
"""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """The outcome of grading one model output; records and reports carry its value."""

    CORRECT = "correct"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    TRUNCATED = "truncated"
    UNGRADABLE = "ungradable"
    FAILED = "failed"


SCORED = frozenset({Verdict.CORRECT, Verdict.WRONG, Verdict.NO_ANSWER, Verdict.TRUNCATED})
"""The verdicts that enter accuracy: those that the model is responsible for."""


def pass_rate(verdicts: Iterable[Verdict]) -> float | None:
    """Return the share of correct ones among the verdicts that are scored; None where none is."""
    scored = [verdict is Verdict.CORRECT for verdict in verdicts if verdict in SCORED]
    return sum(scored) / len(scored) if scored else None
