"""Params and votes of independent solutions."""

from dataclasses import replace

import pytest

from stages.instructor.interface import Attempt, Draft
from stages.synthesis.verification import VerificationParams, count_votes, objection

CUT = Attempt("1 + 1 is", True, None)


@pytest.mark.parametrize(
    ("given", "agreeing", "expected"),
    [
        pytest.param(3, 3, None, id="all"),
        pytest.param(3, 2, None, id="just-enough"),
        pytest.param(3, 1, "independent solutions disagree", id="outvoted"),
        pytest.param(1, 1, "too few independent solutions", id="too-few"),
    ],
)
def test_objection_by_votes(given, agreeing, expected):
    assert objection({"given": given, "agreeing": agreeing}, VerificationParams(3, 2)) == expected


class Solver:
    """Gives these tries at every question."""

    def __init__(self, *tries):
        self.tries = tries
        self.asked = []

    def solve(self, questions, samples, seed):
        self.asked.append((list(questions), samples, seed))
        return [list(self.tries) for _ in questions]


def test_votes_are_the_tries_with_an_answer_and_those_that_agree():
    texts = ["1 + 1 = 2\n#### 2", "#### 3", "I cannot say.", "It is \\boxed{2}."]
    tries = [*(Attempt(text, False, None) for text in texts), Attempt("#### 2", False, "time-out"), CUT]
    solver = Solver(*tries)
    draft = Draft("How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2", (), None, "none")
    votes = count_votes(solver, [draft, replace(draft, answer="3")], VerificationParams(6, 2), seed=7)
    assert votes == [{"given": 3, "agreeing": 2}, {"given": 3, "agreeing": 1}]
    assert solver.asked == [([draft.question] * 2, 6, 7)]
