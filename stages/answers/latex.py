r"""LaTeX without its dress: sizes, spaces, wrappers.

undress(r"\left(\dfrac{1}{2}\right) \text{of } 10\%")               ->  "( \frac{1}{2} )  of  10%"
plain_signs(r"3 \times 4 \div 2")                                   ->  "3 * 4 / 2"
"""

import re

SPACING = re.compile(r"\\(?:left|right|[bB]igg?[lr]?|displaystyle|textstyle|limits|q?quad)(?![a-zA-Z])|(?<!\\)\\[,;: ]")
SIZED_FRACTION = re.compile(r"\\(?:[dtc]|nice|s)frac(?![a-zA-Z])")
TIMES = re.compile(r"\\(?:times|cdot|ast)(?![a-zA-Z])")
DIVIDED_BY = re.compile(r"\\div(?![a-zA-Z])")
_ESCAPED = re.compile(r"\\([%$])")
_WRAPPER = re.compile(
    r"\\(?:text(?:bf|it|rm|tt)?|math(?:rm|bf|it|sf)|[mhf]box|boxed|operatorname|emph)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
)


def undress(text: str) -> str:
    r"""Drop sizes, spaces and wrappers such as `\text{}`; write `\%`, `\$`, `{,}`, `{:}` plainly, fractions `\frac`.

    Wrappers are undone two deep, those around a fraction too.
    """
    text = _ESCAPED.sub(r"\1", text.replace("{,}", ",").replace("{:}", ":").replace("\\!", ""))
    return _unwrap(_unwrap(SIZED_FRACTION.sub(r"\\frac", SPACING.sub(" ", text))))


def plain_signs(text: str) -> str:
    r"""Write `\times`, `\cdot` and `\ast` as `*` and `\div` as `/`."""
    return DIVIDED_BY.sub("/", TIMES.sub("*", text)) if "\\" in text else text


def _unwrap(text: str) -> str:
    return _WRAPPER.sub(r" \1 ", text)
