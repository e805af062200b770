"""Charts as SVG, drawn 360 units wide so that their text stays readable on a phone.

The colours come from `chart.css`, which the page and the free-standing files share.
"""

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from stages.reporting.history import TypeHistory
from stages.reporting.markup import percent
from stages.reporting.tables import AccuracyRow

_WIDTH, _HEIGHT = 360, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 348, 22, 194
_LABEL = 12  # letters of the longest name below a chart
_DASHES = ("", "6 4", "2 3", "9 3 2 3")
_STYLE = Path(__file__).with_name("chart.css")
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def standalone(chart: str, title: str) -> str:
    """Return a chart as an SVG file with its own background, light or dark as its reader prefers."""
    style = f"<title>{_escaped(title)}</title><style>{_STYLE.read_text(encoding='utf-8')}</style>"
    ground = '<rect class="ground" width="100%" height="100%"/>'
    head, rest = chart.split(">", 1)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head} xmlns="http://www.w3.org/2000/svg">{style}{ground}{rest}\n'


def accuracy_chart(
    rows: Sequence[AccuracyRow], parents: Mapping[str, str | None], top: float | None = None, names: int = 5
) -> str:
    """Draw the accuracies on one problem set: a point with its 95 % interval for each model.

    A line connects each model with its parent; the dashed line is the baseline, the first row's accuracy.

    Args:
        rows: of one problem set, base first.
        parents: the parent of each model.
        top: the upper end of the axis, equal in charts to be compared; None fits it to these rows.
        names: models that are named below the chart, besides the last.
    """
    top = top_share(rows) if top is None else top
    columns = {row.iteration: _across(index, len(rows)) for index, row in enumerate(rows)}
    shares = {row.iteration: row.accuracy for row in rows if row.accuracy is not None}
    marks = [_rule(_down(share, top), f"{100 * share:.4g} %") for share in (0.0, top / 2, top)]
    if rows and rows[0].accuracy is not None:
        y = _down(rows[0].accuracy, top)
        marks.append(f'<line class="baseline" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for name, parent in parents.items():
        if parent is not None and name in shares and parent in shares:
            line = [(columns[model], _down(shares[model], top)) for model in (parent, name)]
            marks.append(_line(line, "path"))
    marks += [_measured(row, columns[row.iteration], top) for row in rows]
    marks += _names([row.iteration for row in rows], names)
    label = ", ".join(f"{row.iteration} {percent(row.accuracy)}" for row in rows)
    return drawing(marks, f"Accuracy by model: {label}")


def top_share(rows: Sequence[AccuracyRow]) -> float:
    """Return the upper end of an axis of these accuracies, at most 1."""
    return min(1.0, nice_top(max((row.high for row in rows if row.accuracy is not None), default=1.0)))


def loss_chart(
    curves: Mapping[str, Sequence[tuple[int, float]]], held_out: Mapping[str, Sequence[tuple[int, float]]] | None = None
) -> str:
    """Draw a line of loss by step for each iteration, the last one in the accent colour, each with its name.

    Losses on problems held out are dots.
    """
    dots = held_out or {}
    values = [value for curve in (*curves.values(), *dots.values()) for _, value in curve]
    last_step = max(step for curve in curves.values() for step, _ in curve)
    top = nice_top(max(values))
    marks = [_rule(_down(value, top), f"{value:g}") for value in (0.0, top / 2, top)]
    for index, (name, curve) in enumerate(reversed(list(curves.items()))):
        points, measured = (
            [(_LEFT + (_RIGHT - _LEFT) * step / last_step, _down(value, top)) for step, value in one]
            for one in (curve, dots.get(name, ()))
        )
        style, dash = "path" if index == 0 else "path earlier", _DASHES[index % len(_DASHES)]
        y = _TOP + 16 * index  # of its line in the legend, in the upper right
        marks += [_line(points, style, dash), _line([(_RIGHT - 28, y), (_RIGHT, y)], style, dash)]
        marks.append(text_at(_RIGHT - 34, y + 4, _shortened(name, 20), "end", "label strong"))
        marks += [f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in measured]
    marks.append(text_at(_LEFT, _BOTTOM + 16, "step 0", "start"))
    marks.append(text_at(_RIGHT, _BOTTOM + 16, f"step {last_step}", "end"))
    label = ", ".join(f"{name} from {curve[0][1]:.2f} to {curve[-1][1]:.2f}" for name, curve in curves.items())
    return drawing(marks, f"Training loss by step: {label}")


def type_chart(histories: Sequence[TypeHistory], iterations: Sequence[str]) -> str:
    """Draw a row for each error type, with a bar for its bad cases in each iteration, 720 units wide."""
    largest = max((history.sizes[name] for history in histories for name in iterations), default=1)
    column = 350 / max(len(iterations), 1)
    marks = [text_at(360 + column * i, 16, name, "start", "label strong") for i, name in enumerate(iterations)]
    y = 30
    for history in histories:
        lines = textwrap.wrap(history.name, 54, max_lines=2, placeholder=" …")
        marks += [text_at(348, y + 12 + 15 * index, line, "end") for index, line in enumerate(lines)]
        for i, name in enumerate(iterations):
            count = history.sizes[name]
            x, width = 360 + column * i, (column - 44) * count / largest
            marks.append(f'<rect class="bar" x="{x:.1f}" y="{y}" width="{width:.1f}" height="16" rx="2"/>')
            marks.append(text_at(x + width + 6, y + 12, str(count), "start", "label strong" if count else "label"))
        y += 9 + 15 * len(lines)
    label = f"Bad cases of {len(histories)} error types in {', '.join(iterations)}"
    return drawing(marks, label, 720, y + 10)


def bar(share: float, interval: tuple[float, float] | None = None) -> str:
    """Draw a bar that fills its box to a share between 0 and 1, and a line over an interval of that share.

    The number belongs beside it, as text.
    """
    line = ""
    if interval is not None:
        low, high = interval
        line = f'<rect class="interval" x="{100 * low:.1f}" y="4" width="{100 * (high - low):.1f}" height="2"/>'
    return (
        '<svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="10"/><rect class="bar" width="{100 * share:.1f}" height="10"/>'
        f"{line}</svg>"
    )


def nice_top(value: float) -> float:
    """Return the smallest of 1, 2, 4, 5, 6, 8 or 10 times a power of ten that is not below `value`."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(factor * power for factor in (1, 2, 4, 5, 6, 8, 10) if factor * power >= value * (1 - 1e-9))


def _rule(y: float, label: str) -> str:
    line = f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return line + text_at(_LEFT - 6, y + 4, label, "end")


def _measured(row: AccuracyRow, x: float, top: float) -> str:
    if row.accuracy is None:
        return text_at(x, _BOTTOM - 6, "not graded", "middle")
    high, low, middle = (_down(share, top) for share in (row.high, row.low, row.accuracy))
    return (
        f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{high:.1f}" y2="{low:.1f}"/>'
        f'<circle class="point" cx="{x:.1f}" cy="{middle:.1f}" r="5"/>'
        + text_at(x, high - 7, percent(row.accuracy), "middle", "label strong")
    )


def _names(names: Sequence[str], most: int) -> list[str]:
    """Label at most `most` evenly spaced columns, and the last, in turn on two lines where one has no room for them."""
    every = math.ceil(len(names) / most)
    labelled = [index for index in range(len(names)) if index % every == 0 or index == len(names) - 1]
    room = (_RIGHT - _LEFT) / max(len(labelled), 1) / 7  # letters of a label, about 7 units wide each
    longest = max((min(len(name), _LABEL) for name in names), default=0)
    lines = 1 if longest <= room else 2
    return [
        text_at(
            _across(index, len(names)), _BOTTOM + 18 + 14 * (number % lines), _shortened(names[index], label), "middle"
        )
        for number, index in enumerate(labelled)
        for label in [min(_LABEL, int(lines * room))]
    ]


def _across(index: int, count: int) -> float:
    return _LEFT + (_RIGHT - _LEFT) * (index + 0.5) / count


def _down(value: float, top: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * value / top


def _line(points: Sequence[tuple[float, float]], style: str, dash: str = "") -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline class="{style}" points="{path}"{dashed}/>'


def text_at(x: float, y: float, text: str, anchor: str, style: str = "label") -> str:
    """Draw text that starts, ends or has its middle at x, as `anchor` says, and stands on y."""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_escaped(text)}</text>'


def _shortened(text: str, max_length: int) -> str:
    """Leave letters of the middle out: names of experiments often differ at their ends alone."""
    return text if len(text) <= max_length else f"{text[: max_length - 4]}…{text[-3:]}"


def drawing(marks: Sequence[str], label: str, width: int = _WIDTH, height: int = _HEIGHT) -> str:
    """Put marks together into a chart, which `label` tells in words."""
    return (
        f'<svg class="chart" viewBox="0 0 {width} {height}" role="img" aria-label="{_escaped(label)}">'
        + "".join(marks)
        + "</svg>"
    )


def _escaped(text: str) -> str:
    """Return a text for XML, which has no control characters."""
    return escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
