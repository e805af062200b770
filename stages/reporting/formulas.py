r"""The formulas in the texts of the cases, each read once into what the page shows in its place.

    "He has $\frac{1}{2}$ of $5."   ->   {"$\\frac{1}{2}$": ["math", ["mfrac", ["mn", "1"], ["mn", "2"]]]}

The page finds formulas with the same pattern and looks them up as they are written. What it does not find here it shows
as it was written: money and prose between dollars, and what cannot be read.
"""

import re
from collections.abc import Iterator
from typing import Any

from stages.reporting import mathml

_BEGIN = r"\\begin\{((?:align|alignat|eqnarray|equation|gather|multline)\*?)\}"
_ENVIRONMENT = re.compile(_BEGIN)
PATTERN = (
    r"\[asy\][\s\S]*?\[/asy\]"
    rf"|(?<!\\)\\\[[\s\S]{{1,{mathml.LONGEST}}}?\\\]"
    rf"|(?<!\\)\\\([\s\S]{{1,{mathml.LONGEST}}}?\\\)"
    rf"|(?<!\\)\$\$(?:[^$\\]|\\[\s\S]){{1,{mathml.LONGEST}}}\$\$"
    rf"|{_BEGIN}[\s\S]{{1,{mathml.LONGEST}}}?\\end\{{\1\}}"
    r"|\\boxed\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\}){1,200}\}"
    r"|(?<!\\)\$[^$\\]*(?:\\[\s\S][^$\\]*)+\$"
    r"|(?<!\\)\$[^$\\]+\$(?!\d)"
)
"""A figure or a formula, in the syntax that Python and JavaScript share; dollars without a command end in no price."""

_COMPILED = re.compile(PATTERN)
_FIGURE = "[asy]"
_ANSWERS = frozenset({"answer", "extracted"})
"""Fields that may be a formula without delimiters."""
_COMMAND = re.compile(r"\\(?:text[a-z]*|emph|mbox|hbox|math[a-z]+|operatorname)\s*\{[^{}]*\}|\\[a-zA-Z]+")
_PROSE = re.compile(r"[a-z]{3,}[,.;:]?\s+[A-Za-z]{2,}|[a-z]{2,}[,.;:]?\s+[a-z]{3,}")
_SUM_OF_MONEY = re.compile(r"\s*[^A-Za-z\s\\][^\\]*[-=+*/(<>\N{EN DASH}]")
"""What stands between two prices: `20+` in `$20+$30`."""
_FOREIGN = re.compile(r"(?<!\\)\\[][()]|\n\n|<<")
"""What no formula between dollars holds."""
_VARIABLE = re.compile(r"\s*[A-Za-z](?![A-Za-z])(?:(?![A-Za-z]{2}).)*")
"""What may have space beside its dollars: `$x = 3 $`."""


def table(documents: Any) -> dict[str, mathml.Node]:
    """Return the elements of all formulas in the documents of `trace_cases`, by the formula as written."""
    written = {formula for name, text in _texts("", documents) for formula in _formulas_of(name, text)}
    elements = {formula: mathml.element(_latex(formula), _is_displayed(formula)) for formula in sorted(written)}
    return {formula: element for formula, element in elements.items() if element is not None}


def formulas(text: str) -> Iterator[str]:
    """Yield the formulas of a text with their delimiters, in their order."""
    place = 0
    while found := _COMPILED.search(text, place):
        figure = found[0].startswith(_FIGURE)
        formula = not figure and _is_formula(found[0])
        if formula:
            yield found[0]
        place = found.end() if figure or formula else found.start() + 1


def _texts(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each text inside a document, with the name of its field."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(name, inner)


def _formulas_of(name: str, text: str) -> Iterator[str]:
    yield from formulas(text)
    if name in _ANSWERS and any(sign in text for sign in ("\\", "^", "_{")):
        yield text


def _is_formula(written: str) -> bool:
    r"""Tell a formula from money and prose between dollars; `\(`, `\[` and environments always hold formulas."""
    if not written.startswith("$"):
        return True
    latex = _latex(written)
    if latex != latex.strip() and not written.startswith("$$") and not _may_be_padded(latex):
        return False
    if _SUM_OF_MONEY.fullmatch(latex) or _FOREIGN.search(latex):
        return False
    return not _PROSE.search(_COMMAND.sub("|", latex))


def _may_be_padded(latex: str) -> bool:
    return any(sign in latex for sign in "\\^_") or _VARIABLE.fullmatch(latex) is not None


def _latex(formula: str) -> str:
    """Return a formula without its delimiters."""
    if formula.startswith(("$$", "\\[", "\\(")):
        return formula[2:-2]
    return formula[1:-1] if formula.startswith("$") else formula


def _is_displayed(formula: str) -> bool:
    return formula.startswith(("$$", "\\[")) or _ENVIRONMENT.match(formula) is not None
