"""Corrections by rule: what is kept, what corrects it, how it goes on, and what is left alone."""

import json
from dataclasses import replace

import pytest

from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.right_start import NOTHING_RIGHT
from stages.instructor.symbolic import corrections
from tests.unit.conftest import DATA, needs_data

QUESTION = "A box has 6 red pens and 4 blue pens. A shop has 5 boxes and sells 12 pens. How many pens are left?"
GOLD = "A box has 6 + 4 = 10 pens.\nThe shop has 5 * 10 = 50 pens.\nThere are 50 - 12 = 38 pens left.\n#### 38"
FIRST = "There are 6 + 4 = 10 pens in a box."


@pytest.fixture
def correct(make_case):
    """Correct an output to the problem above, or to another one."""

    def run(output, question=QUESTION, solution=GOLD, answer="38"):
        return corrections.draft(replace(make_case("c", question, solution, answer), output=output, set="pens"))

    return run


REST = "The shop has 5 * 10 = 50 pens.\nThere are 50 - 12 = 38 pens left.\n#### 38"
LAST = "There are 50 - 12 = 38 pens left.\n#### 38"
MADE = {
    "a slip": (
        f"{FIRST} Ten it is.\nSo 5 boxes have 5 * 10 = 55 pens.\n55 - 12 = 43\n#### 43",
        f"{FIRST}\nWait: 5 * 10 = 50, not 55.\n{REST}",
    ),
    "a slip in the last step": (
        f"{FIRST}\n5 x 10 = 50 pens\nThere are 50 - 12 = 48 pens left.\n#### 48",
        f"{FIRST}\n5 x 10 = 50 pens\nWait: 50 - 12 = 38, not 48.\n{LAST}",
    ),
    "a wrong operation": (
        f"{FIRST} I add the boxes. That is 10 + 5 = 15 pens.\n15 - 12 = 3\n#### 3",
        f"{FIRST}\nWait: the next step is not 10 + 5, but 5 * 10.\n{REST}",
    ),
    "an invented number": (
        f"{FIRST}\nThe shop has 250 pens.\n250 - 12 = 238\n#### 238",
        f"{FIRST}\nWait: the problem does not give 250.\n{REST}",
    ),
    "a step too many": (
        f"{FIRST}\n5 * 10 = 50\n50 - 12 = 38\n38 / 2 = 19\n#### 19",
        f"{FIRST}\n5 * 10 = 50\n50 - 12 = 38\nWait: 38 is the answer already.\n#### 38",
    ),
    "an answer before the last step": (
        f"{FIRST}\nIn all there are 5 * 10 = 50 pens left.\n#### 50",
        f"{FIRST}\nWait: 5 * 10 = 50 is not the answer.\n{REST}",
    ),
    "an output that was cut": (
        f"{FIRST}\nThe boxes hold 5 * 10 = 50 pens. Now we take aw",
        f"{FIRST}\nThe boxes hold 5 * 10 = 50 pens.\nThat is not the answer yet.\n{LAST}",
    ),
    "an output that repeats itself": (
        "6 + 4 = 10\n5 * 10 = 50\n" + "5 * 10 = 50\n" * 5,
        f"6 + 4 = 10\n5 * 10 = 50\nThat is not the answer yet.\n{LAST}",
    ),
    "no answer": (
        "6 + 4 = 10, 5 * 10 = 50 and 50 - 12 = 38.",
        "6 + 4 = 10, 5 * 10 = 50 and 50 - 12 = 38.\nSo the answer is 38.\n#### 38",
    ),
    "LaTeX": (
        "First:\n\\[\n6 + 4 = 10 \\text{ pens}\n\\]\n\nThen, the boxes:\n\\[\n5 \\times 10 = 55\n\\]\nSo \\boxed{43}",
        f"First:\n\\[\n6 + 4 = 10 \\text{{ pens}}\n\\]\nWait: 5 * 10 = 50, not 55.\n{REST}",
    ),
    "Markdown": (
        "### Step 1: A box\n\n**6 + 4 = 10** pens\n\n### Step 2: The shop\n\n- The shop has: **5 * 10 = 55** pens",
        f"### Step 1: A box\n\n**6 + 4 = 10** pens\nWait: 5 * 10 = 50, not 55.\n{REST}",
    ),
    "Python after the first step": (
        f"{FIRST}\n```python\npens = 10 + 5\nprint(pens)\n```\n```output\n15\n```\n#### 15",
        f"{FIRST}\nWait: the next step is not 10 + 5, but 5 * 10.\n{REST}",
    ),
    "annotations": (
        "6+4=<<6+4=10>>10 pens\n5*10=<<5*10=55>>55 pens\n#### 55",
        f"6+4=<<6+4=10>>10 pens\nWait: 5 * 10 = 50, not 55.\n{REST}",
    ),
    "a thought": (
        f"<think>5 * 10 is 55.</think>\n{FIRST}\n5 * 10 = 55\n#### 43",
        f"{FIRST}\nWait: 5 * 10 = 50, not 55.\n{REST}",
    ),
}


@pytest.mark.parametrize(("output", "solution"), MADE.values(), ids=MADE)
def test_output_is_kept_corrected_and_carried_on(correct, output, solution):
    draft = correct(output)
    assert draft.failure is None
    assert draft.solution == solution
    assert (draft.question, draft.answer) == (QUESTION, "38")
    assert (draft.demonstration_ids, draft.certificate) == (("c",), "gold")


REFUSED = {
    "the first step": ("6 * 4 = 24\n24 * 5 = 120\n#### 120", NOTHING_RIGHT),
    "words alone": ("We add the pens of a box.\n6 + 4 = 11\n#### 43", NOTHING_RIGHT),
    "no equation": ("The answer is 43.\n#### 43", NOTHING_RIGHT),
    "nothing": ("", corrections.NOT_LOCATED),
    "a result of what cannot be read": (f"{FIRST}\n5 boxes = **55**\n#### 43", corrections.UNNAMED),
    "right all along": (f"{GOLD} pens", corrections.NOT_LOCATED),
    "5 * 6 before, which is part of no step": ("5 * 6 = 30\n5 * 4 = 20\n30 + 20 = 51\n#### 39", corrections.OWN_WAY),
    "a step done twice": ("6 + 4 = 10\n6 + 4 = 10 more\n10 + 10 = 21\n#### 21", corrections.OWN_WAY),
}


@pytest.mark.parametrize(("output", "reason"), REFUSED.values(), ids=REFUSED)
def test_output_that_cannot_be_corrected_says_why(correct, output, reason):
    draft = correct(output)
    assert (draft.failure, draft.solution) == (reason, "")


GOLDS = {
    "no equation": ("It follows from the picture.\n#### 38", "38"),
    "a false one": ("6 + 4 = 11\n50 - 12 = 38\n#### 38", "38"),
    "none to the answer": ("6 + 4 = 10\n#### 38", "38"),
    "an answer that is no number": ("6 + 4 = 10\n#### x", "x"),
}


@pytest.mark.parametrize(("solution", "answer"), GOLDS.values(), ids=GOLDS)
def test_gold_solution_that_is_no_chain_is_left_alone(correct, solution, answer):
    assert (
        correct("6 + 4 = 10\n5 * 10 = 55\n#### 55", solution=solution, answer=answer).failure == corrections.UNREADABLE
    )


def test_share_is_the_same_step_however_it_is_written(correct):
    question = "A coat costs $400. Its price falls by 20%. How much is it then?"
    gold = "It falls by 20/100*400 = $80.\nIt is 400-80 = $320.\n#### 320"
    made = correct("400 * 0.2 = $80\n400 + 80 = $480\n#### 480", question, gold, "320")
    assert (
        made.solution
        == "400 * 0.2 = $80\nWait: the next step is not 400 + 80, but 400 - 80.\nIt is 400-80 = $320.\n#### 320"
    )


def test_rest_of_a_solution_with_an_unknown_begins_where_it_is_named(correct):
    question = "Ann has 8 pens more than Bea. Both have 22 pens. How many has Ann?"
    gold = "Let b be the pens of Bea.\nTwice b is 22 - 8 = 14.\nSo b = 14 / 2 = 7.\nAnn has 7 + 8 = 15.\n#### 15"
    made = correct("22 - 8 = 14\n14 + 8 = 22\n#### 22", question, gold, "15")
    assert made.solution == f"22 - 8 = 14\nWait: the next step is not 14 + 8, but 14 / 2.\n{gold}"


@needs_data
def test_third_of_real_wrong_outputs_is_corrected_and_ends_in_its_gold_answer(make_case):
    lines = (DATA / "gsm8k_labelled_solutions.jsonl").read_text("utf-8").splitlines()
    wrong = [row for row in map(json.loads, lines) if not row["is_correct"]][::16]
    made = []
    for row in wrong:
        solution, _, answer = (part.strip() for part in row["solution"].rpartition("A:"))
        case = replace(
            make_case("c", row["question"], f"{solution}\n#### {answer}", answer), output=row["model_output"]
        )
        draft = corrections.draft(case)
        if draft.failure is None:
            kept = draft.solution.partition("\nWait:")[0]
            assert row["model_output"].startswith(kept) or "\nWait:" not in draft.solution
            assert grade(answer, draft.solution).verdict is Verdict.CORRECT
            made.append(draft)
    assert 0.25 < len(made) / len(wrong) < 0.4
