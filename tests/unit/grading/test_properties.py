"""What holds for any text and any number, however it is written."""

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stages.answers.marks import has_answer_line
from stages.core.verdict import Verdict
from stages.grading.gold import check_gold
from stages.grading.grade import grade

WAYS = {
    "hash": "3 + 4 = 7\n#### {}",
    "labelled": "3 + 4 = 7\nA: {}",
    "boxed": r"3 + 4 = 7, so \boxed{{{}}}.",
    "stated": "The answer is {}.",
    "maths": "The answer is ${}$.",
    "bare": "After all that there are {}",
    "bold": "**Answer:** {}",
}
SEPARATORS = (",", "\u2009", "\u202f", "\u00a0", "{,}", r"\,")

integers = st.integers(-(10**12), 10**12)
ways = st.sampled_from(sorted(WAYS))
mathematics = st.text("0123456789+-*/^=()[]{}<>.,:;!%$\\ \n#xABfracsqrtboxedtheanswerisor", max_size=80)


def _marked(way: str, answer: str) -> str:
    return WAYS[way].format(answer)


@settings(deadline=None, max_examples=150)
@given(gold=st.text(max_size=40) | mathematics, output=st.text() | mathematics, truncated=st.booleans())
@example(gold=r"\frac{1}{0}", output=r"\boxed{\frac{1}{0}}", truncated=False)
@example(gold="1e999", output="#### 1e-999", truncated=False)
@example(gold=".<", output="#### .", truncated=False)
@example(gold="99:99", output="#### 99:99 pm", truncated=False)
def test_any_text_gets_a_verdict_and_the_same_one_again(gold: str, output: str, truncated: bool) -> None:
    first = grade(gold, output, truncated=truncated)
    assert first.verdict in set(Verdict) - {Verdict.FAILED}
    assert grade(gold, output, truncated=truncated) == first
    check_gold(gold, output)


@settings(deadline=None, max_examples=60)
@given(number=integers, way=ways, before=st.text(" \t", max_size=3), after=st.text(" \t\n", max_size=3))
def test_whitespace_around_the_answer_changes_nothing(number: int, way: str, before: str, after: str) -> None:
    if way == "maths":
        before = after = ""
    padded = grade(str(number), _marked(way, before + str(number)) + after)
    assert padded.verdict is grade(str(number), _marked(way, str(number))).verdict is Verdict.CORRECT


@settings(deadline=None, max_examples=60)
@given(number=integers, way=ways, separator=st.sampled_from(SEPARATORS))
def test_grouped_number_is_correct(number: int, way: str, separator: str) -> None:
    if way not in ("boxed", "maths") and separator in ("{,}", r"\,"):
        separator = ","
    grouped = f"{number:,}".replace(",", separator)
    assert grade(str(number), _marked(way, grouped)).verdict is Verdict.CORRECT


@settings(deadline=None, max_examples=60)
@given(
    number=integers, way=ways, template=st.sampled_from(("{}", "{}.0", "{}.00", "{} apples", "${}", r"{}%", "{:+d}"))
)
def test_number_with_dressing_is_correct(number: int, way: str, template: str) -> None:
    if way == "maths":
        template = "{}"
    assert grade(str(number), _marked(way, template.format(number))).verdict is Verdict.CORRECT


@settings(deadline=None, max_examples=60)
@given(top=st.integers(-999, 999), bottom=st.sampled_from((2, 3, 4, 5, 7, 8, 16, 25)), way=ways)
def test_fraction_in_any_notation_is_correct(top: int, bottom: int, way: str) -> None:
    value = Fraction(top, bottom)
    sign, whole, part = "-" * (value < 0), abs(value) // 1, abs(value) % 1
    latex = rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    written = [f"{top}/{bottom}", latex]
    if whole and part:
        written.append(f"{sign}{whole} {part}")
    if bottom in (2, 4, 5, 8, 16, 25):
        written.append(f"{top / bottom}")
    for gold in (str(value), latex):
        for text in written:
            assert grade(gold, _marked(way, text)).verdict is Verdict.CORRECT, (gold, text)


@settings(deadline=None, max_examples=60)
@given(number=integers, way=ways, data=st.data())
def test_one_changed_digit_is_wrong(number: int, way: str, data: st.DataObject) -> None:
    digits = str(number)
    place = data.draw(st.integers(len(digits) - len(digits.lstrip("-")), len(digits) - 1))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    changed = digits[:place] + digit + digits[place + 1 :]
    if int(changed) == number:
        return
    assert grade(digits, _marked(way, changed)).verdict is Verdict.WRONG


@settings(deadline=None, max_examples=60)
@given(number=st.decimals(-9999, 9999, places=3), way=ways, place=st.sampled_from((-1, -2, -3)))
def test_one_changed_decimal_is_wrong(number: object, way: str, place: int) -> None:
    digits = f"{number:.3f}"
    changed = list(digits)
    changed[place] = str((int(changed[place]) + 1) % 10)
    assert grade(digits, _marked(way, digits)).verdict is Verdict.CORRECT
    assert grade(digits, _marked(way, "".join(changed))).verdict is Verdict.WRONG


PARTS = [
    "#### Step 1: Add", "#### Final Answer", "####", "#### 5", "#### $6", "#### B", "#### Paris", "#### x = 7", "A: 8",
    "The answer is 9.", "So there are 5 of them.", r"\boxed{6}", "<think>\n#### 5\n</think>", "<answer>6</answer>",
    "<answer>\n#### 5\n</answer>", "Question: And then?", "<think>", "[THINK]#### 6\n[/THINK]", "## Step 2", "",
]  # fmt: skip


def cut(output: str) -> str:
    """Return an output as generation ends it, at its first complete answer line outside of thoughts."""
    lines = output.splitlines(keepends=True)
    texts = ["".join(lines[:count]) for count in range(1, len(lines) + 1)]
    return next((text for text in texts if has_answer_line(text)), output).strip()


@settings(deadline=None, max_examples=400)
@given(
    parts=st.lists(st.sampled_from(PARTS) | mathematics, max_size=8),
    gold=st.sampled_from(["5", "6", "7", "B", "Paris", "yes", "5, 6", "x + 1", "0.5"]),
)
@example(parts=["#### 5", "<answer>6</answer>"], gold="6")
@example(parts=["#### Step 1: Add", "#### 5", "The answer is 6."], gold="5")
def test_output_cut_after_its_answer_line_gets_the_same_verdict(parts: list[str], gold: str) -> None:
    output = "\n".join(parts)
    assert grade(gold, cut(output)).verdict is grade(gold, output).verdict
