"""Elements of formulas: what is read as mathematics, and what is not shown as such."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.reporting.mathml import LONGEST, element

HALF = ["mfrac", ["mn", "1"], ["mn", "2"]]
THIN = {"lspace": "0.167em", "rspace": "0.167em"}
PREFIX = {"form": "prefix"}
MINUS = "\N{MINUS SIGN}"
TALL = {"minsize": "2.047em", "maxsize": "2.047em"}
FIXED = {"stretchy": "false"}
LEFT = {"columnalign": "left"}
RIGHT = {"columnalign": "right"}
READ = {
    "fraction": (r"\frac{1}{2}", [HALF]),
    "box": (r"\boxed{\frac12}", [["menclose", {"notation": "box"}, HALF]]),
    "thousands": (r"10{,}000", [["mn", "10"], ["mtext", ","], ["mn", "000"]]),
    "function": (r"\sin x", [["mo", THIN, "sin"], ["mi", "x"]]),
    "sign": ("-1-2", [["mo", PREFIX, MINUS], ["mn", "1"], ["mo", MINUS], ["mn", "2"]]),
    "sign behind an operator": ("=-1", [["mo", "="], ["mo", PREFIX, MINUS], ["mn", "1"]]),
    "less": ("x<3", [["mi", "x"], ["mo", "<"], ["mn", "3"]]),
    "formula in a text": (
        r"\text{if $x$}",
        [["mtext", "if\N{NO-BREAK SPACE}"], ["mi", "x"]],
    ),
    "digits of a binomial": (
        r"\binom52",
        [["mo", TALL, "("], ["mfrac", {"linethickness": "0"}, ["mn", "5"], ["mn", "2"]], ["mo", TALL, ")"]],
    ),
    "aligned within another": (
        r"\begin{aligned}x&=1\\&=2\end{aligned}",
        [["mtable", {"displaystyle": "true"},
          ["mtr", ["mtd", RIGHT, ["mi", "x"]], ["mtd", LEFT, ["mi"], ["mo", "="], ["mn", "1"]]],
          ["mtr", ["mtd", RIGHT], ["mtd", LEFT, ["mi"], ["mo", "="], ["mn", "2"]]]]],
    ),
    "rows": (
        r"\begin{gather}a\\b\end{gather}",
        [["mtable", ["mtr", ["mtd", ["mi", "a"]]], ["mtr", ["mtd", ["mi", "b"]]]]],
    ),
    "equation": (r"\begin{equation*}a\end{equation*}", [["mi", "a"]]),
    "bracket that begins an alignment": (
        r"\begin{align*}[a]\end{align*}",
        [["mtable", {"displaystyle": "true"},
          ["mtr", ["mtd", {"columnalign": "right"}, ["mo", FIXED, "["], ["mi", "a"], ["mo", FIXED, "]"]]]]],
    ),
    "percentages": ("5%+1%", [["mn", "5"], ["mi", "%"], ["mo", "+"], ["mn", "1"], ["mi", "%"]]),
    "price in a text": (r"\text{\$5}", [["mtext", "$5"]]),
    "relation of letters": (r"a \sim b", [["mi", "a"], ["mo", "\N{TILDE OPERATOR}"], ["mi", "b"]]),
    "space between rows and an empty cell": (
        r"\begin{matrix}1\\[5pt]2&\end{matrix}",
        [["mtable", ["mtr", ["mtd", ["mn", "1"]]], ["mtr", ["mtd", ["mn", "2"]], ["mtd"]]]],
    ),
    "brace without its other": (
        r"\left\{ x \right.",
        [["mo", {"stretchy": "true"} | PREFIX, "{"], ["mi", "x"], ["mo", {"stretchy": "true", "form": "postfix"}]],
    ),
    "markup in a text": (r"\text{<script>alert(1)</script>}", [["mtext", "<script>alert(1)</script>"]]),
    "colour": (r"\color{red} x", [["mstyle", ["mi", "x"]]]),
    "huge space": (r"a\hspace{900em}b", [["mi", "a"], ["mspace"], ["mi", "b"]]),
}  # fmt: skip
UNREADABLE = {
    "unknown command": r"\nosuchcommand{x}",
    "missing argument": r"\frac{1}",
    "missing exponent": "x^",
    "open brace": r"\frac{1}{2",
    "brace closed twice": "x}",
    "open environment": r"\begin{align} x",
    "open bracket": r"\left( x",
    "alignment outside a table": "S &= 1",
    "command in a text": r"\text{\large x}",
    "dropped part": r"\label{7} x",
    "macro": r"\def\a{\a\a}\a",
    "new command": r"\newcommand{\a}{\a\a}\a",
    "link": r"\href{javascript:alert(1)}{x}",
    "style": r"\style{position:fixed}{x}",
    "surrogate": r"\unicode{xD800}",
    "entity": r"\text{&#xD800;}",
    "too long": "x" * (LONGEST + 1),
    "too deep": "{" * 40 + "x" + "}" * 40,
    "very deep": "{" * 900 + "x" + "}" * 900,
    "very deep brackets": r"\left(" * 150 + "x" + r"\right)" * 130,
    "blank": " ",
}


@pytest.mark.parametrize(("latex", "content"), READ.values(), ids=READ)
def test_formula_is_read_into_elements(latex, content):
    assert element(latex, displayed=False) == ["math", *content]


@pytest.mark.parametrize("latex", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_has_no_element(latex):
    assert element(latex, displayed=False) is None


def test_displayed_formula_is_a_block_with_limits_over_and_under_its_sum():
    assert element(r"\sum_{i}^n i", displayed=True) == [
        "math", {"display": "block"}, ["munderover", ["mo", "∑"], ["mi", "i"], ["mi", "n"]], ["mi", "i"]
    ]  # fmt: skip


@pytest.mark.parametrize(
    "piece", [r"\frac", r"\hat", r"\sqrt", "x^", "x^x", "'", r"\left(", r"\begin{array}", r"\not", "{x"]
)
def test_repeated_command_is_read_or_refused_in_no_time(piece):
    started = time.monotonic()
    element(piece * (LONGEST // len(piece)), displayed=False)
    assert time.monotonic() - started < 20


PIECES = [
    "{", "}", "\\", "$", "^", "_", "&", "\\\\", "\\left(", "\\right)", "\\frac", "\\text{",
    "<script>", "\\begin{array}", "\\end{array}", "\\sqrt[", "%", "'", "\\hspace{", "&#x41;",
    "\\color{red}", "12", "x", " ", "=", "\\rule", "é", "\\middle|",
]  # fmt: skip


@settings(max_examples=300, deadline=2000)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_formula_gives_an_element_that_can_be_written_or_none(latex):
    found = element(latex, displayed=True)
    assert found is None or found[:2] == ["math", {"display": "block"}]
    json.dumps(found, ensure_ascii=False).encode()
