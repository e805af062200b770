"""Worked solutions taken apart by place value, each expected text worked out by hand."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.arithmetic.equations import read_all_equations
from stages.arithmetic.small_steps import in_small_steps

ROOT = Path(__file__).resolve().parents[3]
DATA = next((folder for folder in (ROOT / "shared/data", ROOT.parent / "shared/data") if folder.is_dir()), None)
needs_data = pytest.mark.skipif(DATA is None, reason="the shared data folder is not beside or in the project")


@pytest.mark.parametrize(
    ("plain", "small"),
    [
        ("He has 125 - 57 = 68 left.", "He has 125 - 57 = 125 - 50 - 7 = 75 - 7 = 68 left."),
        ("25 + 32 signatures = 57 signatures.", "25 + 32 signatures = 25 + 30 + 2 = 55 + 2 = 57 signatures."),
        ("42 x 3 = 126 almonds.", "42 x 3 = 40 x 3 + 2 x 3 = 120 + 6 = 126 almonds."),
        ("She drank 12*5=60 ounces.", "She drank 12*5 = 10 * 5 + 2 * 5 = 50 + 10 = 60 ounces."),
        (
            "It costs $77/hour * 14 hours = $1078",
            "It costs $77/hour * 14 hours = 70 * 10 + 70 * 4 + 7 * 10 + 7 * 4"
            " = 700 + 280 + 70 + 28 = 980 + 70 + 28 = 1050 + 28 = $1078",
        ),
        ("182 / 13 = 14 pans", "182 / 13 = 130 / 13 + 52 / 13 = 10 + 4 = 14 pans"),
        ("4 + 18 + 6 = 28 pizzas", "4 + 18 + 6 = 22 + 6 = 28 pizzas"),
        ("36 total - 8 paint - 7 sing = 21", "36 total - 8 paint - 7 sing = 28 - 7 = 21"),
        ("So 42*3=<<42*3=126>>126 eggs.", "So 42*3 = 40 * 3 + 2 * 3 = 120 + 6 = <<42*3=126>>126 eggs."),
        ("1355 + 272 = 1627", "1355 + 272 = 1355 + 200 + 70 + 2 = 1555 + 70 + 2 = 1625 + 2 = 1627"),
    ],
    ids=[
        "minus",
        "plus",
        "times",
        "no spaces",
        "two digits times two",
        "by",
        "sum",
        "differences",
        "GSM8K",
        "four digits",
    ],
)
def test_calculation_is_written_out(plain, small):
    assert in_small_steps(plain) == small
    assert all(equation.holds for equation in read_all_equations(small))


@pytest.mark.parametrize(
    "text",
    [
        "3 + 4 = 7",
        "20 * 30 = 600",
        "107 - 30 = 77",
        "50 / 5 = 10",
        "86 * $0.81 = $69.66",
        "1/2 * 374 = 187",
        "25% of 80 = 20",
        "(12 + 13) * 14 = 350",
        "125 - 57 = 69",
        "182 / 12 = 15.17",
        "100 / 6 = 16",
        "123 * 456 = 56088",
        "12 + 13 = 25 * 2 = 50",
        "So <<42*3=126>>126 eggs.",
        "x = 42",
        "1,250 + 345 = 1,595",
        "no numbers\n#### 5",
        "",
    ],
    ids=repr,
)
def test_text_that_needs_no_small_steps_or_allows_none_is_left_alone(text):
    assert in_small_steps(text) == text


def test_lines_around_stay_as_they_are():
    assert in_small_steps("First.\nThen 30 - 12 = 18.\n\n#### 18") == (
        "First.\nThen 30 - 12 = 30 - 10 - 2 = 20 - 2 = 18.\n\n#### 18"
    )


@given(st.integers(0, 20000), st.integers(0, 20000), st.sampled_from("+-*/x"))
def test_every_equation_written_holds(a, b, symbol):
    if symbol == "/":
        a, b = a * max(b, 1), max(b, 1)
    value = {"+": a + b, "-": a - b, "/": a // (b or 1)}.get(symbol, a * b)
    small = in_small_steps(f"So {a} {symbol} {b} = {value} of them.")
    equations = read_all_equations(small)
    assert all(equation.holds for equation in equations)
    assert small.startswith(f"So {a} {symbol} {b} = ")
    assert small.endswith(f"= {value} of them.")


@needs_data
def test_solutions_of_gsm8k_that_held_still_hold():
    lines = (DATA / "gsm8k_train.jsonl").read_text(encoding="utf-8").splitlines()
    solutions = [json.loads(line)["answer"] for line in lines[::10]]
    sound = [text for text in solutions if all(equation.holds for equation in read_all_equations(text))]
    written_out = [(text, in_small_steps(text)) for text in sound]
    assert sum(plain != small for plain, small in written_out) > len(solutions) / 4
    for plain, small in written_out:
        assert [equation for equation in read_all_equations(small) if not equation.holds] == [], small
        assert small.splitlines()[-1] == plain.splitlines()[-1]
