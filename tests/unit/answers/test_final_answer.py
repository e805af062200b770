r"""How solutions end, and how they are made to end otherwise."""

import pytest

from stages.answers.final_answer import (
    Annotations,
    FinalAnswer,
    boxed_answer,
    hash_answer,
    is_boxed,
    of_set,
    restyled,
    with_ending,
    without_annotations,
)
from stages.core.exceptions import ParamsError
from stages.core.params import parse

HASH, BOX = "#### {answer}", r"The answer is $\boxed{{answer}}$."


@pytest.mark.parametrize(
    ("solution", "answer", "ending", "written"),
    [
        pytest.param("1 + 1 = 2\n#### 2", "2", HASH, "1 + 1 = 2\n#### 2", id="hash-stays"),
        pytest.param("1 + 1 = 2\n####2 ", "2", HASH, "1 + 1 = 2\n#### 2", id="hash-is-written-evenly"),
        pytest.param("so 2 #### 2", "2", HASH, "so 2\n#### 2", id="hash-gets-a-line-of-its-own"),
        pytest.param("1 + 1 = 2\n#### 2", "2", BOX, "1 + 1 = 2\n" r"The answer is $\boxed{2}$.", id="hash-to-box"),
        pytest.param(r"So $x = \boxed{2}$.", "2", BOX, r"So $x = \boxed{2}$.", id="box-stays"),
        pytest.param(r"So \fbox{2}.", "2", BOX, r"So \fbox{2}.", id="framed-box-stays"),
        pytest.param(
            r"So $x = \boxed{\frac{1}{2}}$.", "0.5", HASH, "So $x = \\frac{1}{2}$.\n#### 0.5", id="box-to-hash"
        ),
        pytest.param(r"\boxed 2 it is", "2", HASH, "2 it is\n#### 2", id="bare-box-to-hash"),
        pytest.param("So \\boxed{2}.\n#### 2", "2", BOX, r"So \boxed{2}.", id="box-and-hash-to-box"),
        pytest.param("So \\boxed{2}.\n#### 2", "2", HASH, "So 2.\n#### 2", id="box-and-hash-to-hash"),
        pytest.param("1 + 1 = 2", "2", HASH, "1 + 1 = 2\n#### 2", id="unmarked-to-hash"),
        pytest.param("1 + 1 = 2", "2", BOX, "1 + 1 = 2\n" r"The answer is $\boxed{2}$.", id="unmarked-to-box"),
        pytest.param("#### 7", "7", BOX, r"The answer is $\boxed{7}$.", id="answer-alone"),
        pytest.param(r"\boxed{a} and \boxed{b}", "a", HASH, "a and b\n#### a", id="several-boxes"),
    ],
)
def test_solution_ends_as_it_is_to(solution, answer, ending, written):
    assert with_ending(solution, answer, ending) == written
    # Twice is once.
    assert with_ending(written, answer, ending) == written


def test_annotations_are_taken_out_where_asked_for():
    solution = "48/2 = <<48/2=24>>24\n#### 24"
    assert without_annotations(solution) == "48/2 = 24\n#### 24"
    assert restyled(solution, "24", HASH, Annotations(annotations="keep")) == solution
    assert restyled(solution, "24", HASH, Annotations(annotations="strip")) == "48/2 = 24\n#### 24"
    assert without_annotations("1 << 2 and 3 >> 4") == "1 << 2 and 3 >> 4"


def test_answers_are_found_where_they_are_marked():
    assert hash_answer("x\n#### 4 ") == "4"
    assert hash_answer("#### 4\nx") is None
    assert boxed_answer(r"\boxed{1} \boxed{ 2 }") == "2"
    assert boxed_answer(r"\boxed{}") == ""
    assert boxed_answer(r"\boxed{2") is None


@pytest.mark.parametrize(
    ("solution", "boxed"),
    [(r"So \boxed{2}.", True), ("So \\boxed{2}.\n#### 2", False), (r"So \boxed{}.", False), ("So 2.", False)],
)
def test_solution_is_boxed_where_a_box_alone_marks_its_answer(solution, boxed):
    assert is_boxed(solution) is boxed


def test_text_is_that_of_the_set_or_of_all_others():
    assert of_set("all", "math") == "all"
    assert of_set({"default": "all", "math": "own"}, "math") == "own"
    assert of_set({"default": "all", "math": "own"}, "gsm8k") == "all"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("####", r"`chat\.final_answer`: must contain \{answer\}"),
        ({"default": HASH, "math": "x"}, r"must contain \{answer\}"),
        ({"math": HASH}, "texts by problem set need one named `default`"),
    ],
)
def test_ending_that_cannot_be_used_is_refused(value, message):
    with pytest.raises(ParamsError, match=message):
        parse(FinalAnswer, {"final_answer": value}, "chat")
