r"""One formula from LaTeX to MathML, which browsers show without any help.

    element(r"\frac{1}{2}", displayed=False)   ->   ["math", ["mfrac", ["mn", "1"], ["mn", "2"]]]

An element is a list of its name, its attributes where it has any, and its content: the browser builds it without
parsing markup, so that no text can become any. Attributes are those of this module's list, with short values: a formula
cannot style, link, or grow beyond its place.
"""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from unicodedata import category
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element

Node = list[Any]

LONGEST = 2000
"""Characters of a formula; a longer one is not read."""

_DEEPEST = 30
_REFUSED = re.compile(
    r"\\(?:def|let|newcommand|renewcommand|newenvironment|DeclareMathOperator|unicode|href|class|style)|&#"
)
_TEXT_WITH_FORMULAS = re.compile(r"(\\(?:text|mbox)\{)((?:[^{}$]|\{[^{}]*\})*\$(?:[^{}]|\{[^{}]*\})*)\}")
_ALIGNED = r"\begin{align*}", r"\end{align*}"
_ROWS = r"\begin{matrix}", r"\end{matrix}"
_ENVIRONMENTS = dict.fromkeys(("align", "alignat", "aligned", "alignedat", "flalign"), _ALIGNED) | {
    **dict.fromkeys(("gather", "gathered", "multline"), _ROWS),
    "equation": ("", ""),
    "eqnarray": (r"\begin{array}{rcl}", r"\end{array}"),
    "dcases": (r"\begin{cases}", r"\end{cases}"),
}
"""Environments that LaTeX2MathML lacks or numbers, and what stands for their begin and their end."""
_TIDIED: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\\(begin|end)\{([a-z]+)\*?\}(?:\{\d\}|\[[tbc]\])?"), lambda found: _environment(found)),
    (re.compile(r"(\\begin\{(?!array)[a-z]+\*?\})(?=\s*\[)"), r"\1{}"),
    (re.compile(r"(\\\\)\s*\[-?[\d.]+\s*[a-z]{2}\]"), r"\1"),
    (re.compile(r"&(?=\s*\\end\{)"), "&{}"),
    (re.compile(r"(?<=\d)(?:\{,\}|,\\!|\\!,)(?=\d{3})"), r"\\text{,}"),
    (re.compile(r"\\([dt]?binom)\s*(\d)\s*(\d)"), r"\\\1{\2}{\3}"),
    (re.compile(r"(?<!\\)%"), r"\\%"),
    (re.compile(r"\\(?:allowbreak|indent|noindent)(?![a-zA-Z])"), " "),
    (_TEXT_WITH_FORMULAS, lambda found: _opened(found[1], found[2])),
]
r"""What LaTeX2MathML reads otherwise than LaTeX does, and how it is written for it: environments, a bracket that is no
option, space between rows, an empty last cell, thousands as in `10{,}000`, arguments without braces, percent signs
(which would begin a comment), breaks, formulas inside a text."""
_LENGTH = re.compile(r"\\[hv]space\*?\{[^{}]*\}")
_ESCAPED = re.compile(r"\\([$%&#_{}])")
_ENTITY = re.compile(r"&#x([0-9A-Fa-f]+);")
_START: Node = ["mo", ""]
_SIGNS = frozenset("+-\N{MINUS SIGN}\N{PLUS-MINUS SIGN}\N{MINUS-OR-PLUS SIGN}")
_ENDS = frozenset(")]}|!%\N{HORIZONTAL ELLIPSIS}\N{MIDLINE HORIZONTAL ELLIPSIS}")
_CHILDREN = {
    "mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3,
}  # fmt: skip
_ATTRIBUTES = frozenset({
    "mathvariant", "displaystyle", "scriptlevel", "linethickness", "stretchy", "form", "minsize", "maxsize",
    "lspace", "rspace", "width", "height", "depth", "voffset", "accent", "movablelimits", "largeop",
    "columnalign", "notation",
})  # fmt: skip
_VALUE = re.compile(r"[a-z -]+|[-+]?\d?(?:\.\d+)?(?:em|ex|px|pt)?")


class _UnreadableError(Exception):
    """The library read only a part of the formula."""


def element(latex: str, displayed: bool) -> Node | None:
    """Return the element of a formula, on a line of its own or within one; None where it cannot be read."""
    if not latex.strip() or len(latex) > LONGEST or _REFUSED.search(latex) or not _is_balanced(latex):
        return None
    display = "block" if displayed else "inline"
    latex = _tidied(latex)
    try:
        content = _content(convert_to_element(latex, display=display))
        if _digits(_LENGTH.sub("", latex)) > sum(_digits_of(content)):
            raise _UnreadableError
    except Exception:  # noqa: BLE001  # whatever the library stumbles over, the reader sees what was written
        return None
    return ["math", *([{"display": display}] if displayed else []), *content]


def _is_balanced(latex: str) -> bool:
    """Whether every brace is closed, and none is deeper than is safe to read."""
    depth = 0
    for brace in re.findall(r"\\[\s\S]|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if not 0 <= depth <= _DEEPEST:
            return False
    return depth == 0


def _tidied(latex: str) -> str:
    for pattern, replacement in _TIDIED:
        latex = pattern.sub(replacement, latex)
    return latex


def _environment(found: re.Match[str]) -> str:
    marks = _ENVIRONMENTS.get(found[2])
    return found[0] if marks is None else marks[found[1] == "end"]


def _opened(command: str, content: str) -> str:
    r"""Return `\text{if }x > 0\text{ holds}` for `\text{if $x > 0$ holds}`."""
    pieces = re.split(r"(?<!\\)\$", content)
    return "".join(piece if index % 2 else f"{command}{piece}}}" for index, piece in enumerate(pieces) if piece)


def _content(parent: Element) -> list[Any]:
    """Return the text of an element, or its children without a row around them all.

    Raises:
        _UnreadableError: a child is missing, or a text holds a command.
    """
    if parent.text:
        return [_text(parent.text)]
    children = [_node(child) for child in parent]
    if len(children) != _CHILDREN.get(parent.tag, len(children)):
        raise _UnreadableError
    while len(children) == 1 and children[0][0] == "mrow":
        children = children[0][1:]
    return [_signed(before, child) for before, child in pairwise([_START, *children])]


def _digits(text: str) -> int:
    return sum(character.isdecimal() for character in text)


def _digits_of(content: list[Any]) -> Iterator[int]:
    """Yield the number of digits in each text, by which a part that was dropped is noticed."""
    for piece in content:
        if isinstance(piece, str):
            yield _digits(piece)
        elif isinstance(piece, list):
            yield from _digits_of(piece[1:])


def _signed(before: Node, child: Node) -> Node:
    """Return a plus or a minus that follows another operator, or nothing, without the space of a sum."""
    sign = _operator(child)
    follows = before[0] == "mo" and _operator(before) not in _ENDS
    return ["mo", {"form": "prefix"}, sign] if sign in _SIGNS and follows else child


def _operator(node: Node) -> str | None:
    return node[-1] if node[0] == "mo" and isinstance(node[-1], str) else None


def _node(child: Element) -> Node:
    content = _content(child)
    if child.tag == "mrow" and len(content) == 1:
        return list(content[0])
    if child.tag == "mi" and content and category(content[0][0]) == "Sm":
        return ["mo", content[0].replace("~", "\N{TILDE OPERATOR}")]
    if child.tag == "mi" and content and _is_function(content[0]):
        return ["mo", {"lspace": "0.167em", "rspace": "0.167em"}, *content]
    attributes = {key: value for key, value in child.attrib.items() if key in _ATTRIBUTES and _VALUE.fullmatch(value)}
    return [child.tag, *([attributes] if attributes else []), *content]


def _is_function(name: str) -> bool:
    """Tell `sin`, which has space around it, from a variable."""
    return len(name) > 1 and name.isascii() and name.isalpha()


def _text(written: str) -> str:
    r"""Return a text of the library's; what it left as it was is LaTeX that it does not know."""
    left = _ESCAPED.sub("", written)
    if "\\" in left or left == "&" or ("$" in left and left != "$"):
        raise _UnreadableError
    written = _ESCAPED.sub(r"\1", written)
    return _ENTITY.sub(lambda entity: chr(int(entity[1], 16)), written)
