"""Formulas in headless Chromium: shown as mathematics or as LaTeX, marked, in their place, and without injection."""

from dataclasses import replace

import pytest

from stages.reporting.cases import trace
from tests.report.chromium import PROGRAM
from tests.report.test_browser import count, page_of, sources, text

pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason="needs Chromium")]

QUESTION = r"She has $\frac{1}{2}$ of $5, and he \(x\). Is it <<48/2=24>>?"
FIGURE = '[asy]\nlabel("$A$");\n[/asy]'
SOLUTION = "By\n\\begin{align*}\nx &= 1 \\\\\n&= 2\n\\end{align*}\nit is $\\boxed{\\frac{7}{8}}$.\n" + FIGURE
WIDE = " + ".join(f"x_{{{number}}}" for number in range(60))
OUTPUT = f"First $a = 1$ and $b = 2$.\nThen ${WIDE}$.\n\\[{WIDE}\\]\n$\\nosuch{{<img src=x onerror=alert(1)>}}$"
HOSTILE = r"$\text{<script>document.title = 'run'</script>}$ $\frac{" + "{" * 5000 + r" \href{javascript:alert(1)}{x}$"


@pytest.fixture(scope="module")
def formulas_page(tmp_path_factory):
    """Case 0 has formulas of every kind, its mistake marked across two of them; case 1 is hostile."""
    made = sources("iter1", 3)
    case, hostile, plain = made.bad_cases
    bad = [
        replace(case, question=QUESTION, solution=SOLUTION, answer=r"\frac{7}{8}", output=OUTPUT, extracted="7/8"),
        replace(hostile, output=HOSTILE),
        plain,
    ]
    first = replace(made.keyphrases[0], line=0, quote="= 1$ and $b =", detail="$a$ is off")
    traces = [trace("iter1", "base", replace(made, bad_cases=bad, keyphrases=[first, *made.keyphrases[1:]]))]
    return page_of(tmp_path_factory.mktemp("formulas") / "index.html", traces)


@pytest.fixture
def opened(chromium, formulas_page):
    chromium.size(1280, 900)
    chromium.open(formulas_page, "#case=c-iter1-0")
    yield chromium
    assert chromium.complaints() == []
    assert chromium.requests() == [formulas_page.as_uri()]


def drawn(browser):
    """Return the LaTeX of the formulas of the open case that are seen as mathematics."""
    return browser.run(
        "[...document.querySelectorAll('#case math')].filter((math) => math.getBoundingClientRect().height > 4)"
        ".map((math) => math.getAttribute('alttext'))"
    )


def test_formulas_are_shown_as_mathematics_and_money_as_text(opened):
    shown = drawn(opened)
    assert shown[:2] == [r"$\frac{1}{2}$", r"\(x\)"]
    assert {r"\frac{7}{8}", r"$\boxed{\frac{7}{8}}$"} <= set(shown)
    assert not [latex for latex in shown if "5" in latex and "x_" not in latex]
    found = text(opened)
    for written in (" of $5, and he ", "<<48/2=24>>", 'label("$A$");', r"$\nosuch{<img src=x onerror=alert(1)>}$"):
        assert written in found
    assert r"\frac{1}{2}" not in found
    namespace = opened.run("document.querySelector('#case math mfrac').namespaceURI")
    assert namespace == "http://www.w3.org/1998/Math/MathML"


def test_key_and_button_switch_the_whole_page_between_mathematics_and_latex(opened):
    opened.press("m")
    assert drawn(opened) == []
    heights = "[...document.querySelectorAll('#cases math')].map((math) => math.getBoundingClientRect().height)"
    assert set(opened.run(heights)) == {0}
    for written in (QUESTION, SOLUTION, OUTPUT, r"(answer \frac{7}{8})"):
        assert written in text(opened)
    assert opened.run("document.getElementById('drawn').getAttribute('aria-pressed')") == "false"
    assert r"\frac{1}{2}" in opened.run("document.getElementById('case-list').innerText")
    opened.run("document.getElementById('drawn').click()")
    assert r"$\frac{1}{2}$" in drawn(opened)
    assert opened.run("document.getElementById('drawn').getAttribute('aria-pressed')") == "true"


def test_mistake_is_marked_through_whole_formulas_and_as_quoted_in_their_latex(opened):
    seen = "(() => [...document.querySelectorAll('#case mark')].filter((mark) => mark.getClientRects().length)" + (
        ".map((mark) => mark.querySelector('math')?.getAttribute('alttext') ?? mark.textContent))()"
    )
    assert opened.run(seen) == ["$a = 1$", " and ", "$b = 2$"]
    opened.press("m")
    assert opened.run(seen) == ["= 1$", " and ", "$b ="]


def test_search_finds_the_latex(opened):
    opened.run(
        "(() => { const field = document.getElementById('filter-text'); field.value = '\\\\frac{1}{2}';"
        "field.dispatchEvent(new Event('input')); })()"
    )
    assert count(opened) == "1 of 3 bad cases"


@pytest.mark.parametrize("width", [1280, 390])
def test_long_formulas_scroll_in_their_own_box_and_the_page_does_not(chromium, formulas_page, width):
    chromium.size(width, 900)
    chromium.open(formulas_page, "#case=c-iter1-0")
    chromium.run("new Promise((done) => setTimeout(done, 100))")
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth && innerWidth") == width
    assert chromium.run("Math.round(document.getElementById('case').getBoundingClientRect().top)") == 64
    boxes = chromium.run(
        "[...document.querySelectorAll('#case .drawn')].filter((box) => box.clientWidth && box.scrollWidth > 2000)"
        ".map((box) => [getComputedStyle(box).overflowX, box.clientWidth < innerWidth])"
    )
    assert boxes == [["auto", True], ["auto", True]]


def test_hostile_formulas_are_shown_as_text_and_do_nothing(chromium, formulas_page):
    chromium.open(formulas_page, "#case=c-iter1-1")
    assert (
        chromium.run("document.querySelectorAll('#cases script, #cases img, #cases a[href^=javascript]').length") == 0
    )
    assert chromium.run("document.title") == "Self-Error-Instruct: report"
    shown = chromium.run("document.querySelector('#case mtext').textContent")
    assert shown.split() == ["<script>document.title", "=", "'run'</script>"]
    assert HOSTILE.split("$ ")[1] in text(chromium)
    assert chromium.complaints() == []


def test_a_thousand_cases_with_forty_formulas_each_open_within_two_seconds(chromium, tmp_path):
    made = sources("iter1", 1000)
    lines = [
        "\n".join(f"So $\\frac{{{number}}}{{x_{{{line % 20}}}^2 + {line}}} = {number + line}$." for line in range(20))
        for number in range(1000)
    ]
    bad = [replace(case, solution=text, output=text + text) for case, text in zip(made.bad_cases, lines, strict=True)]
    path = page_of(tmp_path / "index.html", [trace("iter1", "base", replace(made, bad_cases=bad))])
    assert chromium.open(path) < 2
    assert path.stat().st_size < 12e6


def test_page_without_formulas_has_neither_the_key_nor_the_button(chromium, tmp_path):
    chromium.open(page_of(tmp_path / "index.html", [trace("iter1", "base", sources("iter1", 3))]))
    chromium.press("m")
    assert "LaTeX" not in chromium.run("document.getElementById('cases').innerText")
    assert chromium.run("document.getElementById('drawn').offsetHeight") == 0
    assert chromium.complaints() == []
