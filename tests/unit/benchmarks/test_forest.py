"""Forest plots."""

import re
from xml.etree import ElementTree

import pytest

from benchmarks import forest

ROWS = [
    {"name": "sei-base", "set": "gsm8k_test", "points": 7.3, "low": 3.7, "high": 11.0},
    {"name": "sei-base", "set": "svamp", "points": -1.0, "low": -5.2, "high": 3.0},
    {"name": "sei-random", "set": "gsm8k_test", "points": 0.0, "low": 0.0, "high": 0.0},
]


def numbers(svg, tag, *names):
    found = [one for one in ElementTree.fromstring(svg).iter() if one.tag.endswith(tag)]
    return [tuple(float(one.get(name)) for name in names) for one in found]


def test_points_lie_within_their_intervals_and_by_their_size():
    svg = forest.plot(ROWS, "title")
    points = [x for x, _ in numbers(svg, "circle", "cx", "cy")]
    whiskers = numbers(svg.replace('class="grid"', ""), "line", "x1", "x2")[-3:]
    assert points[1] < points[2] < points[0]
    assert all(left <= point <= right for point, (left, right) in zip(points, whiskers, strict=True))
    zero = float(re.search(r'class="baseline" x1="([\d.]+)"', svg).group(1))
    assert points[2] == zero


def test_each_comparison_is_named_once_and_each_row_told_in_words():
    svg = forest.plot(ROWS, "title")
    texts = [one.text for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("text")]
    assert texts.count("sei-base") == texts.count("sei-random") == 1
    assert "+7.3 (3.7 to 11.0)" in texts
    assert "-1.0 (-5.2 to 3.0)" in texts


@pytest.mark.parametrize("largest", [0.0, 0.4, 2.9, 14.0, 80.0])
def test_axis_has_room_for_every_interval_and_few_ticks(largest):
    svg = forest.plot([{"name": "a-b", "set": "s", "points": 0.0, "low": -largest, "high": largest}], "title")
    ((left, right),) = numbers(svg, "line", "x1", "x2")[-1:]
    assert 190 <= left <= right <= 560
    assert 1 <= len(re.findall('class="grid"', svg)) <= 9
