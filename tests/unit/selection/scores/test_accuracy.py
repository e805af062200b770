"""Accuracy by hand."""

from fractions import Fraction

from stages.selection.scores.accuracy import score
from stages.selection.scores.interface import CandidateScore
from tests.unit.selection.outcomes import tried


def test_accuracy_is_the_mean_of_both_halves():
    # (2/4 + 2/2) / 2.
    assert score(tried({"x": "1001|11"})) == {"x": CandidateScore(Fraction(3, 4), [1, 0, 0, 1], [1, 1])}


def test_failed_trials_are_missing_and_not_wrong():
    assert score(tried({"x": "1--0|-1"})) == {"x": CandidateScore(Fraction(3, 4), [1, 0], [1])}


def test_half_without_a_valid_trial_leaves_the_other_as_the_score():
    assert score(tried({"x": "10|--"})) == {"x": CandidateScore(Fraction(1, 2), [1, 0], [])}


def test_candidate_without_any_valid_trial_has_no_score():
    assert score(tried({"x": "-|-"})) == {"x": CandidateScore(None, [], [])}
