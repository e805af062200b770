"""Material for every strategy, and the symbolic instructor to make something of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from stages.core.records import Problem
from stages.instructor.symbolic.instructor import SymbolicInstructor
from stages.synthesis import strategy
from stages.synthesis.allocation import AllocationParams
from stages.synthesis.material import Material
from stages.synthesis.novelty import NoveltyParams
from stages.synthesis.self_instruct import AmountParams
from stages.synthesis.settings import StrategyParams
from stages.synthesis.verification import VerificationParams

ROOT = Path(__file__).parents[3]
THINGS = ["pens", "hats", "cups", "nuts", "keys", "maps", "eggs", "toys", "jars", "cars"]


def problem(thing, number):
    """Return one of problems that differ in a word and in all numbers."""
    one, other = 10 * number + 15, 7 * number + 42
    question = f"Ann has {one} {thing} and buys {other} {thing}. How many {thing} does she have?"
    solution = f"{one} + {other} = {one + other} {thing}\n#### {one + other}"
    return Problem(f"p-{thing}", question, solution, str(one + other), "g", None, "sums", None, None)


def output(one):
    """Return a right output of the target."""
    return f"Let us add.\n{one.solution}\n"


def step_too_many(one):
    """Return an output of the target that goes on after the answer."""
    result = int(one.answer)
    return f"{one.solution.partition(chr(10))[0]}\n{result} - 1 = {result - 1}\n#### {result - 1}"


@pytest.fixture
def material(make_case, make_type):
    problems = [problem(thing, number) for number, thing in enumerate(THINGS)]
    bad = [
        replace(
            make_case(f"c-{one.id}", one.question, one.solution, one.answer),
            problem_id=one.id,
            output=step_too_many(one),
        )
        for one in problems[:5]
    ]
    return Material(
        types=[make_type("t1", 3), make_type("t2", 2)],
        cases={"t1": bad[:3], "t2": bad[3:]},
        bad=bad,
        good=[
            replace(
                make_case(f"c-{one.id}", one.question, one.solution, one.answer), problem_id=one.id, output=output(one)
            )
            for one in problems[5:]
        ],
        problems=problems,
        unusable=[],
        tests={"test": [problem("bags", 12)]},
        history=[],
    )


@pytest.fixture
def run_strategy():
    """Run a strategy with the symbolic instructor, or another one."""
    symbolic = SymbolicInstructor()

    def run(name, material, wanted=6, seed=0, by="share", instructor=symbolic, exercises=0.0):
        amount = AmountParams(
            wanted, exercises, demonstrations=3, accepted_shown=2, problems_per_request=2, rounds=2, attempts=5
        )
        novelty = NoveltyParams(0.7, "words_and_numbers", 8)
        chosen = StrategyParams(name, amount, AllocationParams(by, 1), novelty, VerificationParams(3, 2))
        return strategy.run(chosen, material, instructor, seed=seed, threads=1)

    return run
