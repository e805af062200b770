r"""Marks of a final answer: a line `#### 72`, as in GSM8K, and `\boxed{72}`, as in MATH.

Source: `####` is the convention of GSM8K, https://github.com/openai/grade-school-math.
"""

import re
from itertools import islice

from stages.answers.notation import clean, plain
from stages.answers.quantity import read_quantity
from stages.answers.thoughts import split_thoughts

HASH = re.compile(r"####+([^\n]*)")
_NUMBERED = re.compile(r"\d{1,2}(?:[.):]\s+\S.*|\s+[A-Z][a-z]+\s.*)")
SECTION = re.compile(
    r"(?:step|solution|explanation|reasoning|analysis|part|problem|question|given|calculat|final|answer|conclu|verif|check"
    r"|result|summary|note|understand|therefore|total)\w*\b",
    re.IGNORECASE,
)
LETTER = re.compile(r"\(?[A-J]\b(?!')")
_ANSWER_WORD = re.compile(r"(?:the\s+)?(?:final\s+)?answer\s*(?:is\b|[:=])\**\s*", re.IGNORECASE)
_TEXT = re.compile(r"\\(?:text|mbox|mathrm)\s*\{[^{}]*\}|\\[a-zA-Z]+")
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{|\\(?:boxed|fbox)\s+(?P<bare>-?\d(?:[\d.]*\d)?)|\\?[{}]")

MAX_MARKERS = 50
"""Markers of one style that are read, which bounds the time for an output full of markers."""


def is_answer(text: str) -> bool:
    """Return whether what follows `####` on its line is an answer and nothing else: a number, a formula, a choice.

    A heading is none (`Step 1: ...`, `Final Answer`, `2. Add up`), and neither are words, which may be one.
    """
    text = bare(text)
    if not text or SECTION.match(text) or _NUMBERED.fullmatch(text):
        return False
    if LETTER.fullmatch(text.strip("(). ")) or read_quantity(plain(text)) is not None:
        return True
    return not re.search("[A-Za-z]{3}", _TEXT.sub("", text)) and bool(re.search(r"[\d\\=+^]|[a-z]$", text))


def answer_line(text: str) -> re.Match[str] | None:
    """Find the first line of a text that `####` marks as an answer; group 1 is what stands behind the marker."""
    if "####" not in text:
        return None
    return next((match for match in islice(HASH.finditer(text), MAX_MARKERS) if is_answer(match[1])), None)


def has_answer_line(output: str) -> bool:
    """Return whether a complete line of an output, outside of its thoughts, is marked as an answer."""
    said = clean(split_thoughts(output)[1])
    return answer_line(said[: said.rfind("\n") + 1]) is not None


def boxes(text: str) -> list[tuple[int, int]]:
    """List where the contents of the complete outermost boxes begin and end, in one pass over the text."""
    start = text.find("box")
    if start < 0:
        return []
    open_at: list[int | None] = []
    spans: list[tuple[int, int]] = []
    for token in _BOX.finditer(text, max(start - 2, 0)):
        if token["bare"]:
            spans.append(token.span("bare"))
        elif len(token[0]) > 2:
            open_at.append(token.end())
        elif token[0] == "{":
            open_at.append(None)
        elif token[0] == "}" and open_at:
            begin = open_at.pop()
            if begin is not None:
                while spans and spans[-1][0] > begin:
                    spans.pop()
                spans.append((begin, token.start()))
    return spans


def bare(line: str) -> str:
    """Return what stands behind `####` without emphasis and words such as "the answer is"."""
    line = line.strip("*_! \t\r\n")
    return _ANSWER_WORD.sub("", line, count=1) if line[:1].isalpha() else line
