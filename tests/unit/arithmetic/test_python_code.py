import pytest

from stages.arithmetic.python_code import read_code, without_blocks


def block(code, output=None):
    shown = "" if output is None else f"```output\n{output}\n```\n"
    return f"Let us compute.\n```python\n{code}\n```\n{shown}Done."


@pytest.mark.parametrize(
    ("code", "computed"),
    [
        pytest.param("total = 12 * 3", [([12, 3], 36)], id="numbers"),
        pytest.param("price = 12\ntotal = price * 3\nrest = 50 - total", [([12, 3], 36), ([50, 36], 14)], id="names"),
        pytest.param("# first\na = -4\n\nb = a + 2**3 / 4", [([-4, 2, 3, 4], -2)], id="operators-and-comments"),
        pytest.param("n = 5\nn += 2", [([5, 2], 7)], id="in-place"),
        pytest.param(
            "def solve():\n    a = 2\n    b = a * 5\n    return b\nprint(solve())", [([2, 5], 10)], id="function"
        ),
        pytest.param("a = 3\nb = a * (4 +", [], id="cut-off"),
        pytest.param("a = input()\nb = a * 4", [], id="unknown-value"),
        pytest.param("a = 7 // 2", [], id="other-operator"),
        pytest.param("a = 1\nfor i in range(3):\n    a = a * 2\nb = a + 1", [], id="nothing-behind-a-loop"),
        pytest.param("a = 1 / 0\nb = a + 1", [], id="division-by-zero"),
        pytest.param("a = 10\n" + "a = a * a\n" * 90, [([10, 10], 100), ([100, 100], 10**4)], id="growing"),
        pytest.param("a = " + "9" * 5000 + "\nb = a + 1\nc = 1e999 + 1", [], id="endless-number"),
        pytest.param("a = " + "-" * 5000 + "1", [], id="endless-line"),
    ],
)
def test_statements_become_equations(code, computed):
    found = [(list(one.quantities), one.stated) for one in read_code(block(code))][:2]
    assert found == computed


@pytest.mark.parametrize(
    ("code", "output", "claims"),
    [
        pytest.param("a = 2 * 4\nprint(a)", "8", [], id="right"),
        pytest.param("a = 2 * 4\nprint(a)", "6", [(8, 6)], id="wrong"),
        pytest.param('a = 0.1 + 0.2\nprint(f"It is {a} euros.")', "It is 0.30000000000000004 euros.", [], id="binary"),
        pytest.param('a = 2 * 4\nprint("all:", a)', "all: 9", [(8, 9)], id="labelled"),
        pytest.param("a = 5\nprint(a)\nprint(a + 1)", "5\n7", [(6, 7)], id="second-line"),
        pytest.param("print(round(7.3))", "8", [], id="unknown-value"),
        pytest.param("print()", "8", [], id="nothing-printed"),
        pytest.param("print('x')", "", [], id="empty-output"),
    ],
)
def test_output_block_claims_what_the_code_prints(code, output, claims):
    false = [one for one in read_code(block(code, output)) if not one.holds]
    assert [(one.value, one.stated) for one in false] == claims


def test_equation_and_claim_point_to_their_lines():
    text = block("a = 2\nb = a * 4\nprint(b)", "9")
    first, claim = read_code(text)
    assert text.split("\n")[first.line] == "b = a * 4"
    assert text[first.start : first.end] == "b = a * 4"
    assert (text.split("\n")[claim.line], text[claim.start : claim.end]) == ("9", "9")


def test_output_without_code_claims_nothing():
    assert read_code("```output\n5\n```") == []


def test_blocks_are_blanked_out_and_the_rest_keeps_its_place():
    text = "3 + 4 = 7\n```python\nx = 1\n```\nso 7"
    blank = without_blocks(text)
    assert [len(line) for line in blank.split("\n")] == [len(line) for line in text.split("\n")]
    assert blank.split() == ["3", "+", "4", "=", "7", "so", "7"]


def test_other_fences_are_text():
    text = "```\n3 + 4 = 8\n```"
    assert without_blocks(text) == text
