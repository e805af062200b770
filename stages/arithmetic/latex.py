r"""LaTeX of worked solutions as the plain arithmetic that `stages.arithmetic.equations` reads.

    from_latex(r"\(\frac{1}{10} + \dfrac{1}{15} = \frac{1}{6}\)")   ->   (1)/(10) + (1)/(15) = (1)/(6)

Not covered: roots, exponents of more than one sign, environments; what is not understood stays as it is.
"""

import re

_FRACTION = re.compile(r"\\[dtc]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))")
_WRAPPER = re.compile(r"\\(?:text|mathrm|mbox|boxed)\s*\{([^{}]*)\}")
_SIZE = re.compile(r"\\(?:left|right|displaystyle)(?![a-zA-Z])|\\[()\[\],;:! ]")
_MIXED = re.compile(r"(?<![\d.,])(\d+)\s*\\[dtc]?frac\s*\{(\d+)\}\s*\{(\d+)\}")
_SIGNS = (
    (re.compile(r"\\(?:times|cdot)(?![a-zA-Z])"), "*"),
    (re.compile(r"\\div(?![a-zA-Z])"), "/"),
    (re.compile(r"\\([%$])"), r"\1"),
    (re.compile(r"(?<=\d)\{,\}(?=\d{3})"), ","),
)
_DEEPEST = 4


def from_latex(text: str) -> str:
    """Return the text with LaTeX's fractions, signs and delimiters written plainly; plain text comes back as it is."""
    if "\\" not in text and "{" not in text:
        return text
    text = _SIZE.sub(" ", text)
    for pattern, sign in _SIGNS:
        text = pattern.sub(sign, text)
    text = _MIXED.sub(r"(\1+\2/\3)", text)
    for _ in range(_DEEPEST):
        text = _FRACTION.sub(lambda match: f"({match[1] or match[2]})/({match[3] or match[4]})", text)
        text = _WRAPPER.sub(r"\1", text)
    return text
