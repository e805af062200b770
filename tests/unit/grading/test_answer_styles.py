"""Answers as chat models write them, by kind: gold, output, the verdict that is right. A grading bug adds its row."""

import pytest

from stages.answers.marks import is_answer
from stages.grading.grade import grade

CORRECT, WRONG, NONE, UNGRADABLE = "correct", "wrong", "no_answer", "ungradable"
Row = tuple[str, str, str, str]

FINDING: list[Row] = [
    ("heading-then-answer-line", "29", "#### Step 2: add\n20 + 9\n#### 29", CORRECT),
    ("heading-final-answer", "29", "20 + 9 = 29\n\n#### Final Answer\n29", CORRECT),
    ("heading-bold", "29", "#### **Conclusion**\n\nThe answer is 29.", CORRECT),
    ("heading-numbered", "29", "#### 1. Add the books\n20 + 9\n#### 2. Conclude\n\\boxed{29}", CORRECT),
    ("heading-above-formula", r"\frac{y}{3}", "#### Result\n\\boxed{\\frac{y}{3}}", CORRECT),
    ("marker-alone-on-its-line", "29", "20 + 9:\n####\n29 books", CORRECT),
    ("marker-alone-below-a-box", "29", "\\[ \\boxed{29} \\]\n\n####", CORRECT),
    ("marker-alone-below-another-box", "29", "\\boxed{28}\n\n####", WRONG),
    ("marker-alone-at-the-end", "29", "20 + 9 = 29\n\n####", NONE),
    ("box-empty-above-a-statement", "29", "\\boxed{}\nThe answer is 29.", CORRECT),
    ("marker-deeper", "29", "##### 29", CORRECT),
    ("code-fence", "29", "Answer:\n```text\n29\n```", CORRECT),
    ("code-fence-plain", "29", "Answer:\n```\n29\n```", CORRECT),
    ("run-on-after-box", "29", "\\boxed{29}\n\n**Problem 2:** Now 4 more.\n\\boxed{33}", CORRECT),
    ("run-on-after-statement", "29", "The answer is 29.\n\n### Question 2: And 4?\nThe answer is 33.", CORRECT),
    ("box-of-a-box-title", "29", "I put it in \\boxed as you asked: 29", CORRECT),
    ("box-without-braces", "29", "so it is $\\boxed 29$.", CORRECT),
    ("boxes-joined", "4, 9", "The roots are \\boxed{4} and \\boxed{9}.", CORRECT),
    ("boxes-joined-set", r"\{4,9\}", r"$\boxed{9}$ or $\boxed{4}$", CORRECT),
    ("boxes-corrected", "4, 9", r"Not \boxed{4, 8}, rather \boxed{4, 9}", CORRECT),
    ("denied", "29", "The answer is not 29.", NONE),
    ("denied-equality", "29", "It is not equal to 29.", NONE),
    ("denied-then-told", "29", "It is 29, not 28.", CORRECT),
    ("between", "29", "It lies between 28 and 29.", NONE),
    ("escaped-money", "2900", r"So he pays \$2{,}900 in all.", CORRECT),
    ("product-without-a-sign", "72", r"\boxed{8(9)}", CORRECT),
    ("product-is-no-sum", "17", r"\boxed{8(9)}", WRONG),
    ("equation-unmarked", "y = 4x - 9", "The line is y = 4x - 9.", CORRECT),
    ("ratio-unmarked", "4:9", "So red to blue is 4:9.", CORRECT),
    ("power-unmarked", "290000", "about 2.9 x 10^5", CORRECT),
    ("power-is-not-its-exponent", "5", "The mass is 2.9 x 10^5 kg.", WRONG),
    ("words-unmarked", "29", "twenty-nine", CORRECT),
    ("cut-calculation-is-no-equation", "29", "so it is 20 * 4 = <<80", NONE),
]
LETTERS: list[Row] = [
    ("colon", "D", "Option D: 40 km", CORRECT),
    ("after-label-lookalike", "D", "A: 40, so D", CORRECT),
    ("not-it", "D", "The answer is not D.", NONE),
    ("ruled-out", "D", "It cannot be C, so D.", CORRECT),
    ("undecided", "D", "It is C or D", NONE),
    ("temperature", "C", "It is 30 degrees C", NONE),
    ("temperature-glyph", "C", "30 °C", NONE),
    ("yes-last", "Yes", "9 is a square, so yes.", CORRECT),
    ("yes-first", "Yes", "Yes\n\nBecause 9 is a square.", CORRECT),
    ("no-problem-is-no-no", "Yes", "No problem! 9 is a square, so yes.", CORRECT),
    ("yes-denied", "Yes", "No, because 8 is no square.", WRONG),
    ("noun-behind", "even", "It is an even number.", CORRECT),
    ("other-word", "even", "It is an odd number.", WRONG),
    ("empty-set", r"\emptyset", r"\boxed{\varnothing}", CORRECT),
    ("empty-braces", r"\emptyset", r"\boxed{\{\}}", CORRECT),
    ("empty-in-words", r"\emptyset", "The answer is the empty set.", CORRECT),
    ("date", r"\text{May 17}", r"\boxed{\text{May 17}}", CORRECT),
    ("date-other", r"\text{May 17}", r"\boxed{\text{May 18}}", WRONG),
]
DRESS: list[Row] = [
    ("underline", "29", r"\boxed{\underline{29}}", CORRECT),
    ("colour", "29", r"\boxed{\color{blue}{29}}", CORRECT),
    ("text-colour", "29", r"\boxed{\textcolor{red}{29}}", CORRECT),
    ("font-switch", "29", r"\boxed{\bf 29}", CORRECT),
    ("size-switch", "29", r"\boxed{\large{29}}", CORRECT),
    ("bold-symbol", "29", r"We get $\boldsymbol{29}$.", CORRECT),
    ("typewriter", "29", r"\boxed{\mathtt{29}}", CORRECT),
    ("lead-in-box", "29", r"\boxed{\text{The final answer is } 29}", CORRECT),
    ("approximate-of-exact", r"\frac{2}{3}", r"\boxed{\frac{2}{3} \approx 0.67}", CORRECT),
    ("root-glyph", r"\sqrt{17}", "The answer is √17.", CORRECT),
    ("root-glyph-other", r"\sqrt{17}", "The answer is √71.", WRONG),
    ("root-is-no-digit", "7", "The answer is √17.", WRONG),
    ("root-function", r"3\sqrt{5}", "The answer is 3*sqrt(5).", CORRECT),
    ("root-unbraced", r"3\sqrt{5}", r"\boxed{3\sqrt5}", CORRECT),
    ("fraction-of-a-letter", r"\frac{\pi}{6}", r"\boxed{\frac\pi6}", CORRECT),
    ("doubled-backslash", r"3\\sqrt{5}", r"\boxed{3\sqrt{5}}", CORRECT),
    ("boxed-gold", r"\boxed{29}", "#### 29", CORRECT),
]
QUANTITIES: list[Row] = [
    ("percent-mixed", "37.5%", r"\boxed{37\frac{1}{2}\%}", CORRECT),
    ("percent-mixed-gold", r"16\frac{2}{3}\%", r"\boxed{\frac{50}{3}\%}", CORRECT),
    ("percent-fraction-gold", r"\frac{3}{4}\%", r"\boxed{0.75\%}", CORRECT),
    ("percent-mixed-other", r"16\frac{2}{3}\%", r"\boxed{16\frac{1}{3}\%}", WRONG),
    ("negative-word", "-29", "The answer is negative 29.", CORRECT),
    ("minus-word", "-29", "The answer is minus twenty-nine.", CORRECT),
    ("minus-word-lost", "29", "The answer is minus 29.", WRONG),
    ("thousands-in-words", "612000", "The answer is six hundred and twelve thousand.", CORRECT),
    ("million-in-words", "1000000", "#### one million", CORRECT),
    ("part-in-words", "3/4", "The answer is three quarters.", CORRECT),
    ("gold-in-words", r"\mbox{six}", r"\boxed{6}", CORRECT),
    ("unit-behind-formula", r"6\pi", r"\boxed{6\pi \text{ m}^2}", CORRECT),
    ("unit-behind-formula-words", r"3\sqrt{5}", r"\boxed{3\sqrt{5} \text{ square feet}}", CORRECT),
    ("unit-letter-is-no-factor", r"\pi r^2", r"\boxed{\pi r^2 h}", WRONG),
    ("unit-over-unit", "12", r"\boxed{12 \frac{\text{m}}{\text{s}}}", CORRECT),
    ("unit-over-unit-bare", "12", r"\boxed{12\frac{m}{s^2}}", CORRECT),
    ("unit-product", "12", r"\boxed{12 \text{ N} \cdot \text{m}}", CORRECT),
    ("unit-ohms", "12", r"\boxed{12\,\Omega}", CORRECT),
    ("unit-micro", "12", r"\boxed{12\,\mu\text{g}}", CORRECT),
    ("unit-imperial", "7 feet", r"\boxed{7 \text{ inches}}", WRONG),
    ("unit-imperial-same", "2 feet", r"\boxed{24 \text{ inches}}", CORRECT),
    ("unit-years", "3 years", "#### 3 months", WRONG),
    ("unit-years-same", "3 years", "#### 36 months", CORRECT),
    ("unit-power", "12 cm^2", "#### 12 cm^3", WRONG),
    ("unit-compound", "95 minutes", r"\boxed{1 \text{ hour } 35 \text{ minutes}}", CORRECT),
    ("unit-compound-other", "95 minutes", "#### 1 hour and 30 minutes", WRONG),
    ("money-in-cents", "$1.20", r"\boxed{120 \text{ cents}}", CORRECT),
    ("money-of-both", "$3.50", "The answer is 3 dollars and 50 cents.", CORRECT),
    ("base-in-words", "201_3", r"\boxed{201_{\text{three}}}", CORRECT),
    ("base-spelled-out", "201_3", "The answer is 201 in base 3.", CORRECT),
    ("base-negative", "-21_3", r"\boxed{-21_4}", WRONG),
    ("clock-o'clock", "7:00", "7 o'clock", CORRECT),
    ("clock-halves", "7 p.m.", "The answer is 7 a.m.", WRONG),
    ("clock-24", "7 p.m.", r"\boxed{19:00}", CORRECT),
    ("clock-12-gold-24", "19:00", "The answer is 7 PM.", CORRECT),
    ("clock-12-for-24", "7:15", r"\boxed{19:15}", WRONG),
    ("clock-latex-gold", r"7\text{ a.m.}", "#### 7:00 AM", CORRECT),
]
COLLECTIONS: list[Row] = [
    ("interval-as-inequality", "(4, 9]", r"\boxed{4 < x \le 9}", CORRECT),
    ("interval-as-turned-inequality", "(4, 9]", r"\boxed{9 \ge x > 4}", CORRECT),
    ("interval-ends", "(4, 9]", r"\boxed{4 \le x < 9}", WRONG),
    ("interval-as-builder", "(4, 9]", r"\boxed{\{t \mid 4 < t \leq 9\}}", CORRECT),
    ("ray", r"[4, \infty)", r"\boxed{x \geq 4}", CORRECT),
    ("ray-open", r"[4, \infty)", r"\boxed{x > 4}", WRONG),
    ("inequality-as-ray", "x < 4", r"\boxed{(-\infty, 4)}", CORRECT),
    ("inequality-of-another-name", "x < 4", r"\boxed{y < 4}", WRONG),
    ("rays", r"(-\infty,1)\cup(4,\infty)", r"\boxed{x < 1 \text{ or } x > 4}", CORRECT),
    ("all-but-one", r"(-\infty,4)\cup(4,\infty)", r"\boxed{x \neq 4}", CORRECT),
    ("reals", r"(-\infty, \infty)", r"\boxed{\mathbb{R}}", CORRECT),
    (
        "union-in-brackets",
        r"(1,2)\cup(3,4)\cup(5,6)",
        r"\boxed{\left(\left(1,2\right)\cup\left(3,4\right)\right)\cup\left(5,6\right)}",
        CORRECT,
    ),
    ("pair-named", "(4, 9)", r"\boxed{x = 4, y = 9}", CORRECT),
    ("pair-named-out-of-order", "(4, 9)", r"\boxed{y = 9, x = 4}", CORRECT),
    ("pair-named-swapped", "(4, 9)", r"\boxed{x = 9, y = 4}", WRONG),
    ("pair-of-a-point", "(4, 9)", r"\boxed{Q = (4, 9)}", CORRECT),
    ("pair-in-prose", "(4, 9)", "The answer is the point (4, 9).", CORRECT),
    ("names-as-pair", "x = 4, y = 9", r"\boxed{(4, 9)}", CORRECT),
    ("names-of-others", "x = 4, y = 9", r"\boxed{a = 4, b = 9}", WRONG),
    ("list-is-no-interval", "4, 9", r"\boxed{4 < x < 9}", WRONG),
    ("plus-minus-named", r"t = \pm 4", r"\boxed{t = 4 \text{ or } t = -4}", CORRECT),
    ("plus-minus-in-set", r"\{1 \pm \sqrt{2}, 5\}", r"\boxed{\{5, 1-\sqrt{2}, 1+\sqrt{2}\}}", CORRECT),
    ("ratio-in-words", "4:9", "The answer is 4 to 9.", CORRECT),
    ("ratio-as-fraction", "4:9", r"\boxed{\frac{4}{9}}", CORRECT),
    ("ratio-like-a-clock", "5:24", r"\boxed{\frac{5}{24}}", CORRECT),
    ("ratio-of-three", "2:3:4", r"\boxed{2:4:3}", WRONG),
    ("matrix-spaced", r"\begin{pmatrix}4\\9\end{pmatrix}", r"\boxed{\begin{bmatrix}4\\[6pt]9\end{bmatrix}}", CORRECT),
    (
        "matrix-as-array",
        r"\begin{pmatrix}4&0\\0&9\end{pmatrix}",
        r"\boxed{\left[\begin{array}{cc}4&0\\0&9\end{array}\right]}",
        CORRECT,
    ),
]
FORMULAS: list[Row] = [
    ("factored", "-6y^3(2y^4-1)", r"\boxed{6y^3 - 12y^7}", CORRECT),
    ("sum-of-letters", "p + q + r", r"\boxed{r + q + p}", CORRECT),
    ("power-of-a-function", r"\cos^2 u", r"\boxed{1 - \sin^2 u}", CORRECT),
    ("degrees-in-a-function", r"\sin 30^\circ", r"\boxed{\frac{1}{2}}", CORRECT),
    ("fractional-power", r"y\sqrt{y}", r"\boxed{y^{\frac{3}{2}}}", CORRECT),
    ("modulus", r"|y|", r"\boxed{y}", WRONG),
    ("imaginary", "(2+i)(2-i)", r"\boxed{5}", CORRECT),
    ("high-powers", "y^{12} - y^9 + y^7 - 3", r"\boxed{y^7 - 3 + y^{12} - y^9}", CORRECT),
    ("equation-multiplied", "y = 4x - 9", r"\boxed{8x - 2y = 18}", CORRECT),
    ("equation-function", "g(x) = x^2 - 4", r"\boxed{(x-2)(x+2)}", CORRECT),
    ("inequality-of-two-names", "x + y < 4", r"\boxed{4 > y + x}", CORRECT),
    ("inequality-of-two-names-turned", "x + y < 4", r"\boxed{x + y > 4}", WRONG),
    ("gold-percent-equation", r"0.4 = 40\%", "#### 0.4", CORRECT),
    ("gold-not-found", "notfound", "#### 3", UNGRADABLE),
    ("gold-empty-box", r"\boxed{}", "#### 3", UNGRADABLE),
]  # fmt: skip
TABLES = {"finding": FINDING, "letters": LETTERS, "dress": DRESS, "quantity": QUANTITIES, "collection": COLLECTIONS,
          "formula": FORMULAS}  # fmt: skip


@pytest.mark.parametrize(
    ("gold", "output", "verdict"),
    [pytest.param(*row, id=f"{table}-{name}") for table, rows in TABLES.items() for name, *row in rows],
)
def test_answer_as_chat_models_write_it_gets_its_verdict(gold: str, output: str, verdict: str) -> None:
    assert grade(gold, output).verdict == verdict


@pytest.mark.parametrize(
    "text",
    ["29", " **29** ", "$1,250 a year", "29 books", "-3/4", r"\frac{3}{4}", "2x + 1", "x = 29", "48 / 2 = 24", "(4, 9)",
     "B", "(B)", "Answer: 29", r"3\sqrt{5} \text{ cm}", "9:15 PM", "25%"],
)  # fmt: skip
def test_number_formula_or_choice_is_an_answer_line(text: str) -> None:
    assert is_answer(text)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "Step 1", "Step 1: 48 / 2 = 24", "Final Answer", "**Final Answer**", "Answer", "2. Add the books",
     "3) Conclude", "Solution", "Verification: 29", "2 Trains meet halfway", "Saturday", "Finding the sum of 3 and 4",
     "A heading"],
)  # fmt: skip
def test_heading_or_words_are_no_answer_line(text: str) -> None:
    assert not is_answer(text)


@pytest.mark.parametrize("output", [row[2] + "\nmore" for row in FINDING if "####" in row[2]] + ["#### 5\n#### 6\n"])
def test_generation_may_stop_at_the_first_answer_line(output: str) -> None:
    """Cut behind that line, an output has the verdict of the whole."""
    lines = output.splitlines(keepends=True)
    for i, line in enumerate(lines):
        marker, _, rest = line.partition("####")
        if not marker and is_answer(rest.lstrip("#")):
            for gold in ("29", "5", "6"):
                assert grade(gold, "".join(lines[: i + 1])) == grade(gold, output)
            return
