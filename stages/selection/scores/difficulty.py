"""Difficulty: the nearer the target's pass rate on a candidate is to a half, the more it has to learn from it."""

from stages.selection.scores.interface import CandidateScore, ScoreInputs


def score(inputs: ScoreInputs) -> dict[str, CandidateScore]:
    """Return 0 for a pass rate of a half, down to -0.5, by candidate id; a candidate that was not tried has none."""
    rates = {candidate.id: inputs.pass_rates.get(candidate.id) for candidate in inputs.candidates}
    return {name: CandidateScore(None if rate is None else -abs(rate - 0.5)) for name, rate in rates.items()}
