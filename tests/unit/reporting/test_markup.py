"""Pieces of HTML, and numbers as readers are told them."""

import pytest

from stages.reporting import markup
from stages.reporting.markup import Html


def test_content_and_attributes_are_escaped_and_html_is_kept():
    made = markup.tag("a", "<b>", Html("<i>i</i>"), 3, href='"&', class_="x", aria_label="y")
    assert made == '<a href="&quot;&amp;" class="x" aria-label="y">&lt;b&gt;<i>i</i>3</a>'


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.31, "0.3 s"), (9.97, "10 s"), (97.1, "97 s"), (119.6, "2.0 min"), (331.6, "5.5 min"), (598, "10 min"),
        (1320, "22 min"), (11100, "3 h 05 min"),
    ],
)  # fmt: skip
def test_duration_is_said_in_the_unit_that_fits(seconds, said):
    assert markup.duration(seconds) == said


@pytest.mark.parametrize(
    ("dollars", "said"),
    [(None, "no price known"), (0.0, "$0.00"), (0.00314, "$0.0031"), (0.25, "$0.25"), (1204.5, "$1,204.50")],
)
def test_money_is_said_with_digits_that_tell_something(dollars, said):
    assert markup.money(dollars) == said


@pytest.mark.parametrize(("p", "said"), [(0.00002, "< 0.0001"), (0.25, "= 0.25"), (1.0, "= 1"), (0.0314, "= 0.031")])
def test_probability_is_said_with_its_sign(p, said):
    assert markup.probability(p).replace(markup.SPACE, " ") == said


@pytest.mark.parametrize(("share", "said"), [(0.227, "+22.7"), (-0.0208, "\N{MINUS SIGN}2.1"), (0.0, "+0.0")])
def test_points_have_a_sign(share, said):
    assert markup.points(share) == said


def test_share_that_is_unknown_is_not_zero():
    assert markup.percent(None) == "not graded"


def test_first_cell_of_a_headed_table_names_its_row():
    rows = [["a", 1], ["b", 2]]
    headed = markup.table(["name", "count"], rows, "Counts", frozenset({1}), headed=True)
    assert '<table class="headed">' in headed
    assert '<tr><th>a</th><td class="number">1</td></tr>' in headed
    plain = markup.table(["name", "count"], rows, "Counts", frozenset({1}))
    assert '<tr><td>a</td><td class="number">1</td></tr>' in plain
    assert "headed" not in plain
