import pytest

from stages.instructor.interface import Attempt
from stages.instructor.language_model import solving
from stages.instructor.language_model.worked_solutions import WorkedSolution, read_solution
from tests.unit.instructor.language_model.replies import failed, reply


def test_requests_are_told_apart_by_sample_and_share_the_rest():
    made = solving.requests(["A?", "B?"], samples=2, seed=7)
    told = [("A?" in request.prompt, request.sample, request.seed) for request in made]
    assert told == [(True, 0, 7), (True, 1, 7), (False, 0, 7), (False, 1, 7)]
    assert made[0].prompt == made[1].prompt
    assert made[0].schema is None


def test_tries_keep_their_number_and_end_with_their_answer_where_they_have_one():
    last = reply("<think>#### 5</think>2 + 2 = 4\n#### 4\n\nNext problem:\n#### 9")
    replies = [failed("time-out"), reply("1 + 1 = 2\n#### 2"), reply("I give up."), last]
    assert solving.attempts(replies, questions=2, samples=2) == [
        [Attempt("", False, "time-out"), Attempt("1 + 1 = 2\n#### 2", False, None)],
        [Attempt("I give up.", False, None), Attempt("2 + 2 = 4\n#### 4", False, None)],
    ]


def test_try_that_was_cut_after_its_answer_is_whole():
    replies = [reply("1 + 1 = 2\n#### 2\n\nNext", truncated=True), reply("1 + 1 is", truncated=True)]
    assert solving.attempts(replies, questions=1, samples=2) == [
        [Attempt("1 + 1 = 2\n#### 2", False, None), Attempt("1 + 1 is", True, None)]
    ]


def test_no_samples_give_no_tries():
    assert solving.requests(["A?"], samples=0, seed=0) == []
    assert solving.attempts([], questions=2, samples=0) == [[], []]


SOLUTIONS = {
    "number": ("a\n#### 7", ("a\n#### 7", "7")),
    "text after it": ("a\n#### 7\nb\n#### 8", ("a\n#### 7", "7")),
    "behind a sentence": ("He has 7. #### 7", ("He has 7.\n#### 7", "7")),
    "money": ("#### $1,200.50", ("#### $1,200.50", "$1,200.50")),
    "negative": ("####-3", ("####-3", "-3")),
    "bold": ("#### **7**", ("#### **7**", "**7**")),
    "LaTeX": (r"#### \frac{1}{2}", (r"#### \frac{1}{2}", r"\frac{1}{2}")),
    "headings before it": ("#### Step 1\na\n#### Step 2\nb\n#### 7", ("#### Step 1\na\n#### Step 2\nb\n#### 7", "7")),
    "numbered headings before it": (
        "#### 1. Add\na\n#### 2) Tip\nb\n#### 7",
        ("#### 1. Add\na\n#### 2) Tip\nb\n#### 7", "7"),
    ),
    "numbered headings before a box": ("#### 1. Add\n\\boxed{7}", ("#### 1. Add\n\\boxed{7}", "7")),
    "words": ("#### one\n#### x = 7 \nb", ("#### one\n#### x = 7", "x = 7")),
    "box": ("a\n$\\boxed{7}$.\n\nNext:", ("a\n$\\boxed{7}$.", "7")),
    "last box": (r"\boxed{1} and \boxed{\frac{1}{2}}", (r"\boxed{1} and \boxed{\frac{1}{2}}", r"\frac{1}{2}")),
    "heading before a box": ("#### Step 1\n\\boxed{7}", ("#### Step 1\n\\boxed{7}", "7")),
    "number before a box": ("#### 7\n\\boxed{8}", ("#### 7", "7")),
    "empty box": (r"\boxed{ }", None),
    "nothing after it": ("a\n#### ", None),
    "nothing": ("a", None),
    "answer in the next line": ("a\n####\n7", ("a\n#### 7", "7")),
    "answer under a heading": ("a\n#### Answer\n7\nb", ("a\n#### 7", "7")),
    "answer under a heading in bold": ("a\n#### **Final answer:**\n\n7", ("a\n#### 7", "7")),
    "answer behind its heading": ("a\n#### Answer: 7", ("a\n#### 7", "7")),
    "formula under a heading": ("a\n#### Answer\n$\\frac{1}{2}$", ("a\n#### $\\frac{1}{2}$", "$\\frac{1}{2}$")),
    "step under its heading": ("#### Step 1\n7\n#### 8", ("#### Step 1\n7\n#### 8", "8")),
    "lone box": (r"\boxed{7}", (r"\boxed{7}", "7")),
    "box behind the mark": ("a\n#### \\boxed{7}", ("a\n#### 7", "7")),
    "box under a heading": ("a\n#### Answer\n\\boxed{7}", ("a\n#### Answer\n\\boxed{7}", "7")),
    "box on lines of its own": ("a\n\\[\n\\boxed{7}.\n\\]\nb", ("a\n\\[\n\\boxed{7}.\n\\]", "7")),
}


@pytest.mark.parametrize(("text", "expected"), SOLUTIONS.values(), ids=SOLUTIONS.keys())
def test_solution_ends_with_its_answer(text, expected):
    assert read_solution(text) == (WorkedSolution(*expected) if expected else None)
