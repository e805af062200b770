r"""LaTeX of worked solutions as plain arithmetic.

    from_latex(r"\frac{1}{10} \div \dfrac{1}{15} = 1.5")                ->  "  ((1)/(10))    /    ((1)/(15)) = 1.5"

Not covered: roots and other functions, which count as unknowns.
"""

import re

from stages.answers.latex import DIVIDED_BY, SIZED_FRACTION, SPACING, TIMES

_SEPARATOR = r"(?:\{,\}(?:\\!)?|,?\\[!,])"
_NUMBER = re.compile(rf"\d+(?:{_SEPARATOR}\d{{3}})+(?!\d)")
_WORDS = re.compile(r"\\(?:text|math)[a-z]*\s*\{([^{}]*)\}|\\(?:[mhf]box|operatorname|emph)\s*\{([^{}]*)\}")
_LETTER = re.compile(r"(?<![^\W_])([^\W\d_])(?![^\W_])")
_SUBSCRIPT = re.compile(r"_(?:\{[^{}]*\}|\w(?!\w))")
_BRACED = r"\{([^{}]*)\}"
_MIXED = re.compile(rf"(?<![\d.,])(\d+)\s*\\frac\s*{_BRACED}\s*{_BRACED}")
_FRACTION = re.compile(rf"\\frac\s*(?:{_BRACED}|(\d))\s*(?:{_BRACED}|(\d))")
_BOXED = re.compile(rf"\\(?:boxed|fbox)\s*{_BRACED}")
_POWER = re.compile(rf"\^\s*{_BRACED}")
_ENVIRONMENT = r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[^{}]*\})?"
_SIGNS = {
    "*": TIMES.pattern,
    "/": DIVIDED_BY.pattern,
    "≈": r"\\(?:approx|simeq|equiv)(?![a-zA-Z])",
    ";": r"\\\\(?!\s*&?\s*=)|\\(?:implies|iff|(?:[lL]ong)?[rR]ightarrow|to)(?![a-zA-Z])|" + _ENVIRONMENT,
    " ": r"\\\\|\\(?:[lc]?dots|therefore|because|hspace\{[^{}]*\}|[()\[\]!])(?![a-zA-Z])|&",
    "%": r"\\%",
    "$": r"\\\$",
    "\N{GREEK SMALL LETTER PI}": r"\\[a-zA-Z]+",
}
_SIGN_PATTERNS = [(sign, re.compile(pattern)) for sign, pattern in _SIGNS.items()]
_MAX_DEPTH = 4


def from_latex(text: str) -> str:
    r"""Return the plain arithmetic that `equations` reads, as long as the text, with each line where it was.

    What is shorter is filled up with blanks, so that a place in one is the same place in the other, give or take the
    braces of a fraction. A command that is none of arithmetic, such as `\sqrt`, becomes a letter: an unknown.
    """
    if "\\" not in text and "{" not in text:
        return text
    text = _NUMBER.sub(lambda match: _fill(match, re.sub(_SEPARATOR, ",", match[0])), text)
    text = SPACING.sub(lambda match: " " * len(match[0]), text)
    text = SIZED_FRACTION.sub(r"\\frac ", text)
    for _ in range(_MAX_DEPTH):
        text = _WORDS.sub(
            lambda match: _fill(match, " " + _LETTER.sub(r"\1\1", match[1] or match[2] or "") + " "), text
        )
        text = _SUBSCRIPT.sub(lambda match: " " * len(match[0]), text)
        text = _POWER.sub(r"^(\1)", text)
        text = _BOXED.sub(lambda match: _fill(match, f" {match[1]} "), text)
        text = _MIXED.sub(lambda match: _fill(match, f"({match[1]}+({match[2]})/({match[3]}))"), text)
        text = _FRACTION.sub(_quotient, text)
    for sign, pattern in _SIGN_PATTERNS:
        text = pattern.sub(lambda match, sign=sign: _fill(match, sign), text)  # type: ignore[misc]
    return text


def _quotient(match: re.Match[str]) -> str:
    top, bottom = (match[digit] or f"({match[braced]})" for braced, digit in ((1, 2), (3, 4)))
    return _fill(match, f"({top}/{bottom})")


def _fill(match: re.Match[str], plain: str) -> str:
    """Return the plain form of a match, with blanks in front up to the length of the match."""
    return plain.rjust(len(match[0]))
