"""Which pieces of a text are formulas, and the table of those of a report."""

import time

import pytest

from stages.reporting.formulas import formulas, table

MATHEMATICS = {
    "dollars": (r"Let $x$ be $\frac{1}{2}$ of it.", ["$x$", r"$\frac{1}{2}$"]),
    "end of a sentence inside": ("It is $12,$ or $x = 3.$", ["$12,$", "$x = 3.$"]),
    "all delimiters": (
        r"\(a\) and \[b\] and $$c$$ and $d$",
        [r"\(a\)", r"\[b\]", "$$c$$", "$d$"],
    ),
    "environment": ("So\n\\begin{align*}\nx &= 1\n\\end{align*}\n", ["\\begin{align*}\nx &= 1\n\\end{align*}"]),
    "box within dollars": (r"is $\boxed{\frac{1}{2}}$.", [r"$\boxed{\frac{1}{2}}$"]),
    "box without delimiters": (r"is \boxed{\frac{1}{\sqrt{2}}}.", [r"\boxed{\frac{1}{\sqrt{2}}}"]),
    "price inside": (r"She has $\$5$ and $\$$7.", [r"$\$5$", r"$\$$"]),
    "words in a text command": (r"$\text{the number of all boxes} = 3$", [r"$\text{the number of all boxes} = 3$"]),
    "space at the end": ("say $a=6 $ and $b $.", ["$a=6 $", "$b $"]),
    "digits behind a command": (r"$\$$30.00", [r"$\$$"]),
}
PROSE = {
    "two prices": "It costs $5 and $7.",
    "price and a unit": "He pays $5 a day, then $10 per day, so $25 in all and $30 later.",
    "sum of prices": "$20+$30=$50, or 3*$20 = $60, or $5-$3",
    "range of prices": "from $5-$10 to $20/$30",
    "annotated sum": "He makes 2*20=$<<2*20=40>>40 and 3*20=$<<3*20=60>>60",
    "annotation alone": "48/2 = <<48/2=24>>24",
    "currencies": "US$5 and US$6 or A$5",
    "code": 'f"${a and b}" + "the ${c}"',
    "escaped": r"It costs \$5 or \$6.",
    "line break with a length": r"a \\[2pt] b \]",
    "open": r"the \( or \[ or $x or \boxed{",
    "lone": "$ $$ $",
    "empty": "",
}


@pytest.mark.parametrize(("text", "found"), MATHEMATICS.values(), ids=MATHEMATICS)
def test_formulas_of_a_text_are_found_with_their_delimiters(text, found):
    assert list(formulas(text)) == found


@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE)
def test_prose_and_money_are_no_formulas(text):
    assert list(formulas(text)) == []


def test_figure_is_no_mathematics():
    assert list(formulas('[asy]label("$A$", (0,0));[/asy] and $B$')) == ["$B$"]


def test_table_has_each_formula_of_every_text_once_and_answers_without_delimiters():
    documents = [{"cases": [{"question": "$x$ or $x$", "answer": r"\frac12", "id": "a_b", "tokens": 3, "stop": None}],
                  "held_out": [{"after": {"extracted": "2^3", "output": r"\[y\]"}}],
                  "candidates": [{"answer": "10", "demonstration_ids": ["$z$"]}]}]  # fmt: skip
    assert table(documents) == {
        "$x$": ["math", ["mi", "x"]],
        "$z$": ["math", ["mi", "z"]],
        "2^3": ["math", ["msup", ["mn", "2"], ["mn", "3"]]],
        r"\[y\]": ["math", {"display": "block"}, ["mi", "y"]],
        r"\frac12": ["math", ["mfrac", ["mn", "1"], ["mn", "2"]]],
    }


def test_table_leaves_out_what_cannot_be_read_and_has_a_fixed_order():
    found = table(["$b$", r"$\nosuchcommand$", r"$\frac{1}$", "$a$"])
    assert list(found) == ["$a$", "$b$"]


@pytest.mark.parametrize("piece", ["$", r"\[", r"\(", "$$a", r"\boxed{", "[asy]", r"\begin{align}", r"$\a", "$ab1 "])
def test_ten_thousand_characters_without_an_end_take_no_time(piece):
    started = time.monotonic()
    table([piece * (10_000 // len(piece))])
    assert time.monotonic() - started < 20
