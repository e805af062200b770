"""A forest plot: differences in points with their intervals, one below the other, against a line at 0."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from stages.reporting.charts import drawing, standalone, text_at

_WIDTH, _LEFT, _RIGHT = 720, 190, 560
_ROW, _HEAD, _GAP = 20, 22, 10


def plot(rows: Sequence[Mapping[str, Any]], title: str) -> str:
    """Return an SVG file of comparisons.

    Args:
        rows: `name` of the comparison, which those that stand together share, `set`, and `points`, `low` and `high` in
            points.
        title: of the file.
    """
    step = _step(max(abs(row[end]) for row in rows for end in ("low", "high")))
    low = step * math.floor(min(0.0, *(row["low"] for row in rows)) / step)
    high = max(low + step, step * math.ceil(max(row["high"] for row in rows) / step), 0.0)
    marks, y = [], float(_GAP)
    for name, members in groupby(rows, key=lambda row: row["name"]):
        y += _HEAD
        marks.append(text_at(8, y - 6, name, "start", "label strong"))
        for row in members:
            marks += _row(row, y + _ROW / 2, low, high)
            y += _ROW
        y += _GAP
    ticks = [low + step * index for index in range(round((high - low) / step) + 1)]
    lines = [
        f'<line class="{"baseline" if tick == 0 else "grid"}" x1="{x:.1f}" x2="{x:.1f}" y1="{_GAP}" y2="{y:.1f}"/>'
        + text_at(x, y + 16, f"{tick:+g}" if tick else "0", "middle")
        for tick in ticks
        for x in [_across(tick, low, high)]
    ]
    label = "; ".join(f"{row['name']} on {row['set']} {_told(row)}" for row in rows)
    return standalone(drawing(lines + marks, label, _WIDTH, round(y + 26)), title)


def _row(row: Mapping[str, Any], y: float, low: float, high: float) -> list[str]:
    left, middle, right = (_across(row[part], low, high) for part in ("low", "points", "high"))
    return [
        text_at(_LEFT - 14, y + 4, row["set"], "end"),
        f'<line class="whisker" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>',
        f'<circle class="point" cx="{middle:.1f}" cy="{y:.1f}" r="4"/>',
        text_at(_RIGHT + 14, y + 4, _told(row), "start"),
    ]


def _told(row: Mapping[str, Any]) -> str:
    return f"{row['points']:+.1f} ({row['low']:.1f} to {row['high']:.1f})"


def _across(value: float, low: float, high: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low)


def _step(largest: float) -> float:
    """Return the distance of two ticks, of which three or so lead from 0 to the largest value."""
    return next(step for step in (1, 2, 5, 10, 20, 50) if largest <= 3 * step or step == 50)
