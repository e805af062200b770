"""From rows to problems."""

import pytest

from stages.core.exceptions import RecordsError
from stages.problems.reading import Columns, make_problem, read_rows

PLAIN = Columns("q", "s", None, None)
FULL = Columns("q", "s", "a", "g")


def rows(*values):
    return [(f"f.jsonl:{number}", value) for number, value in enumerate(values, 1)]


def test_answer_is_read_from_the_last_marked_line_without_an_answer_column():
    (problem,) = read_rows(rows({"q": " Two and two? ", "s": "#### 3 is wrong\n2+2=<<2+2=4>>4\n#### 4 \n"}), PLAIN)
    assert problem.question == "Two and two?"
    assert problem.answer == "4"
    assert problem.solution == "#### 3 is wrong\n2+2=<<2+2=4>>4\n#### 4"
    assert problem.group == ""


def test_answer_and_group_come_from_their_columns_and_the_solution_gets_its_marked_line():
    (problem,) = read_rows(rows({"q": "Two and two?", "s": "2+2=4", "a": 4, "g": "sums", "other": 1}), FULL)
    assert (problem.answer, problem.group) == ("4", "sums")
    assert problem.solution == "2+2=4\n#### 4"


def test_solution_with_markdown_headings_still_ends_in_the_marked_answer():
    assert make_problem("q", "#### Step 1\n2+2=4", "4", "").solution == "#### Step 1\n2+2=4\n#### 4"


def test_id_depends_on_question_and_answer_and_not_on_solution_or_group():
    one = make_problem("q", "s", "4", "g")
    assert make_problem("q", "another", "4", "h").id == one.id
    assert make_problem("q", "s", "5", "g").id != one.id
    assert make_problem("r", "s", "4", "g").id != one.id


def test_problem_with_a_faulty_gold_stays_with_its_fault():
    right, wrong = read_rows(
        rows({"q": "1?", "s": "1+1=<<1+1=2>>2\n#### 2"}, {"q": "2?", "s": "1+1=<<1+1=3>>3\n#### 3"}), PLAIN
    )
    assert right.gold_fault is None
    assert wrong.gold_fault == "its solution says 1+1=3, but the sides are 2 and 3"
    assert wrong.id == make_problem("2?", "#### 3", "3", "").id


def test_missing_column_names_line_columns_there_are_and_the_param():
    message = (
        r"^f\.jsonl:2: no column `s` for the solution \(there are q, answer\); "
        r"set `columns\.solution` of this source in params\.yaml$"
    )
    with pytest.raises(RecordsError, match=message):
        read_rows(rows({"q": "1?", "s": "#### 1"}, {"q": "2?", "answer": "#### 2"}), PLAIN)


@pytest.mark.parametrize("value", [pytest.param("", id="empty"), pytest.param("  \n", id="blank"), None])
@pytest.mark.parametrize("column", ["q", "s", "a", "g"])
def test_empty_value_names_line_and_column(column, value):
    row = {"q": "1?", "s": "#### 1", "a": "1", "g": "g"} | {column: value}
    with pytest.raises(RecordsError, match=rf"^f\.jsonl:1: the column `{column}` is empty$"):
        read_rows(rows(row), FULL)


def test_number_zero_is_a_value():
    assert read_rows(rows({"q": "1 - 1?", "s": "#### 0", "a": 0, "g": 0}), FULL)[0].answer == "0"


@pytest.mark.parametrize("solution", [pytest.param("2+2=4", id="no-marker"), pytest.param("x\n####  ", id="no-answer")])
def test_solution_without_marked_answer_names_line_and_the_param(solution):
    with pytest.raises(RecordsError, match=r"^f\.jsonl:1: the solution has no `#### answer` line; add one or set .*"):
        read_rows(rows({"q": "1?", "s": solution}), PLAIN)


def test_question_that_occurs_twice_names_both_lines():
    twice = rows({"q": "1?", "s": "#### 1"}, {"q": "2?", "s": "#### 2"}, {"q": " 1? ", "s": "#### 9"})
    with pytest.raises(RecordsError, match=r"^f\.jsonl:3: the same question as f\.jsonl:1; remove one of them$"):
        read_rows(twice, PLAIN)


def test_columns_named_in_braces_are_joined_with_the_text_between_them():
    columns = Columns("{Body} {Ask}", "{Equation} = {Answer}", "Answer", None)
    row = {"Body": " Ann has 2 pens. ", "Ask": "How many?", "Equation": "( 1.0 + 1.0 )", "Answer": "2"}
    (problem,) = read_rows(rows(row), columns)
    assert problem.question == "Ann has 2 pens. How many?"
    assert problem.solution == "( 1.0 + 1.0 ) = 2\n#### 2"


def test_missing_column_in_braces_is_named():
    with pytest.raises(RecordsError, match=r"^f\.jsonl:1: no column `Ask` for the question"):
        read_rows(rows({"Body": "b", "s": "#### 1"}), Columns("{Body} {Ask}", "s", None, None))
