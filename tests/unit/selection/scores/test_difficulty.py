"""Difficulty by hand."""

from dataclasses import replace

from stages.selection.scores.difficulty import score
from tests.unit.selection.outcomes import tried


def test_candidates_that_are_solved_half_the_time_are_the_best_and_untried_ones_have_no_score():
    rates = {"never": 0.0, "seldom": 0.25, "half": 0.5, "always": 1.0, "of another run": 0.5}
    inputs = replace(tried(dict.fromkeys(["never", "seldom", "half", "always", "untried"], "0")), pass_rates=rates)
    assert {name: own.value for name, own in score(inputs).items()} == {
        "never": -0.5, "seldom": -0.25, "half": 0.0, "always": -0.5, "untried": None,
    }  # fmt: skip
