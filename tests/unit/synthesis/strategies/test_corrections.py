"""Bad cases with their own outputs, corrected."""

from dataclasses import replace

import pytest

from stages.instructor.interface import Draft
from stages.synthesis.strategies.corrections import OTHER_ANSWER


def two_steps(case):
    """Make a case's problem one of two steps, and its output wrong in the second."""
    sum_of = case.answer
    return replace(
        case,
        question=case.question.replace("How many", "She sells 2. How many"),
        solution=f"{case.solution.partition(chr(10))[0]}\n{sum_of} - 2 = {int(sum_of) - 2}\n#### {int(sum_of) - 2}",
        answer=str(int(sum_of) - 2),
        output=f"{case.solution.partition(chr(10))[0]}\nLeft: {sum_of} - 2 = {int(sum_of) - 3}\n#### {int(sum_of) - 3}",
    )


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
    first, *others = material.bad
    made = run_strategy("corrections", replace(material, bad=[two_steps(first), *others]))
    (one,) = made.accepted
    # Ann has 15 pens and buys 42.
    assert one.question == "Ann has 15 pens and buys 42 pens. She sells 2. How many pens does she have?"
    assert one.solution == "15 + 42 = 57 pens\nWait: 57 - 2 = 55, not 54.\n57 - 2 = 55\n#### 55"
    assert (one.answer, one.demonstration_ids, one.certificate) == ("55", [first.id], "gold")
    assert (one.strategy, one.error_type_id, one.request_id, one.set) == ("corrections", "corrections", "", first.set)
    assert one.checks == ["repetition", "decontamination", "final answer", "equations"]
    # The others are wrong in their only step: `1 + 1 = 3`.
    assert {rejected.demonstration_ids[0] for rejected in made.rejected} == {case.id for case in others}
    assert {rejected.reason for rejected in made.rejected} == {"nothing right before the first mistake"}
    assert made.shortfall == {"corrections": 5}


FAULTY = {
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
