"""Tables of faults of the kinds that published synthetic data has, and of sound problems that must pass."""

import json
import random

import pytest

from stages.arithmetic.renumbering import Renumbered, renumber
from stages.synthesis.checks import faults
from tests.unit.conftest import DATA, needs_data

EGGS = "A hen lays 3 eggs a day. How many eggs does she lay in 4 days?"
BUS = "A bus holds 45 passengers at most. How many buses do 100 passengers need?"
PIPES = "One pipe fills a tenth of a tank in an hour, another a fifteenth. What part do both fill in an hour?"

SIDE = "A square has an area of 18. How long is its side?"

BOXES = "boxes hold different answers"
UNGRADED = "the final answer cannot be graded"
FIGURE = "needs a figure"
NOT_A_NUMBER = "the final answer is not one number"
FALSE = "an equation does not hold"
LAST = "last line is not the answer"
PARTS = "a fraction of what comes whole"

FAULTY = [
    pytest.param("", "3 * 4 = 12\n#### 12", "12", ["no question"], id="no-question"),
    pytest.param("12?", "3 * 4 = 12\n#### 12", "12", ["no question"], id="question-without-words"),
    pytest.param(EGGS, "#### 12", "12", ["no worked solution"], id="answer-alone"),
    pytest.param(EGGS, "", "", ["no worked solution", "no final answer"], id="nothing"),
    pytest.param(EGGS, "3 * 4 = 12", "", ["no final answer"], id="no-final-answer"),
    pytest.param(EGGS, "3 * 4 = 12 eggs.", "12", ["no final answer"], id="answer-not-marked"),
    pytest.param(EGGS, "3 * 4 = 12\n####", "", ["no final answer"], id="marker-alone"),
    pytest.param(EGGS, "#### 12\n3 * 4 = 12", "12", ["no final answer"], id="answer-not-last"),
    pytest.param(
        "When does it end?", "22 + 2 = 24\n#### 24:20", "24:20", [NOT_A_NUMBER], id="time-that-no-clock-shows"
    ),
    pytest.param("When does it end?", "10 + 2 = 12\n#### 12:30", "12:30", [NOT_A_NUMBER], id="time"),
    pytest.param(PIPES, "2 / 3 = 0.67\n#### 1, 0.67", "1, 0.67", [NOT_A_NUMBER], id="two-answers"),
    pytest.param(EGGS, "3 * 4 = 12\n#### 12 or 13", "12 or 13", [NOT_A_NUMBER], id="alternatives"),
    pytest.param(EGGS, "3 * 4 = 12\n#### a dozen", "a dozen", [NOT_A_NUMBER], id="words"),
    pytest.param(EGGS, "3 * n\n#### 3n", "3n", [NOT_A_NUMBER], id="formula"),
    pytest.param(PIPES, "1/10 + 1/15 = 7/30\n#### 7/30", "7/30", [FALSE], id="fractions-added-wrongly"),
    pytest.param(PIPES, r"\(\frac{1}{10}+\frac{1}{15}=\frac{7}{30}\)" + "\n#### 7/30", "7/30", [FALSE], id="in-latex"),
    pytest.param(PIPES, "1/10 + 1/15 = 0.23\n#### 0.23", "0.23", [FALSE], id="no-rounding-of-it"),
    pytest.param(EGGS, "3 * 4 = 13\n#### 13", "13", [FALSE], id="slip"),
    pytest.param(EGGS, "3*4 = <<3*4=13>>13\n#### 13", "13", [FALSE], id="slip-in-annotation"),
    pytest.param(EGGS, "3 * 4 = 13\n13 - 1 = 12\n#### 12", "12", [FALSE], id="two-slips-that-cancel"),
    pytest.param(EGGS, "2 + 3 = 6 + 6 = 12\n#### 12", "12", [FALSE], id="chain-with-a-wrong-link"),
    pytest.param(EGGS, "12 / 0 = 12\n#### 12", "12", [FALSE], id="division-by-zero"),
    pytest.param(EGGS, "3 * 4 = 12\n#### 13", "12", [LAST], id="marked-answer-is-another"),
    pytest.param(EGGS, "#### 11\n3 * 4 = 12\n#### 12", "12", [LAST], id="two-marked-answers"),
    pytest.param(BUS, "100 / 40 = 2.5 buses\n#### 2.5", "2.5", [PARTS], id="half-a-bus"),
    pytest.param(BUS, "100 / 40 = 2.5 buses\n2.5 + 0.5 = 3\n#### 3", "3", [PARTS], id="half-a-bus-on-the-way"),
    pytest.param(
        "How many children came?", "7 / 2 = <<7/2=3.5>>3.5 children\n#### 3.5", "3.5", [PARTS], id="half-a-child"
    ),
    pytest.param(
        "How many friends has he left?", "3 - 5 = -2\n#### -2", "-2", ["a negative count"], id="negative-count"
    ),
    pytest.param(EGGS, "3 * 4 = 13\n#### 1, 2", "1, 2", [NOT_A_NUMBER, FALSE], id="several-faults"),
    pytest.param(SIDE, r"$\boxed{3\sqrt{2}}$", r"3\sqrt{2}", ["no worked solution"], id="box-alone"),
    pytest.param(SIDE, r"$\sqrt{18}$ is $\boxed{3\sqrt{2}}$ or $\boxed{3}$", "3", [BOXES], id="two-boxes"),
    pytest.param(SIDE, r"$\sqrt{18} = \boxed{2\sqrt{3}}$", r"2\sqrt{3}", [FALSE], id="root-simplified-wrongly"),
    pytest.param(SIDE, r"It is \[ \sqrt{9} \cdot \sqrt{2} = 18 \] so $\boxed{18}$", "18", [FALSE], id="display"),
    pytest.param(SIDE, r"It is $\boxed{see above}$", "see above", [UNGRADED], id="box-without-an-answer"),
    pytest.param("[asy]draw((0,0));[/asy] Find x.", r"$x = \boxed{3}$", "3", [FIGURE], id="drawing"),
    pytest.param("In the figure shown, find x.", r"$x = \boxed{3}$", "3", [FIGURE], id="figure"),
    pytest.param("The graph of f is shown below. Find f(3).", r"$f(3) = \boxed{3}$", "3", [FIGURE], id="graph"),
]

SOUND = [
    pytest.param(SIDE, r"Its side is $\sqrt{18} = 3\sqrt{2}$, so $\boxed{3\sqrt{2}}$.", r"3\sqrt{2}", id="box"),
    pytest.param(SIDE, "$\\sqrt{18} = 4.24$\nso $\\boxed{4.24}$", "4.24", id="rounded-root"),
    pytest.param("Solve x^2 = 9.", r"$x = \pm 3$, so $\boxed{3, -3}$", "3, -3", id="box-of-two"),
    pytest.param("How many movies are shown in 3 days, 4 a day?", "3 * 4 = 12\n#### 12", "12", id="movies-are-shown"),
    pytest.param("Find the slope of the graph of y = 2x.", r"The slope is $\boxed{2}$", "2", id="graph-in-words"),
    pytest.param("What is 5/2 as a mixed number?", r"$\frac{5}{2} = 2\frac{1}{2}$, $\boxed{2\frac{1}{2}}$",
                 r"2\frac{1}{2}", id="mixed-number"),
    pytest.param(EGGS, "3 * 4 = 12 eggs.\n#### 12", "12", id="plain"),
    pytest.param(EGGS, "3*4 = <<3*4=12>>12 eggs.\n#### 12", "12", id="annotated"),
    pytest.param(EGGS, "She lays three a day for four days, that is a dozen.\n#### 12", "12", id="steps-in-words"),
    pytest.param(EGGS, "x = 3 * 4\nx = 12\n#### 12", "12", id="unknown"),
    pytest.param(EGGS, "x = 12\n#### x = 12", "x = 12", id="answer-as-an-equation"),
    pytest.param(EGGS, "2 + 3 = 5 + 7 = 12\n#### 12", "12", id="running-calculation"),
    pytest.param(EGGS, "3 * 4 = 12\n#### 12 eggs", "12 eggs", id="unit"),
    pytest.param(PIPES, "1/10 + 1/15 = 5/30 = 1/6\n#### 1/6", "1/6", id="fractions"),
    pytest.param(PIPES, "1/10 + 1/15 = 0.17\n#### 0.17", "0.17", id="rounded-result"),
    pytest.param(PIPES, "\\(\\frac{1}{10}+\\frac{1}{15}=\\frac16\\)\n#### \\frac16", r"\frac16", id="latex"),
    pytest.param(PIPES, r"\[\dfrac{1}{2}\times 8 = 4\]" + "\n#### 4", "4", id="latex-display"),
    pytest.param("What does it cost?", "20% of $50 = $10\n#### $10", "$10", id="percent-and-money"),
    pytest.param("What does it cost?", "$1,200 + $300.50 = $1,500.50\n#### 1,500.50", "1,500.50", id="thousands"),
    pytest.param("What share?", "12 / 40 = 30%\n#### 30%", "30%", id="percent"),
    pytest.param("What is the average number of dogs?", "7 / 2 = 3.5 dogs\n#### 3.5", "3.5", id="average-of-dogs"),
    pytest.param("How long is it?", "7 / 2 = 3.5 hours\n#### 3.5", "3.5", id="what-can-be-divided"),
    pytest.param("How many times as many boys?", "5 / 2 = 2.5 times\n#### 2.5", "2.5", id="ratio"),
    pytest.param("How cold is it?", "3 - 5 = -2 degrees\n#### -2", "-2", id="what-can-be-negative"),
    pytest.param("How many cats are fluffy?", "1/3 * 1/4 = 1/12 cats\n120/12 = 10\n#### 10", "10", id="share-of-cats"),
    pytest.param(BUS, "100 / 45 = 2.2, so 3 buses.\n#### 3", "3", id="rounded-up-in-words"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "solution", "answer", "reasons"), FAULTY)
def test_faulty_problem_is_rejected_for_all_its_reasons(question, solution, answer, reasons):
    assert faults(question, solution, answer) == reasons


@pytest.mark.parametrize(("question", "solution", "answer"), SOUND)
def test_sound_problem_passes(question, solution, answer):
    assert faults(question, solution, answer) == []


@pytest.mark.slow
@needs_data
def test_no_renumbered_problem_of_gsm8k_is_rejected():
    rows = [json.loads(line) for line in (DATA / "gsm8k_train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 7473
    made = [
        renumber(row["question"], row["answer"], row["answer"].rpartition("####")[2].strip(), random.Random(index))
        for index, row in enumerate(rows)
    ]
    sound = [one for one in made if isinstance(one, Renumbered)]
    assert len(sound) > 5000
    assert [one for one in sound if faults(one.question, one.solution, one.answer)] == []
