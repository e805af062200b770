"""Bad cases with their own outputs, corrected."""

from dataclasses import replace

import pytest

from stages.instructor.interface import Draft
from stages.synthesis.strategies.corrections import OTHER_ANSWER


class Teacher:
    """Writes the same solution for every case, and remembers the cases."""

    solves = True

    def __init__(self, solution, failure=None):
        self.solution = solution
        self.failure = failure
        self.asked = []

    def corrections(self, cases):
        self.asked += [case.id for case in cases]
        return [Draft(one.question, self.solution, one.answer, (one.id,), self.failure, "gold") for one in cases]


def test_each_bad_case_is_its_own_problem_with_its_output_corrected(material, run_strategy):
    made = run_strategy("corrections", material)
    solutions = {one.question: one.solution for one in made.accepted}
    assert solutions.keys() == {case.question for case in material.bad}
    assert solutions["Ann has 15 pens and buys 42 pens. How many pens does she have?"] == (
        "15 + 42 = 57 pens\nWait: 57 is the answer already.\n#### 57"
    )
    by_id = {case.id: case for case in material.bad}
    for one in made.accepted:
        (name,) = one.demonstration_ids
        assert (one.question, one.answer, one.set) == (by_id[name].question, by_id[name].answer, by_id[name].set)
        assert (one.strategy, one.error_type_id, one.request_id) == ("corrections", "corrections", "")
        assert (one.certificate, one.votes, one.skill) == ("gold", None, None)
        assert one.checks == ["repetition", "decontamination", "final answer", "equations"]
    assert made.shortfall == {"corrections": 1}


def test_case_that_cannot_be_corrected_is_left_out_and_short(material, run_strategy):
    first, *others = material.bad
    made = run_strategy("corrections", replace(material, bad=[replace(first, output="1 + 1 = 3\n#### 3"), *others]))
    assert {one.demonstration_ids[0] for one in made.accepted} == {case.id for case in others}
    (rejected,) = made.rejected
    assert (rejected.reason, rejected.solution) == ("nothing right before the first mistake", "")
    assert (rejected.demonstration_ids, rejected.strategy) == ([first.id], "corrections")
    assert made.shortfall == {"corrections": 2}


FAULTY = {
    "a box on the way": ("$7 \\cdot 2 = \\boxed{14}$\n15 + 42 = 57\n#### 57", OTHER_ANSWER),
    "another answer": ("1 + 1 = 2\n#### 2", OTHER_ANSWER),
    "a false equation": ("1 + 1 = 3\n#### 57", "an equation does not hold"),
    "a program": ("```python\na = 5\n```\n#### 57", "computes in code that nobody runs"),
}


@pytest.mark.parametrize(("solution", "reason"), FAULTY.values(), ids=FAULTY)
def test_correction_with_a_fault_is_rejected_and_counted(material, run_strategy, solution, reason):
    made = run_strategy("corrections", replace(material, bad=material.bad[:1]), instructor=Teacher(solution))
    assert ([one.reason for one in made.rejected], made.accepted, made.shortfall) == ([reason], [], {"corrections": 6})


def test_reason_of_the_instructor_is_kept_and_nothing_is_checked(material, run_strategy):
    made = run_strategy("corrections", material, instructor=Teacher("#### 57", "refused"))
    assert {(one.reason, tuple(one.checks)) for one in made.rejected} == {
        ("refused", ("repetition", "decontamination"))
    }


def test_copy_of_a_test_problem_is_not_paid_for(material, run_strategy):
    teacher = Teacher("#### 57")
    copied, *others = material.bad
    tests = {"test": [replace(material.problems[0], question=copied.question)]}
    made = run_strategy("corrections", replace(material, tests=tests), instructor=teacher)
    assert sorted(teacher.asked) == sorted(case.id for case in others)
    assert {one.demonstration_ids[0] for one in made.rejected if one.copies} == {copied.id}


def test_no_more_corrections_are_asked_for_than_are_wanted(material, run_strategy):
    teacher = Teacher("#### 57")
    bad = [replace(case, answer="57") for case in material.bad]
    made = run_strategy("corrections", replace(material, bad=bad), instructor=teacher, wanted=2)
    assert (len(made.accepted), len(teacher.asked), made.shortfall) == (2, 2, {})
