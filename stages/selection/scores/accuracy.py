"""Accuracy: the share of trial cases that the model, shown the candidate, solves.

A trial that failed is missing: it enters neither sum nor count. Scores are exact fractions, and with 20 cases many are
equal.
"""

from fractions import Fraction

from stages.selection.scores.interface import CandidateScore, ScoreInputs, average


def score(inputs: ScoreInputs) -> dict[str, CandidateScore]:
    """Return each candidate's accuracy, between 0 and 1, by its id."""
    return {
        name: average(
            {case_id: Fraction(outcome.solved) for case_id, outcome in own.items() if outcome.solved is not None},
            inputs.trial_cases,
        )
        for name, own in inputs.outcomes.items()
    }
