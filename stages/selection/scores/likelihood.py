"""Likelihood: the gain in likelihood of the gold solutions over a prompt without an example.

The gains on a case, in nats a token, are standardized over the candidates (a randomized block design with the cases as
blocks): a gain common to all candidates says nothing about them, and without the division a few cases with large gains
would decide.
"""

import statistics

from stages.selection.scores.interface import CandidateScore, ScoreInputs, average


def score(inputs: ScoreInputs) -> dict[str, CandidateScore]:
    """Return each candidate's mean standardized gain, 0 being that of the average candidate, by its id."""
    by_candidate = gains(inputs)
    by_case: dict[str, list[float]] = {}
    for own in by_candidate.values():
        for case_id, gain in own.items():
            by_case.setdefault(case_id, []).append(gain)
    mean = {case_id: statistics.fmean(values) for case_id, values in by_case.items()}
    spread = {case_id: statistics.pstdev(values) or 1.0 for case_id, values in by_case.items()}
    return {
        name: average(
            {case_id: (gain - mean[case_id]) / spread[case_id] for case_id, gain in own.items()}, inputs.trial_cases
        )
        for name, own in by_candidate.items()
    }


def gains(inputs: ScoreInputs) -> dict[str, dict[str, float]]:
    """Return the gains that are known, in nats a token, by candidate id and case id."""
    return {
        name: {case_id: outcome.gain for case_id, outcome in own.items() if outcome.gain is not None}
        for name, own in inputs.outcomes.items()
    }
