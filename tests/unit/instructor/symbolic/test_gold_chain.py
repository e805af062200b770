"""Which gold steps an output has done, and what is left of the gold solution."""

from dataclasses import replace

import pytest

from stages.arithmetic.equations import read_equations
from stages.instructor.symbolic.gold_chain import GoldChain

QUESTION = "A box has 6 red pens, 4 blue pens and 3 caps. A shop has 5 boxes and 2 bags of 5 pens."
LINES = [
    "First count the pens of a box.",
    "A box has 6 + 4 = 10 pens.",
    "The bags have 2 * 5 = 10 pens.",
    "The shop has 5 * 10 + 10 = 60 pens.",
    "These are all.",
    "#### 60",
]


@pytest.fixture
def chain(make_case):
    return GoldChain.read(make_case("c", QUESTION, "\n".join(LINES), "60"))


MISSING = {
    "nothing done": ("", [0, 1, 2]),
    "one of two steps of the same result": ("4 + 6 = 10", [1, 2]),
    "both": ("6 + 4 = 10\n5 * 2 = 10", [2]),
    "steps in another order": ("2 * 5 = 10\n6 + 4 = 10", [2]),
    "a part of a step": ("6 + 4 = 10\n5 * 10 = 50", [1, 2]),
    "all": ("6 + 4 = 10\n2 * 5 = 10\n5 * 10 + 10 = 60", []),
    "a step twice": ("6 + 4 = 10\n6 + 4 = 10", None),
    "other numbers of the same result": ("13 - 3 = 10", None),
    "the numbers of a part with another result": ("6 + 4 = 10\n10 - 5 = 5", None),
    "one number alone": ("6 - 1 = 5", None),
    "a result that is rounded": ("6 + 4 = 10\n5 * 10 + 10.4 = 60", None),
}


@pytest.mark.parametrize(("done", "missing"), MISSING.values(), ids=MISSING)
def test_steps_that_are_missing(chain, done, missing):
    found = chain.missing(read_equations(done))
    assert found == (None if missing is None else [chain.steps[index] for index in missing])


RESTS = {
    "all of it": ([0, 1, 2], LINES),
    "from a step in the middle": ([1, 2], LINES[2:]),
    "without a line that is done": ([0, 2], [LINES[0], LINES[1], *LINES[3:]]),
    "what follows the last step": ([], LINES[4:]),
}


@pytest.mark.parametrize(("missing", "lines"), RESTS.values(), ids=RESTS)
def test_rest_begins_with_the_words_before_the_first_missing_step(chain, missing, lines):
    assert chain.rest([chain.steps[index] for index in missing]) == "\n".join(lines)


def test_result_is_no_step_to_compare(chain):
    slip, other = read_equations("6 + 4 = 11\n6 * 4 = 24")
    assert chain.has_step(slip)
    assert not chain.has_step(other)


@pytest.mark.parametrize(
    "solution", ["No equation.\n#### 60", "6 + 4 = 11\n11 * 5 = 55\n#### 55", "6 + 4 = 10\n#### 60"]
)
def test_solution_that_is_no_chain_to_its_answer_is_none(make_case, solution):
    assert GoldChain.read(replace(make_case("c", QUESTION, solution, "60"))) is None
