"""One HTML page with the results: no script, no network, readable in light and dark and on a phone."""

from collections.abc import Sequence
from html import escape
from typing import Any

from stages.reporting import svg, tables
from stages.reporting.results import Iteration, Results

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1c2330, #e4e8ef); --soft: light-dark(#5b6577, #9aa5b8);
  --line: light-dark(#d9dee7, #333c4b); --ground: light-dark(#fff, #151a22);
  --one: light-dark(#2f6fb3, #6aa9ea); --two: light-dark(#b5651d, #e0a060); }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
p, figcaption, th { color: var(--soft); } figure { margin: 1rem 0; } svg { max-width: 100%; height: auto; }
"""


def render(results: Results) -> str:
    """Return the page."""
    sections = [
        _accuracy(results),
        _comparisons(results),
        _loss(results),
        *(_iteration(iteration) for iteration in results.iterations),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Self-Error-Instruct</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Self-Error-Instruct</h1>\n{_headline(results)}\n" + "\n".join(sections) + "\n</body>\n</html>\n"
    )


def _headline(results: Results) -> str:
    change = tables.summary(results)["test"]
    last = results.models[-1].name
    if change["gain"] is None:
        return "<p>No held-out problem could be graded.</p>"
    return (
        f"<p>On {change['problems']} held-out problems, {escape(last)} solves {change['last']:.1%}, "
        f"the base model {change['base']:.1%}: {100 * change['gain']:+.1f} points.</p>"
    )


def _accuracy(results: Results) -> str:
    rows = tables.accuracy(results)
    body = [
        [row["iteration"], row["problem_set"], f"{row['correct']}/{row['scored']}", _percent(row["accuracy"]),
         f"{row['low']:.1%} to {row['high']:.1%}"]
        for row in rows
    ]  # fmt: skip
    verdicts = [
        [row["iteration"], row["problem_set"], row["verdict"], row["count"]]
        for row in tables.verdicts(results)
        if row["count"]
    ]
    return (
        "<h2>Accuracy</h2>"
        + svg.accuracy_chart(rows)
        + _table(["model", "set", "correct", "accuracy", "95 % interval"], body, numeric={2, 3, 4})
        + "<h3>Verdicts</h3>"
        + _table(["model", "set", "verdict", "outputs"], verdicts, numeric={3})
    )


def _comparisons(results: Results) -> str:
    rows = [
        [row["iteration"], row["against"], row["problem_set"], row["fixed"], row["broken"],
         f"{100 * row['low']:+.1f} to {100 * row['high']:+.1f}", f"{row['p']:.2g}", tables.verdict_on(row)]
        for row in tables.comparisons(results)
    ]  # fmt: skip
    head = ["model", "against", "set", "fixed", "broken", "95 % interval, points", "p (McNemar)", "finding"]
    kinds = [list(row.values()) for row in tables.mistakes(results)]
    return (
        "<h2>The same problems, before and after</h2>"
        + _table(head, rows, numeric={3, 4, 5, 6})
        + "<h3>By kind of first mistake</h3>"
        + _table(["model", "against", "set", "mistake", "before", "after", "fixed", "broken"], kinds, {4, 5, 6, 7})
    )


def _loss(results: Results) -> str:
    curves = {iteration.name: iteration.loss for iteration in results.iterations if iteration.loss}
    return "<h2>Training loss</h2>" + (svg.loss_chart(curves) if curves else "<p>Nothing was trained.</p>")


def _iteration(iteration: Iteration) -> str:
    funnel = [
        [row["step"], row["count"]]
        for row in tables.funnel(Results([], [iteration]))
    ]  # fmt: skip
    types = [
        [found["name"], found["size"], _percent(found["share"]), "; ".join(found["central_keyphrases"][1:])]
        for found in iteration.error_types
    ]
    return (
        f"<h2>Iteration {escape(iteration.name)}</h2>"
        + "<h3>What came of its problems</h3>"
        + _table(["step", "number"], funnel, numeric={1})
        + "<h3>Error types</h3>"
        + (
            _table(["type", "bad cases", "share", "also said"], types, numeric={1, 2})
            if types
            else "<p>No bad cases.</p>"
        )
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], numeric: set[int]) -> str:
    def cell(tag: str, index: int, value: Any) -> str:
        kind = ' class="n"' if index in numeric else ""
        return f"<{tag}{kind}>{escape(str(value))}</{tag}>"

    header = "".join(cell("th", i, name) for i, name in enumerate(head))
    body = "\n".join("<tr>" + "".join(cell("td", i, value) for i, value in enumerate(row)) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{header}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
