r"""JSON strings as language models write them: LaTeX with single backslashes, raw line breaks, control characters.

`"\frac{1}{2}"` is JSON for a form feed and `rac{1}{2}`, which no model means. What a backslash before letters is:

- `\uXXXX` with four hex digits is that character.
- All letters after the backslash, as many as there are, make the name, as in TeX. A name in `LATEX_NAMES` is LaTeX:
  `\nu`, `\times`, `\to`, `\rightarrow`. So `\nu = 2` is a Greek letter and `\number` a line break before `umber`.
- Another name after `n`, `r` or `t` is the JSON escape: a line break, or a tab, which becomes a space.
- Another name after `b` or `f` is LaTeX, since no text needs a backspace or a form feed.
- Every other letter is no JSON escape, so the backslash stays: `\sqrt`, `\alpha`, `\underline`.

A backslash before anything else stays too (`\{`, `\%`, `\$`, `\(`), except before `"`, `'`, `/` and `\`, which it
escapes. `\\n` before anything but a small letter is a line break that was escaped twice; four backslashes are LaTeX's
line break `\\`. Not covered: that line break where it is not escaped, and a line that begins with letters that make a
LaTeX name with `n` (`\ne`).
"""

import re

# Without those whose rest is an English word or a common variable: \ni, \nexists, \nless, \nparallel.
_NAMES = """
    nabla natural ncong ne nearrow neg neq newcommand newline ngeq ngeqslant ngtr nleq nleqslant nmid nobreak
    nolimits nonumber normalsize not notag notin nprec nsim nsubset nsubseteq nsupset nsupseteq ntriangleleft
    ntriangleright nu nwarrow nRightarrow nLeftarrow nLeftrightarrow nrightarrow nleftarrow nleftrightarrow
    raggedright raise raisebox rangle rbrace rbrack rceil ref relax renewcommand restriction rfloor rgroup rho
    rhd right rightarrow rightarrowtail rightharpoondown rightharpoonup rightleftarrows rightleftharpoons
    rightrightarrows rightsquigarrow risingdotseq rlap rm rmoustache root rq rtimes rule rvert rVert
    tabular tag tan tanh tau tbinom text textasciitilde textasciicircum textbackslash textbf textcolor textdegree
    textdollar textemdash textendash textit textmd textnormal textquotedblleft textquotedblright textquoteleft
    textquoteright textrm textsc textsf textsl textstyle textsubscript textsuperscript texttt textup textwidth tfrac
    thickapprox thicksim thickspace therefore theta thetasym thinspace tilde times tiny to top
    triangle triangledown triangleleft trianglelefteq triangleq triangleright trianglerighteq tt ttfamily
    twoheadrightarrow
"""
LATEX_NAMES = frozenset(_NAMES.split())

_ESCAPE = re.compile(
    r"""\\(?:
        u(?P<hex>[0-9a-fA-F]{4})
        | (?P<name>[a-zA-Z]+)
        | (?P<line>\\\\\\)
        | (?P<twice>\\n)(?![a-z]|Left|Right)
        | (?P<sign>["'/\\])
    )""",
    re.VERBOSE,
)
_CONTROL = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0))) | {
    ord("\t"): " ", ord("\n"): "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"
}  # fmt: skip
_SURROGATE = re.compile("[\ud800-\udfff]")


def unescape(body: str) -> str:
    """Return the text of a JSON string's body, escapes resolved by the rules of this module."""
    return clean(_ESCAPE.sub(_resolve, body))


def clean(text: str) -> str:
    """Remove control characters: a tab becomes a blank, any line break a line feed, half a surrogate pair U+FFFD."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROL)


def _resolve(match: re.Match[str]) -> str:
    if match["hex"]:
        return chr(int(match["hex"], 16))
    if match["name"]:
        return _named(match["name"])
    return "\\\\" if match["line"] else "\n" if match["twice"] else match["sign"]


def _named(name: str) -> str:
    first, rest = name[0], name[1:]
    if name in LATEX_NAMES or first not in "bfnrt" or (first in "bf" and rest):
        return f"\\{name}"
    return {"n": "\n", "r": "\r", "t": "\t", "b": "", "f": ""}[first] + rest
