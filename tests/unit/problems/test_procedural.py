"""The procedural source."""

import random
from collections import Counter

import pytest

from stages.arithmetic.equations import read_equations
from stages.core.exceptions import ParamsError
from stages.problems.procedural import generate
from stages.problems.settings import ProblemSet, resolve


def simple(max_equations, largest_number=None):
    sizes = {"limit": 9, "max_equations": max_equations, "largest_number": largest_number}
    return resolve("procedural", ProblemSet("train", **sizes))


PARAMS = simple(2)


@pytest.fixture(scope="module")
def problems():
    return generate(PARAMS, 60, random.Random(5))


def test_same_seed_gives_the_same_problems_and_another_seed_others(problems):
    assert generate(PARAMS, 60, random.Random(5)) == problems
    assert generate(PARAMS, 60, random.Random(6)) != problems


def test_at_least_so_many_distinct_problems_come_the_same_number_of_each_template(problems):
    counts = set(Counter(problem.group for problem in problems).values())
    assert len(problems) >= 60
    assert len(counts) == 1
    assert len({problem.question for problem in problems}) == len(problems)
    assert len({problem.id for problem in problems}) == len(problems)


def test_solutions_have_at_most_max_equations_and_end_in_the_answer(problems):
    assert {problem.solution.count("=") for problem in problems} <= {0, 1, 2}
    assert all(problem.solution.splitlines()[-1] == f"#### {problem.answer}" for problem in problems)


def test_larger_max_equations_admits_more_templates(problems):
    more = {problem.group for problem in generate(simple(3), 60, random.Random(5))}
    assert more > {problem.group for problem in problems}


@pytest.mark.parametrize("most", [2, 3, 4, 6])
def test_any_max_equations_can_be_generated(most):
    found = generate(simple(most), 10, random.Random(0))
    assert len(found) >= 10
    assert max(problem.solution.count("=") for problem in found) <= most


def test_equations_of_every_solution_hold(problems):
    read = [equation for problem in problems for equation in read_equations(problem.solution)]
    assert len(read) >= len(problems)
    assert [equation for equation in read if not equation.holds] == []


def test_no_gold_is_at_fault(problems):
    assert [problem.gold_fault for problem in problems if problem.gold_fault] == []


def test_no_equation_has_a_number_above_the_largest():
    found = generate(simple(2, 100), 60, random.Random(5))
    sizes = [number.value for problem in found for one in read_equations(problem.solution) for number in one.operands]
    results = [equation.stated for problem in found for equation in read_equations(problem.solution)]
    assert max(sizes) <= 100
    assert max(results) <= 100


def test_smaller_numbers_leave_fewer_templates(problems):
    small = {problem.group for problem in generate(simple(2, 100), 60, random.Random(5))}
    assert small < {problem.group for problem in problems}


def test_numbers_too_small_for_any_template_name_the_param():
    with pytest.raises(ParamsError, match=r"at most 2 equations \(max_equations\) with no number above 1 \(largest_"):
        generate(simple(2, 1), 5, random.Random(0))


def test_each_template_gives_as_many_as_a_set_drawn_from_few_templates_needs():
    found = generate(PARAMS, 1, random.Random(0), each_at_least=3)
    assert set(Counter(problem.group for problem in found).values()) == {3}
