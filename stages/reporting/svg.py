"""Two small charts as SVG, coloured by the page's own variables."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_WIDTH, _LEFT, _RIGHT = 640, 150, 60


def accuracy_chart(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a bar with its 95 % interval for each row of `tables.accuracy`."""
    height = 26 * len(rows) + 30
    marks = [_bar(row, 26 * i + 6) for i, row in enumerate(rows)]
    ticks = [_tick(share, height - 24) for share in (0, 0.25, 0.5, 0.75, 1)]
    return _figure(height, marks + ticks, "Share of held-out problems solved; the thin line is the 95 % interval.")


def loss_chart(curves: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Return one line of loss by step for each iteration."""
    height = 220
    last_step = max(step for curve in curves.values() for step, _ in curve)
    top = max(value for curve in curves.values() for _, value in curve) or 1.0
    marks = []
    for i, (name, curve) in enumerate(curves.items()):
        colour = f"var(--{'one' if i % 2 == 0 else 'two'})"
        points = [(_x(step / last_step), height - 30 - (height - 50) * value / top) for step, value in curve]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        marks.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks.append(_text(points[-1][0] + 6, points[-1][1] + 4, name, "start", colour))
    marks.append(_text(_LEFT - 8, 24, f"{top:.2f}", "end"))
    marks.append(_text(_LEFT - 8, height - 26, "0", "end"))
    marks.append(_text(_x(1), height - 8, f"step {last_step}", "end"))
    return _figure(height, marks, "Loss on the answers of the training set.")


def _bar(row: Mapping[str, Any], y: int) -> str:
    middle = y + 8
    label = f"{row['iteration']}, {row['problem_set']}"
    share = row["accuracy"]
    if share is None:
        return _text(_LEFT - 8, y + 13, label, "end") + _text(_LEFT + 6, y + 13, "nothing could be graded", "start")
    return (
        _text(_LEFT - 8, y + 13, label, "end")
        + f'<rect x="{_LEFT}" y="{y}" width="{_x(share) - _LEFT:.1f}" height="16" fill="var(--one)"/>'
        + f'<line x1="{_x(row["low"]):.1f}" x2="{_x(row["high"]):.1f}" y1="{middle}" y2="{middle}" '
        + 'stroke="var(--two)" stroke-width="2"/>'
        + _text(_x(max(share, row["high"])) + 6, y + 13, f"{share:.1%}", "start")
    )


def _tick(share: float, y: int) -> str:
    return _text(_x(share), y + 18, f"{share:.0%}", "middle")


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share


def _text(x: float, y: float, text: str, anchor: str, colour: str = "var(--soft)") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" fill="{colour}">{escape(text)}</text>'


def _figure(height: int, marks: Sequence[str], caption: str) -> str:
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img" aria-label="{escape(caption)}">'
        + "".join(marks)
        + f"</svg><figcaption>{escape(caption)}</figcaption></figure>"
    )
