"""Random: the control for the other scores."""

from stages.selection.scores.interface import CandidateScore, ScoreInputs


def score(inputs: ScoreInputs) -> dict[str, CandidateScore]:
    """Return a random number between 0 and 1 for each candidate, by its id."""
    return {candidate.id: CandidateScore(inputs.rng.random()) for candidate in inputs.candidates}
