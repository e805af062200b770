"""Accuracy by hand."""

from fractions import Fraction

from stages.selection.scores.accuracy import score
from stages.selection.scores.interface import CandidateScore
from tests.unit.selection.outcomes import tried


def test_accuracy_is_the_mean_of_both_halves():
    # (2/4 + 2/2) / 2.
    assert score(tried({"x": "1001|11"})) == {"x": CandidateScore(Fraction(3, 4), [1, 0, 0, 1], [1, 1])}
