r"""What stands between the quotes, and what it is read as; left sides are raw, as a model wrote them."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.llm.json_strings import LATEX_NAMES, clean, unescape

LATEX = [
    r"\frac{1}{2}", r"\forall", r"\flat", r"\fbox{7}", r"\times 3", r"3\times4", r"\to 0", r"\theta", r"\tan x",
    r"\tau", r"\text{ apples}", r"\textbf{7}", r"\tfrac12", r"\triangle ABC", r"\therefore x", r"\nu = 2", r"\neq 3",
    r"a \ne b", r"\nabla f", r"\not= 2", r"\notin A", r"\beta", r"\binom{5}{2}", r"\bar{x}", r"\boxed{2}", r"\begin{x}",
    r"\bmod 7", r"\rho", r"\rightarrow", r"\Rightarrow", r"\right)", r"\rfloor", r"\rangle", r"\sqrt{16}", r"\cdot",
    r"\alpha", r"\left(", r"\pi r^2", r"\underline{x}", r"\uparrow", r"\upsilon", r"\div", r"\le", r"\{1, 2\}", r"50\%",
    r"\$5", r"\(x\)", r"\[x\]", r"\,", r"\;", r"\!", r"\&", r"\_", r"\#", r"x\ y",
]  # fmt: skip


@pytest.mark.parametrize("text", LATEX)
def test_latex_with_single_backslashes_stays_latex(text):
    assert unescape(text) == text
    assert unescape(f"so {text}\\nThen") == f"so {text}\nThen"


@pytest.mark.parametrize("text", LATEX)
def test_latex_with_escaped_backslashes_loses_one_each(text):
    assert unescape(text.replace("\\", "\\\\")) == text


ESCAPES = {
    "line break before a capital": (r"one\nTwo", "one\nTwo"),
    "line break before a number": (r"2 + 2 = 4\n#### 4", "2 + 2 = 4\n#### 4"),
    "line break before a word": (r"one\nthen", "one\nthen"),
    "line break before letters that begin like a LaTeX name": (r"a\number\nuts\nest", "a\number\nuts\nest"),
    "line break before a word that negates a sign in LaTeX": (r"a\nexists\ni = 2\nless", "a\nexists\ni = 2\nless"),
    "line break at the end": (r"one\n", "one\n"),
    "two line breaks": (r"one\n\nTwo", "one\n\nTwo"),
    "line break right after LaTeX": (r"\frac{1}{2}\nThen 2\times 3\n\nu", "\\frac{1}{2}\nThen 2\\times 3\n\\nu"),
    "carriage return and line break": (r"one\r\nTwo", "one\nTwo"),
    "carriage return alone": (r"one\rTwo", "one\nTwo"),
    "tab": (r"a\tTotal\t5", "a Total 5"),
    "tab before a word that begins like a LaTeX name": (r"a\ttotal\tanks\tangle", "a total anks angle"),
    "backspace and form feed alone": (r"a\b \f.", "a ."),
    "quotes and slash": (r"\"a\" \/ it\'s", '"a" / it\'s'),
    "escaped backslash": (r"a\\b", "a\\b"),
    "backslash before LaTeX that is escaped": (r"\\frac \\times \\nu \\text \\right", r"\frac \times \nu \text \right"),
    "escaped line break of a table": (r"a \\\\ b", r"a \\ b"),
    "escaped line break of a table before a letter": (r"m = 1 \\\\n = 5", r"m = 1 \\n = 5"),
    "line break that was escaped twice": (r"2 = 2\\n#### 2\\nSo\\n\\nA", "2 = 2\n#### 2\nSo\n\nA"),
    "LaTeX arrows are no line break that was escaped twice": (r"\\nRightarrow", r"\nRightarrow"),
    "unicode": (r"caf\u00e9 \u00bd", "café ½"),
    "unicode before letters": (r"\u00e9tat", "état"),
    "unicode of a control character": (r"a\u0000\u0007\u000ab", "a\nb"),
    "unicode pair": (r"\ud83d\ude00", "😀"),
    "half a unicode pair": (r"a\ud83d", "a\ufffd"),
    "too few digits for unicode": (r"\u12", r"\u12"),
    "raw line breaks": ("a\nb\r\nc\rd", "a\nb\nc\nd"),
    "raw control characters": ("a\x00\x08\x0c\x1b\x7f\x9fb\tc\u2028d", "ab c\nd"),
    "backslash at the end": ("a\\", "a\\"),
    "backslash before a raw line break": ("a\\\nb", "a\\\nb"),
}


@pytest.mark.parametrize(("body", "text"), ESCAPES.values(), ids=ESCAPES.keys())
def test_escape_is_read_as_it_was_meant(body, text):
    assert unescape(body) == text


def test_list_holds_only_names_whose_first_letter_is_an_escape():
    assert len(LATEX_NAMES) > 100
    assert {name[0] for name in LATEX_NAMES} == {"n", "r", "t"}


def is_fit(text):
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text.replace("\n", ""))


ANY = st.text(st.characters(exclude_categories=[]))
PIECES = st.lists(st.sampled_from(["\\", "n", "u", "t", "r", "b", "f", "00", "d83d", "rac", '"', "\r", "\t", "x"]))


@given(ANY | PIECES.map("".join))
def test_no_text_leaves_a_control_character_or_raises(body):
    assert is_fit(unescape(body))
    assert is_fit(clean(body))
    unescape(body).encode()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\\")))
def test_text_without_backslashes_comes_back_from_real_json(text):
    for ascii_only in (True, False):
        assert unescape(json.dumps(text, ensure_ascii=ascii_only)[1:-1]) == text
