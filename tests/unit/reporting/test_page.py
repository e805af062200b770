"""The page: complete, escaped, and without anything from the network."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from stages.reporting import page, svg, tables
from stages.reporting.results import Results

VOID = {"meta"}


class Outline(HTMLParser):
    """Collects tags, checks that they nest, and collects the text of cells and headings."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.cells, self.headings = [], set(), [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")
        if tag in {"h1", "h2", "h3"}:
            self.headings.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells[-1] += data
        if self.open and self.open[-1] in {"h1", "h2", "h3"}:
            self.headings[-1] += data


def outline(html):
    found = Outline()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


def test_page_says_the_gain_and_shows_each_table(results):
    html = page.render(results)
    found = outline(html)
    assert "On 100 held-out problems, iter1 solves 37.5%, the base model 10.0%: +27.5 points." in html
    assert found.headings == [
        "Self-Error-Instruct", "Accuracy", "Verdicts", "The same problems, before and after",
        "By kind of first mistake", "Training loss", "Iteration iter1", "What came of its problems", "Error types",
    ]  # fmt: skip
    assert found.cells[:5] == ["base", "test", "10/100", "10.0%", "5.0% to 17.0%"]
    row = ["iter1", "base", "test", "22", "2", "+15.0 to +35.0", "4e-05", "better"]
    start = found.cells.index("better") - 7
    assert found.cells[start : start + 8] == row
    assert found.cells[-8:] == ["slips", "30", "75.0%", "slips again", "units", "10", "25.0%", "units again"]


def test_text_of_instructor_and_user_is_escaped_everywhere(hostile):
    html = page.render(hostile)
    assert "<script" not in html
    found = outline(html)
    assert "script" not in found.tags
    assert "<script>alert('x')</script> & co" in found.cells
    assert "Iteration <script>alert('x')</script> & co" in found.headings
    assert not [name for name in found.attributes if name.startswith("on")]


def test_page_needs_no_network(results):
    html = page.render(results)
    assert not re.search(r"https?:|src=|@import|url\(|<link", html)


def test_page_without_graded_problems_training_and_error_types_says_so(results):
    base, last = results.models
    nothing = {"test": base.evaluation["ood/unseen"]}
    uncompared = {"test": last.comparisons["ood/unseen"]}
    empty = Results(
        [replace(base, evaluation=nothing), replace(last, evaluation=nothing, comparisons=uncompared)],
        [replace(results.iterations[0], error_types=[], loss=[])],
    )
    html = page.render(empty)
    outline(html)
    assert "No held-out problem could be graded." in html
    assert "Nothing was trained." in html
    assert "No bad cases." in html


def drawing(figure):
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", figure).group())


def test_accuracy_chart_draws_share_and_interval_of_each_measured_row(results):
    found = drawing(svg.accuracy_chart(tables.accuracy(results)))
    # The axis reaches from 150 to 580: 430 wide. iter1: 0.375 * 430 = 161.25, 0.28 * 430 = 120.4, 0.48 * 430 = 206.4.
    bars, lines = found.findall("rect"), found.findall("line")
    assert len(bars) == len(lines) == 2
    assert float(bars[1].get("width")) == pytest.approx(161.25, abs=0.06)
    assert float(lines[1].get("x1")) == pytest.approx(270.4, abs=0.06)
    assert float(lines[1].get("x2")) == pytest.approx(356.4, abs=0.06)


def test_accuracy_chart_does_not_show_an_unmeasured_accuracy_as_zero(results):
    texts = [text.text for text in drawing(svg.accuracy_chart(tables.accuracy(results))).findall("text")]
    assert texts[texts.index("base, test") + 1] == "10.0%"
    assert texts[texts.index("base, ood/unseen") + 1] != "0.0%"


def test_loss_chart_draws_a_line_for_each_iteration():
    found = drawing(svg.loss_chart({"iter1": [(1, 2.0), (4, 1.0)], "iter2": [(2, 0.5)]}))
    # Height 220: zero at 190, the top value 2.0 at 20. Steps: 150 + 430 * step / 4.
    assert [line.get("points") for line in found.findall("polyline")] == ["257.5,20.0 580.0,105.0", "365.0,147.5"]
    assert {"iter1", "iter2", "2.00", "step 4"} <= {text.text for text in found.findall("text")}


def test_loss_chart_of_a_loss_of_zero_is_drawn():
    found = drawing(svg.loss_chart({"iter1": [(1, 0.0), (2, 0.0)]}))
    assert found.find("polyline").get("points") == "365.0,190.0 580.0,190.0"
