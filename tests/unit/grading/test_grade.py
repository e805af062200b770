"""What a grade says beside its verdict, and what holds for every text."""

import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

from stages.core.verdict import SCORED, Verdict
from stages.grading.grade import MAX_SHOWN, Grade, grade

MIXED = [
    ("72", "#### 72"),
    (r"2\sqrt{3}", r"\boxed{\sqrt{12}}"),
    ("(x+1)^2", r"\boxed{x^2 + 2x + 1}"),
    (r"\{1,2\}", r"\boxed{\{2,1\}}"),
    ("y = 2x + 1", r"\boxed{y = 2x - 1}"),
    (r"\frac{\pi}{4}", r"\boxed{\sin(x)^2 + \cos(x)^2}"),
    ("B", "The answer is C."),
    ("7", ""),
]
SECONDS_AT_MOST = 5.0
"""The stated limit is one second of a core of one's own; a busy machine gets room."""


def test_marked_number_reports_text_and_agreement() -> None:
    assert grade("1234", "so it is\n#### $1,234.00 a year") == Grade(Verdict.CORRECT, "$1,234.00 a year", agrees=True)


def test_symbolic_equality_that_strings_miss_is_correct_without_agreement() -> None:
    found = grade("0.5", r"\boxed{\frac{1}{2}}")
    assert (found.verdict, found.agrees) == (Verdict.CORRECT, False)


def test_output_without_answer_has_nothing_extracted() -> None:
    assert grade("7", "No idea.") == Grade(Verdict.NO_ANSWER, None, agrees=True)


def test_long_answer_is_shown_shortened() -> None:
    shown = grade("7", "#### " + "9" * 3000).extracted
    assert shown is not None
    assert len(shown) == MAX_SHOWN


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        pytest.param("so 3 + 4 makes 7", "truncated", id="last-number-does-not-count"),
        pytest.param("", "truncated", id="nothing"),
        pytest.param("3 + 4 = 7\n#### ", "truncated", id="cut-behind-the-marker"),
        pytest.param(r"so \boxed{7", "truncated", id="cut-inside-the-box"),
        pytest.param("#### 7\nQuestion: what", "correct", id="hash"),
        pytest.param(r"\boxed{7} because", "correct", id="box"),
        pytest.param("The answer is 7. Let me", "correct", id="stated"),
        pytest.param("The answer is 8. Let me", "wrong", id="stated-wrong"),
    ],
)
def test_truncated_output_counts_only_a_marked_answer(output: str, verdict: str) -> None:
    assert grade("7", output, truncated=True).verdict == verdict


def test_truncated_output_for_unusable_gold_is_ungradable() -> None:
    assert grade("", "so 3 +", truncated=True).verdict is Verdict.UNGRADABLE


def test_scored_verdicts_are_the_models_doing() -> None:
    assert {verdict.value for verdict in SCORED} == {"correct", "wrong", "no_answer", "truncated"}
    assert {verdict.value for verdict in Verdict} - SCORED == {"ungradable", "failed"}


def test_grading_is_asymmetric() -> None:
    assert grade("5", r"\boxed{x = 5}").verdict is Verdict.CORRECT
    assert grade("9:15 PM", "#### 9:15").verdict is Verdict.WRONG
    assert grade("9:15", "#### 9:15 PM").verdict is Verdict.CORRECT


def test_threads_and_worker_processes_grade_as_the_main_thread_does() -> None:
    golds, outputs = zip(*MIXED * 5, strict=True)
    expected = list(map(grade, golds, outputs))
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(grade, golds, outputs)) == expected
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        assert list(processes.map(grade, golds, outputs, chunksize=40)) == expected


def test_grading_leaves_trace_function_in_place() -> None:
    def trace(*_: object) -> None:
        return None

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        grade(r"\sin(x)", r"\boxed{\cos(x)}")
        assert sys.gettrace() is trace
    finally:
        sys.settrace(previous)


def test_symbolic_grading_warns_of_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG - 1):
        grade(r"\sqrt{7}", r"\boxed{\sqrt{8}}")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("9^{9^{9^9}}", id="power-tower"),
        pytest.param("9**9**9**9", id="power-tower-of-stars"),
        pytest.param("(((9^{9})^{9})^{9})^{9}", id="powers-of-powers"),
        pytest.param("99999999!", id="factorial"),
        pytest.param("9!!!!!!!", id="factorials-of-factorials"),
        pytest.param(r"\Gamma(1000000)", id="gamma"),
        pytest.param(r"\binom{99999999}{4999999}", id="binomial"),
        pytest.param(r"\sum_{k=1}^{999} k^{9}", id="sum"),
        pytest.param(r"\exp(\exp(\exp(9)))", id="exponentials"),
        pytest.param("(x+y+z+w)^{30}", id="expansion"),
        pytest.param(r"\sin(x)^{20}\cos(x)^{20}+\tan(x)^{15}", id="trigonometry"),
        pytest.param("x^{7}+3x^{5}y+2y^{3}x+9=0", id="equation-without-solution"),
        pytest.param(r"\sqrt{2+" * 11 + "3" + "}" * 11, id="nested-roots"),
        pytest.param(r"\frac{1}{1+" * 11 + "x" + "}" * 11, id="nested-fractions"),
        pytest.param(r"\frac{1}{" * 3000 + "x" + "}" * 3000, id="fractions-without-end"),
        pytest.param("9" * 5000, id="digits"),
        pytest.param("{" * 5000, id="open-braces"),
        pytest.param("}" * 5000, id="closing-braces"),
        pytest.param("(" * 5000 + "1" + ")" * 5000, id="brackets"),
        pytest.param("x+" * 50_000, id="long-formula"),
        pytest.param("1," * 50_000, id="long-list"),
        pytest.param(r"\{" + ",".join(rf"\sqrt{{{n}}}+x" for n in range(40)) + r"\}", id="set-of-roots"),
        pytest.param("\u00bd" * 30_000, id="glyphs"),
        pytest.param("\\" * 50_000, id="backslashes"),
        pytest.param("(" * 240 + "1" + ",2)" * 240, id="nested-tuples"),
        pytest.param(r"1\pm 2" * 150, id="plus-minuses"),
        pytest.param(r"\cupe5x!", id="almost-a-union"),
        pytest.param("\x00\ud800 5", id="no-text-at-all"),
    ],
)
def test_adversarial_answer_gets_verdict_in_time(answer: str) -> None:
    grade("x + 1", r"\boxed{1 + x}")
    start = time.process_time()
    for gold in ("x + 2", answer):
        for output in (rf"\boxed{{{answer}}}", f"#### {answer}", answer):
            assert grade(gold, output).verdict in Verdict
    assert time.process_time() - start < SECONDS_AT_MOST


@pytest.mark.parametrize(
    "unit",
    [
        "####\n", "the answer is ", r"answer is \[", "A: x\n", "$", "$a ", "1 ", "-", "1,", "1/", "1 1/2 ", r"\boxed{",
        r"\(",
    ],
)  # fmt: skip
def test_100_kilobytes_of_markers_get_verdict_in_time(unit: str) -> None:
    output = unit * (100_000 // len(unit))
    start = time.process_time()
    for gold in ("7", "Tuesday", "B"):
        assert grade(gold, output).verdict in Verdict
    assert time.process_time() - start < SECONDS_AT_MOST
