r"""LaTeX of worked solutions and answers as plain text, in steps that readers of either take as far as they need.

    undress(r"\left(\dfrac{1}{2}\right) \text{of } 10\%")               ->  "( \frac{1}{2} )  of  10%"
    plain_signs(r"3 \times 4 \div 2")                                   ->  "3 * 4 / 2"
    from_latex(r"\(\frac{1}{10} + \dfrac{1}{15} = \frac{1}{6}\)")       ->  " (1)/(10) + (1)/(15) = (1)/(6) "

Not covered: roots, exponents of more than one sign, environments; what is not understood stays as it is.
"""

import re

_SPACING = re.compile(
    r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|textstyle|limits|q?quad)(?![a-zA-Z])|(?<!\\)\\[,;: ]"
)
_ESCAPED = re.compile(r"\\([%$])")
_SIZED_FRACTION = re.compile(r"\\[dtc]frac(?![a-zA-Z])")
_WRAPPER = re.compile(r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf|it|sf)|[mhf]box|boxed|operatorname|emph)\s*\{([^{}]*)\}")
_TIMES = re.compile(r"\\(?:times|cdot|ast)(?![a-zA-Z])")
_DIVIDED_BY = re.compile(r"\\div(?![a-zA-Z])")
_DELIMITER = re.compile(r"\\[()\[\]]")
_MIXED = re.compile(r"(?<![\d.,])(\d+)\s*\\frac\s*\{(\d+)\}\s*\{(\d+)\}")
_FRACTION = re.compile(r"\\frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_MAX_DEPTH = 4


def undress(text: str) -> str:
    r"""Drop sizes, spaces and wrappers such as `\text{}`, write `\%`, `\$` and `{,}` plainly and any fraction `\frac`.

    Wrappers are undone two deep; a wrapper around a fraction stays.
    """
    text = _ESCAPED.sub(r"\1", text.replace("{,}", ",").replace("\\!", ""))
    return _unwrap(_unwrap(_SIZED_FRACTION.sub(r"\\frac", _SPACING.sub(" ", text))))


def plain_signs(text: str) -> str:
    r"""Write `\times`, `\cdot` and `\ast` as `*` and `\div` as `/`."""
    return _DIVIDED_BY.sub("/", _TIMES.sub("*", text)) if "\\" in text else text


def from_latex(text: str) -> str:
    """Return the plain arithmetic that `equations` reads; text without LaTeX comes back as it is."""
    if "\\" not in text and "{" not in text:
        return text
    text = _MIXED.sub(r"(\1+\2/\3)", plain_signs(undress(_DELIMITER.sub(" ", text))))
    for _ in range(_MAX_DEPTH):
        text = _FRACTION.sub(lambda match: f"({match[1] or match[2]})/({match[3] or match[4]})", text)
        text = _unwrap(text)
    return text


def _unwrap(text: str) -> str:
    return _WRAPPER.sub(r" \1 ", text)
