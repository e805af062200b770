"""The report as one HTML page that needs no network: numbers, charts, and a browser for the bad cases.

The page contains style, script and data; its content security policy allows exactly these and no request.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Any

from stages.reporting import formulas
from stages.reporting.headline import headline
from stages.reporting.markup import Html, join, tag
from stages.reporting.results import Results
from stages.reporting.sections import SECTIONS, Section

_FOLDER = Path(__file__).parent


def render(results: Results, traces: Sequence[Any]) -> str:
    """Return the page.

    Args:
        results: measurements of the stages.
        traces: documents of `trace_cases`, one an iteration.
    """
    style = _source("chart.css") + _source("page.css")
    script = _source("formulas.js") + _source("solutions.js") + _source("browser.js")
    table = formulas.table(traces)
    parts = {
        "policy": _policy(style, script),
        "style": style,
        "script": script,
        "data": _data(traces),
        "formulas": _data({"pattern": formulas.PATTERN, "written": list(table)}),
        "mathml": "\n".join(_data(element) for element in table.values()),
        "headline": headline(results),
        "links": join(*(tag("a", section.link, href=f"#{section.id}") for section in SECTIONS if section.link)),
        "sections": "\n\n".join(_section(section, results) for section in SECTIONS),
    }
    return Template(_source("page.html")).substitute(parts)


def _section(section: Section, results: Results) -> Html:
    lead = tag("p", section.lead, class_="lead")
    lines = tag("h2", section.title), lead, section.content(results)
    return tag("section", "\n", *(join(line, "\n") for line in lines), id=section.id)


def _source(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _data(value: Any) -> Html:
    """Return JSON in which no text can end the surrounding script element or open a comment."""
    written = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Html(written.replace("<", "\\u003c"))
