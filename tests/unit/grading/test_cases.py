"""The cases and the data that the project was given; they stay beside the checkout, so a bare clone skips them."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stages.core.verdict import Verdict
from stages.grading.answer import Number, read_gold
from stages.grading.gold import check_gold
from stages.grading.grade import grade

SHARED = Path(__file__).parents[4] / "shared"
NAMES = ("grading", "grading_styles")
OTHERS = 20

needs_cases = pytest.mark.skipif(not (SHARED / "cases").exists(), reason="../shared/cases is not beside this checkout")
needs_data = pytest.mark.skipif(not (SHARED / "data").exists(), reason="../shared/data is not beside this checkout")


def _rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (SHARED / path).read_text(encoding="utf-8").splitlines()]


def _right() -> list[dict[str, Any]]:
    return [case for name in NAMES for case in _rows(f"cases/{name}.jsonl") if case["verdict"] == "correct"]


def _accepts(gold: str, output: str) -> bool:
    return grade(gold, output).verdict is Verdict.CORRECT


@needs_cases
@pytest.mark.parametrize(("name", "count"), [("grading", 45), ("grading_styles", 300)])
def test_every_given_case_gets_its_verdict(name: str, count: int) -> None:
    cases = _rows(f"cases/{name}.jsonl")
    assert len(cases) >= count
    wrong = {}
    for case in cases:
        verdict = grade(case["gold"], case["output"], truncated=case.get("truncated", False)).verdict.value
        fits = verdict != "correct" if case["verdict"] == "not correct" else verdict == case["verdict"]
        if not fits:
            wrong[case["id"]] = verdict
    assert wrong == {}


@needs_cases
def test_output_to_another_problem_is_correct_only_if_its_gold_is_equal() -> None:
    cases = _right()
    kinds: dict[type, list[dict[str, Any]]] = {}
    for case in cases:
        kinds.setdefault(type(read_gold(case["gold"])), []).append(case)
    rng = random.Random(0)
    false = []
    for case in cases:
        of_kind = kinds[type(read_gold(case["gold"]))]
        others = rng.sample(of_kind, min(OTHERS, len(of_kind)))
        different = [other["output"] for other in others if not _equal(case["gold"], other["gold"])]
        false += [(case["gold"], output) for output in different if _accepts(case["gold"], output)]
    assert false == []


def _equal(gold: str, other: str) -> bool:
    """Return whether two golds are equal; an answer may leave out a unit and the names of several values."""
    if re.sub(r"[a-z]\s?=", "", gold) == re.sub(r"[a-z]\s?=", "", other).replace(",", ", "):
        return True
    first, second = read_gold(gold), read_gold(other)
    if (
        isinstance(first, Number)
        and isinstance(second, Number)
        and bool(first.quantity.unit) != bool(second.quantity.unit)
    ):
        return True
    return _accepts(gold, rf"\boxed{{{other}}}") or _accepts(other, rf"\boxed{{{gold}}}")


@needs_cases
def test_output_cut_before_its_answer_is_never_correct() -> None:
    false = []
    for case in _right():
        output = case["output"]
        markers = [output.rfind(mark) for mark in (r"\boxed", "####", "nswer", "</think>", "</answer>")]
        end = max(max(markers), 0)
        false += [output[:i] for i in range(end) if _marked_too_early(case["gold"], output[:i])]
    assert false == []


def _marked_too_early(gold: str, cut: str) -> bool:
    complete = re.search(r"boxed\{.*\}|####.*\d|nswer\W+\w", cut, re.DOTALL)
    return not complete and grade(gold, cut, truncated=True).verdict is Verdict.CORRECT


@needs_data
def test_math_golds_are_correct_against_their_own_solutions_or_empty() -> None:
    solutions = [row["solution"] for name in ("math_train", "math500_test") for row in _rows(f"data/{name}.jsonl")]
    assert len(solutions) == 8000
    unusable = []
    for solution in solutions:
        gold = _last_box(solution)
        fault = check_gold(gold, solution)
        if fault or grade(gold, solution).verdict is not Verdict.CORRECT:
            unusable.append((gold, fault))
    # Two solutions end in an empty box.
    assert unusable == [("", "it does not parse as an answer: ''")] * 2


@needs_data
def test_math_gold_rewritten_by_sympy_is_correct_and_with_another_number_is_not() -> None:
    golds = {_last_box(row["solution"]) for row in _rows("data/math500_test.jsonl")}
    rewritten = [(gold, form) for gold in sorted(golds) for form in _rewritten(gold)]
    assert len(rewritten) >= 200
    assert [pair for pair in rewritten if not _accepts(pair[0], rf"\boxed{{{pair[1]}}}")] == []
    changed = [(gold, re.sub(r"\d+", lambda number: str(int(number[0]) + 1), gold, count=1)) for gold, _ in rewritten]
    assert [pair for pair in changed if pair[0] != pair[1] and _accepts(pair[0], rf"\boxed{{{pair[1]}}}")] == []


def _rewritten(gold: str) -> Iterator[str]:
    import sympy  # heavy
    from latex2sympy2_extended import latex2sympy

    # SymPy knows neither units, degrees, bases nor the order of a list.
    if re.search(r"\\(?:text|mbox|circ|%|\$|in\b|le|approx|triangle)|_|\d,\\!|,[^()\[\]]*,|[a-zA-Z]{2}\d", gold):
        return
    try:
        formula = latex2sympy(gold)
        forms = [formula, sympy.expand(formula), sympy.factor(formula)]
    except Exception:  # noqa: BLE001  # what the library cannot read is not rewritten
        return
    yield from dict.fromkeys(sympy.latex(form) for form in forms if len(str(form)) < 100)


def _last_box(solution: str) -> str:
    start = max(solution.rfind(r"\boxed"), solution.rfind(r"\fbox"))
    if solution.startswith(r"\boxed ", start):
        return re.split(r"[\s$]", solution[start + 7 :])[0].rstrip(".")
    first = solution.index("{", start)
    depth = 0
    for i, character in enumerate(solution[first:], first):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return solution[first + 1 : i]
    raise AssertionError(solution)
