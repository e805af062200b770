from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.arithmetic.equations import read_all_equations, read_equations

F = Fraction


def summary(text):
    return [([number.value for number in one.operands], one.stated) for one in read_equations(text)]


@pytest.mark.parametrize(
    ("text", "operands", "stated"),
    [
        pytest.param("He sold <<48/2=24>>24 clips.", [48, 2], 24, id="annotation-alone"),
        pytest.param("48/2 = 24", [48, 2], 24, id="plain"),
        pytest.param("9 girls x 4 boys/girl = 36 boys", [9, 4], 36, id="units-and-per-unit"),
        pytest.param("$77/hour * 11 hours = $847", [77, 11], 847, id="currency-per-hour"),
        pytest.param("50 total students - 14 play music - 5 volleyball - 10 hike = 21", [50, 14, 5, 10], 21, id="long"),
        pytest.param("1/2 * 390 pieces = 195", [1, 2, 390], 195, id="fraction"),
        pytest.param("half * 140 wasps = 70", [F(1, 2), 140], 70, id="half-as-operand"),
        pytest.param("twice 15 = 30", [2, 15], 30, id="twice-without-sign"),
        pytest.param("60% of 30 = 18", [60, 30], 18, id="percent-of"),
        pytest.param("60% of the 30 girls = 18", [60, 30], 18, id="percent-of-the"),
        pytest.param("22 * \N{POUND SIGN}0.50 = \N{POUND SIGN}11.00", [22, F(1, 2)], 11, id="pounds"),
        pytest.param("$1,200 \N{MULTIPLICATION SIGN} 3 = $3,600.00", [1200, 3], 3600, id="thousands-and-times-sign"),
        pytest.param("8 \N{DIVISION SIGN} 2 = 4", [8, 2], 4, id="division-sign"),
        pytest.param("9 \N{MINUS SIGN} 4 = 5", [9, 4], 5, id="minus-sign"),
        pytest.param("2 \N{MIDDLE DOT} 5 = 10", [2, 5], 10, id="middle-dot"),
        pytest.param("so 16 - 3 = 13, so 5 are left", [16, 3], 13, id="comma-ends"),
        pytest.param("Of the 72, 27 are girls, so 72 students - 27 girls = 45.", [72, 27], 45, id="prose-before"),
        pytest.param("T = 105 - 77 = 28", [105, 77], 28, id="letter-on-the-left"),
        pytest.param("500(.40)=200", [500, F(2, 5)], 200, id="bracket-as-product"),
        pytest.param("3 1/2 * 4 = 14", [3, 1, 2, 4], 14, id="mixed-number"),
        pytest.param("a 132-page book: 132 pages x 1/2 = 66", [132, 1, 2], 66, id="hyphen-is-no-minus"),
        pytest.param("14 plus 8 equals 22", [14, 8], 22, id="operators-in-words"),
        pytest.param("6 dozen * 12 eggs/dozen = 72", [6, 12], 72, id="dozen-as-unit"),
        pytest.param("3*10000 = 30000m^2", [3, 10000], 30000, id="square-metres"),
        pytest.param("$80 000 x 2 = $160 000", [80000, 2], 160000, id="blank-as-separator"),
        pytest.param("Step 2: 7 + 1 = 8", [7, 1], 8, id="step-label"),
        pytest.param("60% are boys because 100 - 40 = 60", [100, 40], 60, id="percent-in-prose"),
    ],
)
def test_worked_equation_is_read(text, operands, stated):
    assert summary(text) == [(operands, stated)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2x + 5 = 12", id="unknown-with-factor"),
        pytest.param("T + 5 = 12", id="unknown-as-term"),
        pytest.param("the price - 5 + 3 = 8", id="phrase-as-term"),
        pytest.param("There are 7. That + 5", id="no-equals-sign"),
        pytest.param("x = 12", id="assignment"),
        pytest.param("", id="empty"),
    ],
)
def test_text_without_numeric_equation_gives_nothing(text):
    assert read_equations(text) == []


def test_sentence_end_is_not_crossed():
    assert summary("He has 40. 5 + 3 = 8") == [([5, 3], 8)]


def test_annotation_beside_its_plain_form_counts_once():
    text = "She needs 48 clips/2 = <<48/2=24>>24 clips and 48+24 = <<48+24=72>>72."
    assert summary(text) == [([48, 2], 24), ([48, 24], 72)]
    assert [one.mirrors for one in read_all_equations(text)].count(True) == 2


def test_chain_of_equalities_gives_each_equality():
    first, second = read_equations("(150 + 130 + 260) / 3 = 540 / 3 = 180")
    assert (first.value, first.stated, first.result) == (180, 180, None)
    assert (second.value, second.stated) == (180, 180)


def test_running_calculation_states_its_first_number():
    assert summary("600 miles / 50 mph = 12 hours * 60 minutes = 720") == [([600, 50], 12), ([12, 60], 720)]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        pytest.param("16 - 3 = 13", True, id="exact"),
        pytest.param("16 - 3 = 12", False, id="slip"),
        pytest.param("100/3 = 33.33", True, id="rounded-to-decimals-shown"),
        pytest.param("100/3 = 33.4", False, id="off-in-a-shown-decimal"),
        pytest.param("12/40 = 30%", True, id="percent-from-share"),
        pytest.param("0.3 * 100 = 30%", True, id="percent-from-product"),
        pytest.param("7/2 = 3", False, id="small-whole-number-is-not-rounded"),
        pytest.param("12/0 = 0", False, id="division-by-zero"),
    ],
)
def test_holds_compares_stated_with_recomputed(text, holds):
    (equation,) = read_equations(text)
    assert equation.holds is holds


def test_division_by_zero_has_no_value():
    (equation,) = read_equations("12/0 = 5")
    assert equation.value is None


def test_line_and_spans_point_into_the_text():
    text = "Two lines.\nHe pays $4 x 3 = $12 now."
    (equation,) = read_equations(text)
    assert equation.line == 1
    assert [text[one.start : one.end] for one in equation.operands] == ["4", "3"]
    assert text[equation.start : equation.end] == "4 x 3 = $12"


@given(st.text(alphabet="0123456789.,+-*/=()%$ xab\n<>", max_size=60))
def test_any_text_is_read_without_an_error(text):
    for equation in read_all_equations(text):
        assert isinstance(equation.holds, bool)
        assert all(text[one.start : one.end] == one.text for one in equation.operands)


@given(st.integers(0, 999), st.integers(1, 999), st.sampled_from("+-*"))
def test_written_operation_is_read_back(left, right, symbol):
    value = {"+": left + right, "-": left - right, "*": left * right}[symbol]
    (equation,) = read_equations(f"so {left} apples {symbol} {right} = {value}")
    assert (equation.value, equation.holds) == (value, True)


def test_dash_of_a_list_is_no_minus_sign():
    (equation,) = read_equations("- So 84 feet / 12 feet a lap = 7 laps")
    assert equation.value == 7
    assert equation.holds
