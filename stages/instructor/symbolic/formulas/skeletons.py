r"""A question as its words and its formulas: "If $2x = 6$, what is $x$?" is "if @ what is @" with two formulas.

What asks for a form of the answer ("Express your answer as a common fraction.") is left out: the answer keeps the form
that it has.
"""

import re
from dataclasses import dataclass

_SLOT = re.compile(
    r"\$\$(?P<a>.+?)\$\$|\\\[(?P<b>.+?)\\\]|\\begin\{align\*?\}(?P<c>.+?)\\end\{align\*?\}|(?<!\\)\$(?P<d>.+?)(?<!\\)\$"
    r"|\\\((?P<f>.+?)\\\)|(?P<e>\((?:-?\d+(?:\.\d+)?,\s?)+-?\d+(?:\.\d+)?\)|"
    r"(?<![\w.])-?\d[\d,]*(?<!,)(?:\.\d+)?(?:\\?%)?)",
    re.DOTALL,
)
_FORMAT = re.compile(
    r"(?:\(?\b(?:Please )?(?:Express|Write|Give|Enter|Leave|Provide|Simplify|Answer|Your answer should|Round|"
    r"Note|Rationalize)\b"
    r"(?=[^.?!]*\b(?:answers?|result|solutions?|form|fractions?|integer|decimal|calculator|"
    r"denominator)\b)(?![^.?!]*(?:\d|base|hundredth|tenth))"
    r"(?:[^.?!$]|\$[^$=\d]*\$)*[.?!]?\)?|\(?(?:Do not|No) [^.?!\d]*calculator[^.?!\d]*[.?!]\)?)"
)
_TAIL = re.compile(
    r"\s(?:(?:and )?(?:express(?:ed)?|write|give|leave)\s(?:your answer |the answer |the result |your result |it "
    r")?)?(?:in|as) (?:an? )?"
    r"(?:simplest|simplified|lowest|reduced|common|improper|single|fully|positive|exact)?\s?(?:radical |reduced |"
    r"common )?"
    r"(?:form|terms|fraction|integer|whole number|number)(?: in (?:simplest form|lowest terms))?(?=\s|$)"
    r"|\s(?:in your head|without using a calculator|completely|fully|all functions are in radians|in radians)(?=\s|$)"
)
_TRAILING = " \t\n.,;:?"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The words of a question with `@` for each formula, and the formulas in their order."""

    words: str
    slots: tuple[str, ...]


def read_skeleton(question: str) -> Skeleton:
    """Return the words of a question in lower case, without punctuation, and its formulas."""
    slots: list[str] = []

    def take(match: re.Match[str]) -> str:
        slots.append(_stripped(next(filter(None, match.groups()))))
        return " @ "

    text = _FORMAT.sub(" ", question)
    words = _SLOT.sub(take, text).replace("''", "").lower()
    words = re.sub(r"[.,;:?!~\"]|\\(?:\\|displaystyle|,)", " ", words)
    words = re.sub(r"\s+", " ", re.sub(r"@ (-|%|th\b|st\b|nd\b|rd\b|\\%)", r"@\1", words)).strip()
    return Skeleton(_TAIL.sub("", f"{words} ").strip(), tuple(slots))


def format_spans(question: str) -> list[tuple[int, int]]:
    """Return where a question says what form its answer should have."""
    return [match.span() for match in _FORMAT.finditer(question)]


def _stripped(slot: str) -> str:
    return re.sub(r"(?:\\[,;!]|\\displaystyle|\\ |~)*\Z", "", slot.strip(_TRAILING).removesuffix("\\")).strip(_TRAILING)
