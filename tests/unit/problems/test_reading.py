"""From rows to problems."""

import pytest

from stages.core.exceptions import RecordsError
from stages.problems.reading import make_problem
from stages.problems.reading import read_rows as read_pool
from tests.unit.problems.specs import spec

PLAIN = "question=q solution=s"
FULL = "question=q solution=s answer=a group=g"


def read_rows(rows, columns, **fields):
    return read_pool(rows, spec(columns=columns, **fields)).problems


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
    assert make_problem("q", "#### Step 1\n2+2=4", "4", "", of="s").solution == "#### Step 1\n2+2=4\n#### 4"


def test_id_depends_on_question_and_answer_and_not_on_solution_or_group():
    one = make_problem("q", "s", "4", "g", of="s")
    assert make_problem("q", "another", "4", "h", of="s").id == one.id
    assert make_problem("q", "s", "5", "g", of="s").id != one.id
    assert make_problem("r", "s", "4", "g", of="s").id != one.id


def test_problem_with_a_faulty_gold_stays_with_its_fault():
    right, wrong = read_rows(
        rows({"q": "1?", "s": "1+1=<<1+1=2>>2\n#### 2"}, {"q": "2?", "s": "1+1=<<1+1=3>>3\n#### 3"}), PLAIN
    )
    assert right.gold_fault is None
    assert wrong.gold_fault == "its solution says 1+1=3, but the sides are 2 and 3"
    assert wrong.id == make_problem("2?", "#### 3", "3", "", of="s").id


def test_missing_column_names_line_columns_there_are_and_the_param():
    message = (
        r"^f\.jsonl:2: no column `s` for the solution \(there are q, answer\); "
        r"set `columns\.solution` of this set in params\.yaml$"
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
    with pytest.raises(
        RecordsError, match=r"^f\.jsonl:1: the solution has neither a `#### answer` line nor a .*; add one"
    ):
        read_rows(rows({"q": "1?", "s": solution}), PLAIN)


REPEATED = rows(
    {"q": "1?", "s": "#### 1"}, {"q": "2?", "s": "#### 2"}, {"q": " 1? ", "s": "#### 9"}, {"q": "2?", "s": "#### 2"}
)


def test_questions_that_occur_again_are_all_named_at_once():
    message = r"sets\.mine: 2 rows have .*: f\.jsonl:3 as f\.jsonl:1, f\.jsonl:4 as f\.jsonl:2; .*`duplicates: drop`$"
    with pytest.raises(RecordsError, match=message):
        read_rows(REPEATED, PLAIN)


def test_question_with_other_white_space_occurs_again():
    with pytest.raises(RecordsError, match=r"1 rows have .*: f\.jsonl:2 as f\.jsonl:1;"):
        read_rows(rows({"q": "Two  and\ntwo?", "s": "#### 4"}, {"q": "Two and two?", "s": "#### 4"}), PLAIN)


def test_of_many_questions_that_occur_again_the_first_are_named():
    with pytest.raises(RecordsError, match=r"24 rows have .*, f\.jsonl:21 as f\.jsonl:1 and 4 more; remove"):
        read_rows(rows(*[{"q": "1?", "s": "#### 1"}] * 25), PLAIN)


def test_questions_that_occur_again_are_dropped_and_counted_where_asked_for():
    pool = read_pool(REPEATED, spec(columns=PLAIN, duplicates="drop"))
    assert [problem.answer for problem in pool.problems] == ["1", "2"]
    assert pool.left_out == {"repeated": 2}


def test_all_faulty_rows_are_named():
    faulty = rows({"q": "1?", "s": "x"}, {"q": "", "s": "#### 2"}, {"q": "3?", "s": "#### 3"})
    with pytest.raises(RecordsError) as caught:
        read_rows(faulty, PLAIN)
    first, second = str(caught.value).splitlines()
    assert first.startswith("f.jsonl:1: the solution has neither")
    assert second == "f.jsonl:2: the column `q` is empty"


def test_of_many_faulty_rows_the_first_are_named_and_the_others_counted():
    with pytest.raises(RecordsError) as caught:
        read_rows(rows(*({"q": f"{n}?", "s": "x"} for n in range(25))), PLAIN)
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 5 more rows of mine"


ANSWERS = {
    "last-box": ("box", r"First \boxed{3}, but $x = \boxed{\frac{1}{2}}$.", r"\frac{1}{2}"),
    "nested-box": ("box", r"\boxed{\boxed{7}}", r"\boxed{7}"),
    "fbox": ("box", r"\fbox{A}", "A"),
    "box-without-braces": ("box", r"so \boxed 2", "2"),
    "hash": ("hash", "\\boxed{3}\n#### 4", "4"),
    "last-line": ("last_line", "1 + 1\n 2 ", "2"),
    "auto-prefers-the-marked-line": ("auto", "\\boxed{3}\n#### 4", "4"),
    "auto-takes-a-box": ("auto", r"so \boxed{5}", "5"),
}


@pytest.mark.parametrize(("place", "solution", "answer"), ANSWERS.values(), ids=ANSWERS)
def test_answer_is_read_where_it_stands(place, solution, answer):
    (problem,) = read_rows(rows({"q": "?", "s": solution}), PLAIN, answer=place)
    assert problem.answer == answer


@pytest.mark.parametrize(
    ("place", "message"), [("box", r"no \\boxed answer"), ("hash", "no `#### answer` line"), ("auto", "neither a")]
)
def test_solution_without_the_answer_is_named(place, message):
    with pytest.raises(RecordsError, match=rf"^f\.jsonl:1: the solution has {message}"):
        read_rows(rows({"q": "?", "s": "x"}), PLAIN, answer=place)


def test_empty_box_is_a_gold_that_cannot_be_used_and_named_in_the_log(caplog):
    (problem, _) = read_rows(
        rows({"q": "1?", "s": r"so \boxed{}."}, {"q": "2?", "s": r"\boxed{2}"}), PLAIN, answer="box"
    )
    assert problem.gold_fault == "it does not parse as an answer: ''"
    assert "mine: 1 gold answers cannot be used: f.jsonl:1 (it does not parse" in caplog.text


def test_answer_that_a_box_marks_already_is_not_appended():
    boxed, plain = read_rows(
        rows({"q": "1?", "s": r"so $\boxed{\dfrac12}$.", "a": r"\frac{1}{2}"}, {"q": "2?", "s": "so", "a": "2"}),
        "question=q solution=s answer=a",
    )
    assert boxed.solution == r"so $\boxed{\dfrac12}$."
    assert boxed.gold_fault is None
    assert plain.solution == "so\n#### 2"


def test_set_without_solutions_has_the_answer_alone():
    (problem,) = read_rows(rows({"q": "1?", "a": "7"}), "question=q answer=a")
    assert (problem.solution, problem.answer) == ("#### 7", "7")


LEVELS = rows(*(
    {"q": f"{n}?", "s": f"#### {n}", "l": level, "g": group}
    for n, (level, group) in enumerate([
        ("Level 1", "Algebra"), ("Level 5", "Algebra"), (1, "Geometry"), ("Level ?", "Algebra"), ("Level 2", "Algebra"),
    ])
))  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "answers", "left_out"),
    [
        pytest.param({"levels": [1, 2]}, ["0", "2", "4"], {"of other levels": 2}, id="levels"),
        pytest.param({"subjects": ["Geometry"]}, ["2"], {"of other subjects": 4}, id="subjects"),
        pytest.param({"skip": 2}, ["2", "3", "4"], {}, id="skip-counts-rows"),
        pytest.param({"limit": 2}, ["0", "1"], {}, id="limit"),
        pytest.param({"limit": 2, "levels": [1, 2]}, ["0", "2"], {"of other levels": 1}, id="limit-counts-what-fits"),
        pytest.param({"skip": 1, "levels": [1, 2]}, ["2", "4"], {"of other levels": 2}, id="skip-counts-all-rows"),
    ],
)
def test_sets_are_narrowed(fields, answers, left_out):
    pool = read_pool(LEVELS, spec(columns="question=q solution=s group=g level=l", **fields))
    assert [problem.answer for problem in pool.problems] == answers
    assert pool.left_out == left_out


def test_skip_and_limit_count_rows_before_repeated_ones_are_dropped():
    taken = read_rows(REPEATED, PLAIN, duplicates="drop", limit=3)
    rest = read_rows(REPEATED, PLAIN, duplicates="drop", skip=3)
    assert [problem.question for problem in taken] == ["1?", "2?"]
    assert [problem.question for problem in rest] == ["2?"]


def test_level_group_set_and_limit_are_of_the_problem():
    (problem,) = read_rows(LEVELS[:1], "question=q solution=s group=g level=l", max_new_tokens=50)
    assert (problem.set, problem.group, problem.level, problem.max_new_tokens) == ("mine", "Algebra", 1, 50)
    assert read_rows(LEVELS[3:4], "question=q solution=s group=g level=l")[0].level is None


FIGURES = rows(
    {"q": "What is its area?\n[asy]\ndraw((0,0)--(1,0));\n[/asy]", "s": "#### 1"},
    {"q": "1 + 1?", "s": "We draw:\n[asy]\ndot((0,0));\n[/asy]\n\nSo two.\n#### 2"},
)


def test_figures_are_kept():
    assert ["[asy]" in one.question + one.solution for one in read_rows(FIGURES, PLAIN)] == [True, True]


def test_problem_with_a_figure_is_left_out_and_a_figure_is_cut_out_of_a_solution():
    pool = read_pool(FIGURES, spec(columns=PLAIN, figures="drop"))
    assert [problem.solution for problem in pool.problems] == ["We draw:\nSo two.\n#### 2"]
    assert pool.left_out == {"with figures": 1}


def test_set_of_which_nothing_is_left_says_why():
    with pytest.raises(RecordsError, match=r"sets\.mine: no problem is left of 5 rows: 5 of other levels"):
        read_rows(LEVELS, "question=q solution=s level=l", levels=[4])


def test_columns_named_in_braces_are_joined_with_the_text_between_them():
    columns = {"question": "{Body} {Ask}", "solution": "{Equation} = {Answer}", "answer": "Answer"}
    row = {"Body": " Ann has 2 pens. ", "Ask": "How many?", "Equation": "( 1.0 + 1.0 )", "Answer": "2"}
    (problem,) = read_rows(rows(row), columns)
    assert problem.question == "Ann has 2 pens. How many?"
    assert problem.solution == "( 1.0 + 1.0 ) = 2\n#### 2"


def test_missing_column_in_braces_is_named():
    with pytest.raises(RecordsError, match=r"^f\.jsonl:1: no column `Ask` for the question"):
        read_rows(rows({"Body": "b", "s": "#### 1"}), {"question": "{Body} {Ask}", "solution": "s"})


def test_shuffled_order_is_the_same_each_time_so_that_skip_and_limit_share_the_rows_out():
    table = rows(*({"q": f"{number}?", "s": f"#### {number}"} for number in range(50)))
    first = read_rows(table, PLAIN, order="shuffled", limit=20)
    rest = read_rows(table, PLAIN, order="shuffled", skip=20)
    answers = [int(problem.answer) for problem in [*first, *rest]]
    assert sorted(answers) == list(range(50))
    assert answers[:20] != sorted(answers[:20])
    assert [problem.answer for problem in read_rows(table, PLAIN, limit=3)] == ["0", "1", "2"]
