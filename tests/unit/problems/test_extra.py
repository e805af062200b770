"""Extra test sets from files."""

import json
from pathlib import Path

import pytest

from stages.arithmetic.mistakes import MistakeKind, find_first_mistake
from stages.core.exceptions import ParamsError, RecordsError
from stages.core.params import parse
from stages.problems.extra import ExtraParams, ExtraSets, load
from stages.problems.reading import Columns

PLAIN = Columns("q", "s", None, None)
SVAMP = Columns("{Body} {Question}", "{Equation} = {Answer}", "Answer", None)
SHARED = Path(__file__).parents[4] / "shared" / "data" / "svamp_test.jsonl"


@pytest.fixture
def folder(tmp_path):
    lines = [json.dumps({"q": f"{n} + 0?", "s": f"#### {n}"}) for n in range(5)]
    (tmp_path / "sums.jsonl").write_text("\n".join(lines) + "\n")
    return tmp_path


@pytest.mark.parametrize(("limit", "answers"), [(2, ["0", "1"]), (None, ["0", "1", "2", "3", "4"]), (9, list("01234"))])
def test_first_problems_up_to_the_limit_are_taken_in_order(folder, limit, answers):
    found = load({"sums": ExtraParams("sums.jsonl", limit, PLAIN)}, folder, [])
    assert [problem.answer for problem in found["sums"]] == answers


def test_problem_that_is_trained_on_is_refused(folder, make_problem):
    (known, *_) = load({"x": ExtraParams("sums.jsonl", 1, PLAIN)}, folder, [])["x"]
    with pytest.raises(RecordsError, match=r"extra\.sums: 1 of its problems are training problems"):
        load({"sums": ExtraParams("sums.jsonl", None, PLAIN)}, folder, [make_problem(1), known])


def test_missing_file_is_named(folder):
    with pytest.raises(RecordsError, match=r"gone\.jsonl: no such file"):
        load({"sums": ExtraParams("gone.jsonl", None, PLAIN)}, folder, [])


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("unseen", {}, r"`extra`: unseen: use letters, digits, _ and -, and not `unseen`"),
        ("a/b", {}, r"`extra`: a/b: use letters"),
        ("sums", {"file": "../sums.jsonl"}, r"`extra\.sums\.file`: name a file of the folder with the raw data"),
        ("sums", {"file": "/tmp/sums.jsonl"}, r"`extra\.sums\.file`: .* DVC sees that folder change"),
        ("sums", {"file": "below/sums.jsonl"}, r"`extra\.sums\.file`: name a file"),
    ],
)
def test_set_that_cannot_be_used_is_refused(name, changes, message):
    columns = {"question": "q", "solution": "s", "answer": None, "group": None}
    values = {"file": "sums.jsonl", "limit": None, "columns": columns} | changes
    with pytest.raises(ParamsError, match=message):
        parse(ExtraSets, {name: values}, "extra")


def test_svamp_reads_as_problems_whose_mistakes_can_be_found():
    if not SHARED.is_file():
        pytest.skip("SVAMP is not at hand")
    found = load({"svamp": ExtraParams(SHARED.name, 200, SVAMP)}, SHARED.parent, [])["svamp"]
    assert len(found) == 200
    first = found[0]
    assert first.question.startswith("There are 87 oranges and 290 bananas")
    assert first.question.endswith("How big is each group of bananas?")
    assert first.solution == "( 290.0 / 2.0 ) = 145\n#### 145"
    mistake = find_first_mistake(first.question, first.solution, "290 / 2 = 140\n#### 140")
    assert mistake.kind is MistakeKind.ARITHMETIC_SLIP
