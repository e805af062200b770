"""The rows of a training set, and which solved problems are replayed."""

import random
from dataclasses import replace

import pytest

from stages.core.verdict import Verdict
from stages.training.assembly import draw_replay, to_replay, to_row


def test_row_of_a_solution_can_be_followed_back(make_candidate, make_solution):
    candidate, solution = make_candidate("c7"), make_solution("s1", "c7", "Two and two is 4.\n#### 4", "target")
    row = to_row(candidate, solution, "iter2")
    assert (row.candidate_id, row.solution_id, row.error_type_id, row.good_case_id) == ("c7", "s1", "t1", None)
    assert (row.question, row.solution, row.answer) == (candidate.question, solution.text, "4")
    assert (row.author, row.certificate, row.iteration, row.set) == ("target", "votes", "iter2", "sums")


def test_rows_of_other_solutions_and_iterations_have_ids_of_their_own(make_candidate, make_solution):
    one, other = make_solution("s1", "c7"), make_solution("s2", "c7")
    rows = [(one, "iter2"), (other, "iter2"), (one, "iter3")]
    assert len({to_row(make_candidate("c7"), *row).id for row in rows}) == 3


def test_row_for_replay_is_a_good_case_with_the_parents_own_solution(make_case):
    row = to_replay(replace(make_case("g1", verdict=Verdict.CORRECT), output="That is 2.\n#### 2\n"), "iter2")
    assert (row.candidate_id, row.solution_id, row.error_type_id, row.good_case_id) == (None, None, None, "g1")
    assert (row.author, row.certificate) == ("target", "gold")
    assert (row.question, row.solution, row.answer) == ("How much is 1 + 1?", "That is 2.\n#### 2", "2")


@pytest.mark.parametrize(
    ("new", "share", "drawn"),
    [
        pytest.param(30, 0.0, 0, id="none-asked-for"),
        pytest.param(30, 0.25, 10, id="a-quarter-of-40"),
        pytest.param(9, 0.1, 1, id="a-tenth-of-10"),
        pytest.param(30, 0.5, 19, id="no-more-than-there-are"),
        pytest.param(0, 0.5, 0, id="nothing-new"),
    ],
)
def test_cases_for_replay_are_the_asked_share_of_the_iterations_rows(make_case, make_row, new, share, drawn):
    good = [make_case(f"g{i}", question=f"Question {i}?") for i in range(20)]
    good.append(replace(make_case("cut", question="Question 20?"), truncated=True))
    history = [make_row("old", question="Question 3?")]
    found = draw_replay(good, history, new, share, random.Random(0))
    assert len(found) == drawn
    assert not {"g3", "cut"} & {case.id for case in found}
    assert found == draw_replay(good, history, new, share, random.Random(0))
