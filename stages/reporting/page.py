"""The report as one HTML page that needs no network: numbers, charts, and a browser for the bad cases.

The page contains style, script and data; its content security policy allows exactly these and no request.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any

from stages.reporting import formulas
from stages.reporting.headline import headline
from stages.reporting.markup import Html, join, tag
from stages.reporting.results import Results
from stages.reporting.sections import SECTIONS

_FOLDER = Path(__file__).parent


def render(results: Results, traces: Sequence[Any]) -> str:
    """Return the page.

    Args:
        results: measurements of the stages.
        traces: documents of `trace_cases`, one an iteration.
    """
    script = _source("formulas.js") + _source("solutions.js") + _source("browser.js")
    table = formulas.table(traces)
    parts = {
        "script": script,
        "data": _data(traces),
        "formulas": _data({"pattern": formulas.PATTERN, "written": list(table)}),
        "mathml": "\n".join(_data(element) for element in table.values()),
    }
    links = {one.id: one.link for one in SECTIONS if one.link} | {"cases": "Cases"}
    shown = [section(one.id, one.title, one.lead, one.content(results)) for one in SECTIONS]
    cases = Html(Template(_source("cases.html")).substitute(parts))
    skip = tag("a", "Skip to the cases", class_="skip", href="#cases")
    return shell("report", headline(results), [*shown, cases], links, skip, script)


def shell(
    title: str, first: Html, sections: Sequence[Html], links: Mapping[str, str], skip: Html, script: str = ""
) -> str:
    """Return a page with the look of the report.

    Args:
        title: the last words of its title.
        first: the content of the first screen.
        sections: what follows it.
        links: the names in the menu by the id that each leads to.
        skip: a link past the menu, for the keyboard.
        script: the one script that may run; none where it is empty.
    """
    style = _source("chart.css") + _source("page.css")
    parts = {
        "policy": _policy(style, script),
        "title": title,
        "style": style,
        "skip": skip,
        "links": join(*(tag("a", name, href=f"#{id_}") for id_, name in links.items())),
        "headline": first,
        "sections": "\n\n".join(sections),
    }
    return Template(_source("page.html")).substitute(parts)


def section(id_: str, title: str, lead: str, content: Html) -> Html:
    """Return a section of the page: its heading, its introduction and what it shows."""
    lines = tag("h2", title), tag("p", lead, class_="lead"), content
    return tag("section", "\n", *(join(line, "\n") for line in lines), id=id_)


def _source(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return f"default-src 'none'; {scripts}style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _data(value: Any) -> Html:
    """Return JSON in which no text can end the surrounding script element or open a comment."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Html(written.replace("<", "\\u003c"))
