"""Golds that do not parse, and golds that their own worked solutions contradict."""

import json
from pathlib import Path

import pytest

from stages.core.verdict import Verdict
from stages.grading.gold import check_gold
from stages.grading.grade import grade

DATA = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="../shared/data is not beside this checkout")


@pytest.mark.parametrize(
    ("answer", "solution"),
    [
        pytest.param("20", "4 * 5 = <<4*5=20>>20\n#### 20", id="right"),
        pytest.param("2.33", "7 / 3 = <<7/3=2.33>>2.33\n#### 2.33", id="rounded"),
        pytest.param("1.67", "5 / 3 = <<5/3=1.66>>1.66\n#### 1.67", id="cut"),
        pytest.param("5", "a tenth is <<10%*50=5>>5\n#### 5", id="percent"),
        pytest.param("5", "half is $<<.5*10=5>>5\n#### $5.00", id="money"),
        pytest.param("8", "<<2*4=8=16/2>>8\n#### 8", id="chain"),
        pytest.param("33", "<<100/3=33>>33\n#### 33", id="whole-above-10-cut"),
        pytest.param("5", "<<5/0=5>>5\n#### 5", id="annotation-without-a-value"),
        pytest.param("8", "of the other 3 = 5 more, 3 = 8\n#### 8", id="unmarked-equations-are-prose"),
        pytest.param("8", "twice <<x>>, then <<2*y=8>>8\n#### 8", id="annotation-with-a-name"),
        pytest.param("8", "It takes 2 * 4 hours for 3 men.", id="no-marked-answer"),
        pytest.param("1/2", r"Hence \boxed{\frac{1}{2}}.", id="boxed"),
        pytest.param("40,000", "<<2*20000=40000>>\n#### 40000", id="grouped"),
    ],
)
def test_check_gold_of_consistent_solution_is_silent(answer: str, solution: str) -> None:
    assert check_gold(answer, solution) is None


@pytest.mark.parametrize(
    ("answer", "solution", "reason"),
    [
        pytest.param("", "#### 5", "it does not parse as an answer: ''", id="empty"),
        pytest.param("see figure", "", "it does not parse as an answer: 'see figure'", id="placeholder"),
        pytest.param(r"\frac{1}{", "", r"it does not parse as an answer: '\\frac{1}{'", id="broken"),
        pytest.param("21", "<<4*5=21>>\n#### 21", "its solution says 4*5=21, but the sides are 20 and 21", id="slip"),
        pytest.param("2", "<<7/3=2>>\n#### 2", "its solution says 7/3=2, but the sides are 2.33333 and 2", id="whole"),
        pytest.param(
            "2", "<<7/3=2.5>>\n#### 2", "its solution says 7/3=2.5, but the sides are 2.33333 and 2.5", id="tenth"
        ),
        pytest.param(
            "2", "<<5/3=1.68>>\n#### 2", "its solution says 5/3=1.68, but the sides are 1.66667 and 1.68", id="over"
        ),
        pytest.param("8", "<<2*4=8=18/2>>", "its solution says 8=18/2, but the sides are 8 and 9", id="chain"),
        pytest.param("20", "<<4*5=20>>20\n#### 25", "its solution ends in 25, not in 20", id="hash"),
        pytest.param("20", "<<4*5=20>>20\nA: 25", "its solution ends in 25, not in 20", id="last-line"),
        pytest.param("20", r"So \boxed{25}.", "its solution ends in 25, not in 20", id="boxed"),
    ],
)
def test_check_gold_of_contradiction_says_why(answer: str, solution: str, reason: str) -> None:
    assert check_gold(answer, solution) == reason


@needs_data
def test_every_gsm8k_gold_is_correct_against_its_own_solution() -> None:
    rows = [row for name in ("gsm8k_train", "gsm8k_test") for row in _rows(name)]
    assert len(rows) == 8792
    suspects = []
    for row in rows:
        gold = row["answer"].rpartition("#### ")[2]
        if grade(gold, row["answer"]).verdict is not Verdict.CORRECT or check_gold(gold, row["answer"]):
            suspects.append(gold)
    assert suspects == []


@needs_data
def test_labelled_outputs_are_graded_as_their_authors_graded_them() -> None:
    rows = _rows("gsm8k_labelled_solutions")
    assert len(rows) == 2576
    agreed = sum(
        (grade(row["solution"].rpartition("A: ")[2], row["model_output"]).verdict is Verdict.CORRECT)
        == row["is_correct"]
        for row in rows
    )
    assert agreed / len(rows) >= 0.999


def _rows(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
