"""Pieces of HTML; every text that goes in is escaped here."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

SPACE = "\N{NO-BREAK SPACE}"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def tag(name: str, *content: Any, **attributes: str) -> Html:
    """Return an element; content that is not `Html` is escaped. `class_` stands for `class`, `_` for `-`."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Html(f"<{name}{written}>{join(*content)}</{name}>")


def join(*content: Any) -> Html:
    """Return the pieces, joined."""
    return Html("".join(piece if isinstance(piece, Html) else escape(str(piece)) for piece in content))


def table(
    head: Sequence[str], rows: Sequence[Sequence[Any]], caption: str, numeric: frozenset[int], *, headed: bool = False
) -> Html:
    """Return a table that scrolls sideways where it is too wide.

    Args:
        head: names of the columns.
        rows: a cell for each column.
        caption: its title.
        numeric: columns that are right-aligned.
        headed: whether the first cell names its row; it stays in sight then.
    """

    def cells(names: Sequence[str], values: Sequence[Any]) -> Html:
        kinds: Mapping[bool, dict[str, str]] = {True: {"class_": "number"}, False: {}}
        named = zip(names, values, strict=True)
        return tag("tr", *(tag(name, value, **kinds[index in numeric]) for index, (name, value) in enumerate(named)))

    kinds = ["th" if headed and index == 0 else "td" for index in range(len(head))]
    content = tag("thead", cells(["th"] * len(head), head)), tag("tbody", *(cells(kinds, row) for row in rows))
    kind = {"class_": "headed"} if headed else {}
    label = {"role": "region", "aria_label": caption, "tabindex": "0"}
    return tag("div", tag("table", tag("caption", caption), *content, **kind), class_="wide", **label)


def folded(summary: str, content: Html) -> Html:
    """Return content that is shown on demand."""
    return tag("details", tag("summary", summary), content)


def percent(share: float | None) -> str:
    """Return `22.7 %`, with a no-break space."""
    return "not graded" if share is None else f"{100 * share:.1f}{SPACE}%"


def points(share: float) -> str:
    """Return a difference of two shares in percentage points, such as `+22.7`."""
    return f"{100 * share:+.1f}".replace("-", "\N{MINUS SIGN}")


def probability(p: float) -> str:
    """Return `= 0.25` or `< 0.0001`, with a no-break space."""
    return f"<{SPACE}0.0001" if p < 0.0001 else f"={SPACE}{p:.2g}"


def money(dollars: float | None) -> str:
    """Return `$1,204.50`, with more digits below a dollar: `$0.0031`."""
    if dollars is None:
        return "no price known"
    return f"${dollars:.2g}" if 0 < dollars < 0.1 else f"${dollars:,.2f}"


def duration(seconds: float) -> str:
    """Return `0.3 s`, `97 s`, `5.5 min`, `22 min` or `3 h 05 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    if seconds < 597:
        return f"{seconds / 60:.1f} min"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
