import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.arithmetic.equations import step_number
from stages.arithmetic.mistakes import MistakeKind, find_first_mistake
from tests.unit.conftest import DATA, needs_data

CASES = DATA and DATA.parent / "cases"
QUESTION = "Ann ate 6 grapes. Bo used 5 times as many. Their mother made 4 pies of 12 grapes. How many were there?"
GOLD = "Bo: 6 x 5 = <<6*5=30>>30\nPies: 12 x 4 = <<12*4=48>>48\nAll: 30 + 48 + 6 = <<30+48+6=84>>84\n#### 84"


@pytest.mark.parametrize(
    ("output", "kind", "line"),
    [
        pytest.param("Step 1: 6 * 5 = 35\nStep 2: 12 * 4 = 48\nStep 3: 35 + 48 + 6 = 89\n#### 89",
                     MistakeKind.ARITHMETIC_SLIP, 0, id="slip"),
        pytest.param("Step 1: 6 * 5 = 30\nStep 2: 12 + 4 = 16\nStep 3: 30 + 16 + 6 = 52\n#### 52",
                     MistakeKind.WRONG_OPERATION, 1, id="wrong-operation"),
        pytest.param("6 * 5 = 30\n\n12 * 5 = 60\n30 + 60 + 6 = 96\n#### 96",
                     MistakeKind.WRONG_OPERAND, 2, id="wrong-operand-in-unlabelled-lines"),
        pytest.param("Step 1: 6 * 5 = 30\nStep 2: 12 * 4 = 48\nStep 3: 30 + 48 = 78\nStep 4: #### 78",
                     MistakeKind.MISSING_STEP, 2, id="last-term-left-out"),
        pytest.param("Step 1: 6 * 5 = 30\nStep 2: 12 * 4 = 48\nStep 3: 30 + 48 + 6 = 84\nStep 4: 84 - 30 = 54\n#### 54",
                     MistakeKind.EXTRA_STEP, 3, id="goes-on-after-the-answer"),
        pytest.param("Step 1: 6 * 5 = 30\nStep 2: The pies take 77 grapes.\nStep 3: 30 + 77 = 107\n#### 107",
                     MistakeKind.WRONG_OPERAND, 1, id="invented-number-in-prose"),
        pytest.param("grapes grapes grapes", MistakeKind.NO_EQUATION, None, id="rambling"),
        pytest.param("", MistakeKind.NO_EQUATION, None, id="empty"),
        pytest.param("6 * 5 = 30\n12 * 4 = 48\n30 + 48 + 6 = 84", MistakeKind.NO_ANSWER, 2, id="answer-not-stated"),
        pytest.param("6 * 5 = 30\n12 * 4 =", MistakeKind.BROKEN_OFF, 0, id="breaks-off"),
        pytest.param("#### " + "9" * 5000, MistakeKind.NO_EQUATION, None, id="endless-digits"),
        pytest.param("Let x be it. x = 12 + y", MistakeKind.UNREADABLE, 0, id="two-unknowns"),
    ],
)  # fmt: skip
def test_first_mistake_is_classified_and_placed(output, kind, line):
    mistake = find_first_mistake(QUESTION, GOLD, output)
    assert (mistake.kind, mistake.line) == (kind, line)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("6 * 5 = 30\n12 * 4 = 48\n30 + 48 + 6 = 84\n#### 84", id="as-gold"),
        pytest.param("5 * 6 = 30\n6 + 30 = 36\n4 * 12 = 48\n36 + 48 = 84\n#### 84", id="another-order"),
        pytest.param("6 * (5 + 1) = 36\n36 + 12 * 4 = 84\n#### 84", id="grouped"),
    ],
)
def test_right_solution_has_no_mistake(output):
    assert find_first_mistake(QUESTION, GOLD, output).kind is MistakeKind.UNCLEAR


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("94 / 40 = 2 remainder 14\n14 * 3 = 42\n#### 42", id="remainder"),
        pytest.param("40 * 2 = 80\n94 - 80 = 14\n14 * 3 = 42\n#### 42", id="subtracted"),
    ],
)
def test_remainder_is_a_step_like_the_gold_ones(output):
    question = "Ann packs 94 eggs into boxes of 40. She sells those left over for 3 dollars each. What does she get?"
    for gold in ("94 / 40 = 2 R14\n14 * 3 = 42\n#### 42", "40 * 2 = 80\n94 - 80 = 14\n14 * 3 = 42\n#### 42"):
        mistake = find_first_mistake(question, gold, output)
        assert mistake.kind is MistakeKind.UNCLEAR


def test_wrong_remainder_is_a_slip():
    question = "Ann packs 94 eggs into boxes of 40. How many are left over?"
    mistake = find_first_mistake(question, "94 / 40 = 2 R14\n#### 14", "94 / 40 = 2 R12\n#### 12")
    assert (mistake.kind, mistake.line) == (MistakeKind.ARITHMETIC_SLIP, 0)


@pytest.mark.parametrize(
    ("output", "keyphrase"),
    [
        pytest.param(
            "12 + 4 = 16\n#### 16", "adds the quantities instead of multiplying them in the first step", id="+"
        ),
        pytest.param("12 * 4 = 49\n#### 49", "slips in a two-digit multiplication", id="slip"),
        pytest.param("12 * 4 = 480\n#### 480", "misplaces the decimal point in a two-digit multiplication", id="ten"),
        pytest.param("12 * 4 = 58\n#### 58", "slips in carrying over in a two-digit multiplication", id="carry"),
        pytest.param("6 * 5 = 30\n12 * 4 = 48\n#### 48", "leaves out the final addition", id="final"),
        pytest.param("no idea", "writes no equation and gives no answer", id="nothing"),
    ],
)
def test_keyphrase_says_reason_and_operation(output, keyphrase):
    assert find_first_mistake(QUESTION, GOLD, output).keyphrase == keyphrase


@pytest.mark.parametrize(
    ("gold", "output", "keyphrase"),
    [
        pytest.param("20 * 3 = 60\n90 - 60 + 25 = 55\n#### 55", "20 * 3 = 60\n90 + 60 + 25 = 175\n#### 175",
                     "adds a quantity instead of subtracting it", id="right-numbers-wrong-sign"),
        pytest.param("6 * 75 = 450\n2 * 40 = 80\n450 + 80 = 530\n#### 530", "6 * 75 = 450\n450 + 450 = 900\n#### 900",
                     "takes one quantity twice and leaves another out in the addition", id="one-quantity-twice"),
        pytest.param("150 / 75 * 2 = 4\n4 + 6 = 10\n#### 10", "150 / 75 = 2\n2 + 6 = 8\n#### 8",
                     "takes a quantity once instead of several times in the addition", id="there-and-not-back"),
        pytest.param("3 + 4 = 7\n28 / 7 = 4\n#### 4", "28 / 2 = 14\n#### 14",
                     "uses a given quantity instead of an intermediate result in the division", id="wrong-divisor"),
        pytest.param("100 - 10 = 90\n77 + 10 = 87\n90 - 87 = 3\n#### 3", "77 + 10 = 87\n100 - 87 = 13\n#### 13",
                     "uses a quantity that the question gives for something else in the subtraction", id="passed-over"),
        pytest.param("8 / 2 = 4\n4 + 3 = 7\n7 * 2 = 14\n#### 14", "8 / 2 = 4\n#### 4",
                     "leaves out an addition and the steps after it", id="stopped-early"),
    ],
)  # fmt: skip
def test_keyphrase_compares_the_equation_with_the_gold_one(gold, output, keyphrase):
    question = "150 miles, 75 an hour, 2 and 6 hours; 6 of 75, 2 of 40; 20, 3, 90, 25; 100, 10, 77; 28, 2, 3, 4; 8"
    assert find_first_mistake(question, gold, output).keyphrase == keyphrase


def test_step_that_has_the_value_of_the_answer_is_not_the_answer():
    gold = "6 * 12 = 72\n72 + 2 = 74\n74 - 5 = 69\n69 + 3 = 72\n#### 72"
    question = "Ann is 6 feet. Bo is 2 inches taller, Cy 5 inches shorter than Bo, Di 3 taller than Cy. How tall is Di?"
    mistake = find_first_mistake(question, gold, "6 * 12 = 72\n72 + 2 = 74\n74 - 5 = 70\n70 + 3 = 73\n#### 73")
    assert (mistake.kind, mistake.line) == (MistakeKind.ARITHMETIC_SLIP, 2)


def test_answer_line_in_the_short_form_is_understood():
    gold = "6 x 5 = <<6*5=30>>30\nA: 30"
    assert find_first_mistake(QUESTION, gold, "6 + 5 = 11\nA: 11").kind is MistakeKind.WRONG_OPERATION


@pytest.mark.parametrize(
    ("output", "kind", "line", "quote"),
    [
        pytest.param(
            "1. Find Bo's grapes.\n2. Add.\n\n1. **Bo's grapes:**\n   \\[\n   6 \\text{ grapes} \\times 5 = 36\n   \\]",
            MistakeKind.ARITHMETIC_SLIP, 5, r"6 \text{ grapes} \times 5 = 36", id="formula-of-its-own-behind-a-plan"),
        pytest.param(
            r"So \(6 \times 5 = 30\), and \(12 \div \frac{1}{4} = 48\), then \(30 + 48 = 88\).",
            MistakeKind.ARITHMETIC_SLIP, 0, "30 + 48 = 88", id="third-formula-of-a-line"),
        pytest.param(
            "\\begin{aligned}\n\\text{Pies} &= 12 + 4 \\\\\n&= 16\n\\end{aligned}",
            MistakeKind.WRONG_OPERATION, 2, "&= 16", id="aligned-over-two-lines"),
        pytest.param(
            "He has $6 * 5 = 30$ grapes. The pies take 77 grapes.", MistakeKind.WRONG_OPERAND, 0,
            "The pies take 77 grapes", id="sentence-with-a-foreign-number"),
        pytest.param(
            "Let \\( t \\) be all.\n\\[ t - 6 = 78 \\]\n\\[ t = 72 \\]\nThat is \\boxed{72}.",
            MistakeKind.ALGEBRA, 2, "t = 72", id="unknown-that-looks-like-a-unit"),
        pytest.param(
            "\\[ 3x + 6 = 96 \\]\n\\[ 3x = 100 \\]\n\\[ x = 30 \\]",
            MistakeKind.ALGEBRA, 1, "3x = 100", id="term-moved-wrongly"),
        pytest.param("Let x be all. \\( x - 5 = 6 \\), so x = 11.\n#### 11", MistakeKind.ALGEBRA, 0, "x - 5 = 6",
                     id="equation-that-does-not-fit"),
        pytest.param("\\[ 6 + 48 + \\text{Bo's grapes} = 55 + \\text{Bo's grapes} \\]", MistakeKind.ALGEBRA, 0,
                     r"6 + 48 + \text{Bo's grapes} = 55 + \text{Bo's grapes}", id="wrong-beside-words"),
        pytest.param("```python\nbo = 6 * 5\npies = 12 + 4\nprint(bo + pies)\n```\n\\boxed{46}",
                     MistakeKind.WRONG_OPERATION, 2, "pies = 12 + 4", id="python"),
        pytest.param("```python\nbo = 6 * 5\nprint(bo)\n```\n```output\n35\n```", MistakeKind.ARITHMETIC_SLIP, 5, "35",
                     id="output-that-the-code-does-not-print"),
        pytest.param("6 * 5 = 30\n12 * 4 = 48\n30 + 48 = 78\nIn 2024 there were \\boxed{78} grapes.",
                     MistakeKind.MISSING_STEP, 3, "In 2024 there were \\boxed{78} grapes", id="conclusion-and-a-year"),
        pytest.param("x + 2y = 84, thus 3x - y = 4", MistakeKind.UNREADABLE, 0,
                     "x + 2y = 84, thus 3x - y = 4", id="two-unknowns"),
        pytest.param("30 + 48 + 6 = 84\n12 - 6 = 6\n\\boxed{6}", MistakeKind.EXTRA_STEP, 1, "12 - 6 = 6", id="goes-on"),
    ],
)  # fmt: skip
def test_first_mistake_is_quoted_as_it_is_written(output, kind, line, quote):
    mistake = find_first_mistake(QUESTION, GOLD, output)
    assert (mistake.kind, mistake.line, mistake.quote) == (kind, line, quote)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("\\[ 6 \\times 5 = 30 \\]\n\\[ \\frac{12 \\text{ grapes}}{\\frac{1}{4}} = 48 \\]\n"
                     "\\[ 30 + 48 + 6 = 84 \\]\n\\boxed{84}", id="latex"),
        pytest.param("```python\nbo = 6 * 5\nall = bo + 12 * 4 + 6\nprint(all)\n```\n```output\n84\n```\n\\boxed{84}",
                     id="python"),
        pytest.param("Let x be all.\n\\[ x - 30 - 6 = 48 \\]\n\\[ x = 48 + 36 \\]\n\\[ x = 84 \\]\n\\boxed{84}",
                     id="unknown"),
        pytest.param("Bo: $6/\\text{pie} \\times 5 = 30$, pies 12 \\cdot 4 = 48, \\(30 + 48 + 6 = 84\\) \\boxed{84}",
                     id="signs"),
    ],
)  # fmt: skip
def test_right_solution_in_another_notation_has_no_mistake(output):
    assert find_first_mistake(QUESTION, GOLD, output).kind is MistakeKind.UNCLEAR


TRUCK = "A truck holds 900 kg. It carries 10 boxes of 30 kg and 20 sacks of 16 kg. How many bags of 4 kg fit in?"
TRUCK_GOLD = "10 * 30 = 300\n20 * 16 = 320\n300 + 320 = 620\n900 - 620 = 280\n280 / 4 = 70\n#### 70"


@pytest.mark.parametrize(
    ("output", "kind", "keyphrase"),
    [
        pytest.param("10 * 30 = 300\n20 * 16 = 320\n300 + 320 = 620", MistakeKind.BROKEN_OFF,
                     "breaks off before the subtraction is done", id="stopped-early"),
        pytest.param("10 * 30 = 300\n20 * 16 = 320\n300 + 320 = 620\n620 / 4 = 155", MistakeKind.MISSING_STEP,
                     "leaves out a subtraction on the way to the answer", id="step-passed-over"),
        pytest.param("10 * 30 = 300\n20 * 16 = 320\n\\boxed{320}", MistakeKind.MISSING_STEP,
                     "leaves out an addition and the steps after it", id="answered-too-early"),
    ],
)  # fmt: skip
def test_leaving_a_step_out_and_stopping_early_are_two_kinds(output, kind, keyphrase):
    mistake = find_first_mistake(TRUCK, TRUCK_GOLD, output)
    assert (mistake.kind, mistake.keyphrase) == (kind, keyphrase)


def test_partial_sum_across_gold_steps_is_a_mistake_only_before_a_wrong_answer():
    question = (
        "Ann skips 180 times, then 2/3 as often. Bo skips 135 times, then 50 times more than Ann then. How often?"
    )
    gold = "2/3 * 180 = 120\n120 + 50 = 170\n180 + 120 + 135 + 170 = 605\n#### 605"
    wrong = find_first_mistake(question, gold, "180 + 50 = 230\n2/3 * 180 = 120\n230 + 120 = 350\n\\boxed{350}")
    assert (wrong.line, wrong.kind) == (0, MistakeKind.WRONG_OPERAND)
    right = "180 + 50 = 230\n2/3 * 180 = 120\n120 + 120 = 240\n230 + 240 + 135 = 605\n\\boxed{605}"
    assert find_first_mistake(question, gold, right).kind is MistakeKind.UNCLEAR


@pytest.mark.parametrize(
    ("gold", "output", "keyphrase"),
    [
        pytest.param("1/2 * 22 = 11\n#### 11", "22 * 2 = 44\n#### 44",
                     "multiplies the quantities instead of dividing them in the first step", id="doubled-for-halved"),
        pytest.param("28 + 3 = 31\n31 - 12 = 19\n#### 19", "3 * 12 = 36\n#### 36",
                     "does a multiplication that the problem does not call for in the first step", id="not-called-for"),
        pytest.param("4 + 5 + 2 = 11\n#### 11", "4 * 5 = 20\n#### 20",
                     "multiplies the quantities instead of adding them in the first step", id="two-of-three"),
        pytest.param("2 * 6 = 12\n12 * 12 = 144\n#### 144", "2 * 9 = 18\n#### 18",
                     "brings an invented quantity into the multiplication", id="neither-given-nor-computed"),
        pytest.param("30 - 4 = 26\n26 / 2 = 13\n#### 13", "60 / 12 = 5\n#### 5",
                     "takes the wrong quantities for the division in the first step", id="same-operation-elsewhere"),
        pytest.param("4 + 6 + 4 + 3 = 17\n#### 17", "4 + 6 = 10\nSo it is \\boxed{10}.",
                     "leaves a quantity out of the addition in the last step", id="part-of-the-last-sum"),
        pytest.param("80 * 20/100 = 16\n80 + 16 + 4 = 100\n#### 100", "80 * 1.20 = 96\n\\boxed{96}",
                     "leaves out the final addition", id="percentage-added-at-once"),
        pytest.param("2 * 60 = 120\n120 / 4 = 30\n#### 30", "2 * 60 = 120\n120 - 4 = 116\n#### 116",
                     "subtracts the quantities instead of dividing them in the last step", id="after-a-conversion"),
    ],
)  # fmt: skip
def test_keyphrase_is_true_of_the_quantities(gold, output, keyphrase):
    question = "28, 3 and 12; 80 with 20 % more; 22, half of it; 4, 5 and 2 and 6; 30, 60; 2 hours"
    assert find_first_mistake(question, gold, output).keyphrase == keyphrase


@given(st.text(alphabet="0123456789+-*/=$%. xyStep:#\n", max_size=120))
def test_any_output_gives_a_short_phrase_without_numbers(output):
    mistake = find_first_mistake(QUESTION, GOLD, output)
    assert 4 <= len(mistake.keyphrase.split()) <= 12
    assert not any(character.isdigit() for character in mistake.keyphrase)


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("9" * 5000 + " + 1 = 2", id="endless-number"),
        pytest.param("* ".join(["9" * 39] * 50) + " = 1", id="endless-product"),
        pytest.param("9^9^9^9 = 1 and ((99999^12)^12)^12 = 1", id="towers-of-powers"),
        pytest.param("1 + 1 = 2 = 3 = " * 300, id="loop"),
        pytest.param("(" * 900 + "1 + 1 = 2", id="open-brackets"),
        pytest.param("x + y = " * 300, id="unknowns"),
        pytest.param("\\frac{" * 300 + "1}{2} = 3", id="open-fractions"),
        pytest.param("```python\nx = 9\n" + "x = x * x\n" * 99 + "print(x)\n```\n```output\n1\n```", id="growing-code"),
    ],
)
def test_degenerate_output_is_judged_without_an_error(output):
    assert find_first_mistake(QUESTION, GOLD, output).keyphrase


@needs_data
def test_labelled_first_step_is_found_in_most_real_solutions():
    rows = read(DATA / "labelled_first_errors.jsonl")
    assert len(rows) == 175
    found = 0
    for row in rows:
        line = find_first_mistake(row["question"], row["solution"], row["model_output"]).line
        before = row["model_output"].split("\n")[: 0 if line is None else line + 1]
        steps = [number for number in map(step_number, before) if number is not None]
        found += steps[-1:] == [row["first_error_step"]]
    assert found >= 0.6 * len(rows)


@pytest.mark.skipif(not (CASES and CASES.is_dir()), reason="needs ../shared/cases")
def test_labelled_first_line_is_found_in_most_outputs_of_a_chat_model():
    rows = [row for row in read(CASES / "first_errors_chat.jsonl") if row["sure"]]
    lines = [find_first_mistake(row["question"], row["solution"], row["output"]).line for row in rows]
    assert sum(line == row["line"] for line, row in zip(lines, rows, strict=True)) >= 0.75 * len(rows)


def read(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
