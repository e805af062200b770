"""Bad cases with a correct solution."""

from dataclasses import replace

import pytest


class Solver:
    """Answers every question with one text; records what it was asked."""

    solves = True

    def __init__(self, text):
        self.text = text
        self.asked = []

    def solve(self, questions, samples, seed):
        self.asked.append((list(questions), samples, seed))
        return [[self.text] for _ in questions]


def test_each_bad_case_is_taken_with_its_gold_solution_and_what_is_missing_is_short(material, run_strategy):
    made = run_strategy("per_case", material)
    assert {(one.question, one.solution) for one in made.accepted} == {(c.question, c.solution) for c in material.bad}
    sources = {name for candidate in made.accepted for name in candidate.demonstration_ids}
    assert sources == {case.id for case in material.bad}
    assert {candidate.error_type_id for candidate in made.accepted} == {"per_case"}
    assert made.shortfall == {"per_case": 1}


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("Two times one: 2 * 1 = 2\n#### 2", True, id="correct"),
        pytest.param("1 + 1 = 3\n#### 3", False, id="wrong"),
        pytest.param("1 + 1 = 3\n3 - 1 = 2\n#### 2", False, id="right-by-luck"),
        pytest.param("#### 2", False, id="no-steps"),
    ],
)
def test_own_solution_replaces_the_gold_one_only_if_correct_and_sound(material, make_case, run_strategy, text, kept):
    case = make_case("c1", "How much is 1 + 1?", "1 + 1 = 2\n#### 2", "2")
    only = replace(material, bad=[case])
    solver = Solver(text)
    (candidate,) = run_strategy("per_case", only, wanted=1, seed=7, instructor=solver).accepted
    (gold,) = run_strategy("per_case", only, wanted=1, seed=7).accepted
    assert candidate.solution == (text if kept else case.solution)
    assert (candidate.id != gold.id) is kept
    assert solver.asked == [([case.question], 1, 7)]
