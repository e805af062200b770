from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.arithmetic.equations import holds, read_all_equations, read_equations, read_side
from stages.arithmetic.expressions import evaluate

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
        pytest.param("46 (girls in all) + 5 (absent) = 51", [46, 5], 51, id="words-in-brackets"),
        pytest.param("7 min (3 minutes to the gate) + 4 = 11", [7, 4], 11, id="aside-with-a-number"),
        pytest.param("3(4 pens + 2 pens) = 18", [3, 4, 2], 18, id="brackets-of-a-product"),
        pytest.param("30k + 12k = 42k", [30, 12], 42, id="thousands-as-unit"),
        pytest.param("30k + 1,500 = 31500", [30_000, 1500], 31500, id="k-among-numbers-written-out"),
        pytest.param("60% are boys because 100 - 40 = 60", [100, 40], 60, id="percent-in-prose"),
    ],
)
def test_worked_equation_is_read(text, operands, stated):
    assert summary(text) == [(operands, stated)]


@pytest.mark.parametrize(
    "text",
    [
        "10 / 3 = 3 remainder 1",
        "10 cookies / 3 children = 3 cookies with a remainder of 1 cookie, so 1 + 4 = 5",
        "10 \N{DIVISION SIGN} 3 = 3 each, remainder 1.",
        "10 / 3 = 3 (remainder 1)",
        "10 divided by 3 = 3 and remainder 1",
        "10 / 3 = 3 R1",
        "10 / 3 = 3 r 1",
        "$10 / 3 = 3$ remainder $1$",
        "(4 + 6) / 3 = 3 rem 1",
    ],
)
def test_right_remainder_is_part_of_its_division(text):
    one = read_equations(text)[0]
    assert (one.value, one.stated, one.remainder.value, one.holds) == (3, 3, 1, True)
    assert text[one.remainder.start : one.remainder.end] == "1"
    assert one.end == one.remainder.end


@pytest.mark.parametrize(
    "text",
    [
        "10 / 3 = 3 remainder 2",
        "10 / 3 = 2 remainder 4",
        "10 - 3 = 3 remainder 1",
    ],
)
def test_wrong_remainder_is_none_and_its_equation_is_false(text):
    [one] = read_equations(text)
    assert (one.remainder, one.holds) == (None, False)


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
    ("left", "right", "expected"),
    [
        pytest.param("16-3", "13", True, id="exact"),
        pytest.param("16-3", "12", False, id="slip"),
        pytest.param("1/8", "0.125", True, id="exact-decimals"),
        pytest.param("16-3", "13.00", True, id="zeros-behind-the-point"),
        pytest.param("100/3", "33.33", True, id="rounded-down-is-cut"),
        pytest.param("200/3", "66.67", True, id="rounded-up"),
        pytest.param("200/3", "66.66", True, id="cut"),
        pytest.param("200/3", "66.68", False, id="above-the-rounded-value"),
        pytest.param("100/3", "33.34", False, id="rounded-up-too-far"),
        pytest.param("100/3", "33.32", False, id="below-the-cut-value"),
        pytest.param("100/3", "33.4", False, id="off-in-a-shown-decimal"),
        pytest.param("0.125", "0.13", True, id="half-rounded-up"),
        pytest.param("0.125", "0.12", True, id="half-rounded-down"),
        pytest.param("200/3", "67", True, id="whole-rounded"),
        pytest.param("200/3", "66", True, id="whole-cut"),
        pytest.param("200/3", "68", False, id="whole-off"),
        pytest.param("7/2", "3", False, id="small-whole-number-is-not-cut"),
        pytest.param("7/2", "4", False, id="small-whole-number-is-not-rounded"),
        pytest.param("29/3", "10", False, id="value-below-10-is-not-rounded-to-10"),
        pytest.param("7/3", "2.3", True, id="small-number-with-a-decimal-is-cut"),
        pytest.param("3-10", "-7", True, id="negative"),
        pytest.param("3-10", "7", False, id="sign-lost"),
        pytest.param("-100/3", "-33.33", True, id="negative-cut"),
        pytest.param("-200/3", "-66.67", True, id="negative-rounded"),
        pytest.param("-200/3", "-66.68", False, id="negative-off"),
        pytest.param("-100/3", "33.33", False, id="rounded-with-the-sign-lost"),
        pytest.param("3-3", "0", True, id="zero"),
        pytest.param("1/1000", "0.00", True, id="small-number-cut-to-zero"),
        pytest.param("12/40", "30%", True, id="percent-from-share"),
        pytest.param("0.3*100", "30%", True, id="percent-from-product"),
        pytest.param("1/3", "33.3%", True, id="percent-rounded"),
        pytest.param("1/3", "33%", True, id="percent-cut-to-whole"),
        pytest.param("1/3", "34%", False, id="percent-off"),
        pytest.param("30%*50", "15", True, id="percent-on-the-left"),
        pytest.param("12/40", "30", False, id="percent-sign-missing"),
        pytest.param("8", "16/2", True, id="expression-on-the-right"),
        pytest.param("8", "18/2", False, id="wrong-expression-on-the-right"),
        pytest.param("33.33", "100/3", False, id="expression-on-the-right-is-exact"),
        pytest.param("$4*3", "$12", True, id="money"),
        pytest.param("1,000*2", "2,000", True, id="thousands"),
        pytest.param("12/0", "0", False, id="division-by-zero"),
        pytest.param("0", "12/0", False, id="result-divided-by-zero"),
    ],
)
def test_sides_hold_if_the_right_one_is_the_left_rounded_or_cut(left, right, expected):
    assert holds(read_side(left), read_side(right)) is expected


@pytest.mark.parametrize("text", ["", "x", "2*y", "3 apples", "2+", "(1", "1 2", "Step 3", "4."])
def test_side_with_anything_but_arithmetic_is_not_read(text):
    assert read_side(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("so 200 pens / 3 = 66.67 pens", True), ("so 200 pens / 3 = 66.7 men", True), ("7/2 = 3", False)],
)
def test_equation_of_a_text_holds_by_the_same_rule(text, expected):
    (equation,) = read_equations(text)
    assert equation.holds is expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("-3^2", -9, id="minus-in-front-of-a-power"),
        pytest.param("(-3)^2", 9, id="power-of-a-negative"),
        pytest.param("2*-3^2", -18, id="minus-behind-a-sign"),
        pytest.param("5-3^2", -4, id="power-subtracted"),
        pytest.param("2^3^2", 512, id="power-of-a-power"),
        pytest.param("-8/2", -4, id="minus-in-front-of-a-quotient"),
    ],
)
def test_power_binds_more_tightly_than_a_sign(text, value):
    assert evaluate(read_side(text)) == value


def test_division_by_zero_has_no_value():
    (equation,) = read_equations("12/0 = 5")
    assert equation.value is None


@pytest.mark.parametrize(
    ("text", "quantities"),
    [
        pytest.param("1/2 * 6 = 3", [F(1, 2), 6], id="fraction-is-one"),
        pytest.param("6 * 2/3 = 4", [6, 2, 3], id="product-over-three"),
        pytest.param("6 * (2/3) = 4", [6, F(2, 3)], id="fraction-in-brackets"),
        pytest.param("12/4 = 3", [12, 4], id="quotient-alone"),
        pytest.param("12/4 * 5 = 15", [12, 4, 5], id="quotient-above-one"),
        pytest.param("-(2 + 3) * 5% = -0.25", [2, 3, F(1, 20)], id="percent-and-sign"),
    ],
)
def test_fraction_within_a_calculation_is_one_quantity(text, quantities):
    (equation,) = read_equations(text)
    assert list(equation.quantities) == quantities


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
