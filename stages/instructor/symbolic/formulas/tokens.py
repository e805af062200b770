"""LaTeX formulas cut into tokens."""

import re


class UnreadableError(ValueError):
    """A formula has no reading here, or more than one."""


_REWRITES = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"\\(?:left|right|displaystyle|textstyle|[bB]igg?[lr]?|,|!|;|:|limits|quad|qquad)(?![a-zA-Z])|~", " "),
        (r"(?<=\d),\s*(?=\d{3}(?!\d))|\{,\}", ","),
        (r"\\[dtc]frac", r"\\frac"),
        (r"\\dbinom", r"\\binom"),
        (r"\^\s*(?:\\circ|\{\s*\\circ\s*\}|\\degree)", r"\\deg"),
        (r"\\(?:lvert|rvert|mid|vert)(?![a-zA-Z])", "|"),
    )
)
_TOKEN = re.compile(
    r"(?P<number>\d*\.\d*\\overline\s*\{\d+\}|\d+(?:,\d{3})+(?!\d)|\d+\.\d+|\.\d+|\d+)|(?P<begin>\\begin\{(?:p|v|"
    r"b)matrix\})"
    r"|(?P<end>\\end\{(?:p|v|b)matrix\})|(?P<row>\\\\(?:\[\w+\])?)|(?P<command>\\[a-zA-Z]+|\\[%])|(?P<name>[a-zA-Z])"
    r"|(?P<sign>[-+*/^!()\[\]{}|,&_<>='])|(?P<space>\s+)"
)


def tokens_of(text: str) -> list[str]:
    """Return the tokens of a formula, without what only spaces it out.

    Raises:
        UnreadableError: a character belongs to none.
    """
    for pattern, written in _REWRITES:
        text = pattern.sub(written, text)
    found, place = [], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise UnreadableError
        if token.lastgroup != "space":
            found.append(token[0])
        place = token.end()
    return found
