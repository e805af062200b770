r"""Find the answer in a model's output.

In order of trust: `#### 18` (the first; what runs on after it does not count), the last `\boxed{...}`, a line
`A: 18`, a sentence "the answer is 18", and, where nothing is marked, the last number, option letter or words of the
text. A number that stands in a formula nobody evaluated is never picked out of it.

Source: `####` is the convention of GSM8K, https://github.com/openai/grade-school-math.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice

from stages.grading.notation import clean
from stages.grading.unmarked import last_choice, last_number, last_words


class Kind(StrEnum):
    """The kind of answer to look for."""

    NUMBER = "number or formula"
    CHOICE = "option letter"
    WORDS = "words"


_LAST_RESORTS = {
    Kind.NUMBER: last_number,
    Kind.CHOICE: last_choice,
    Kind.WORDS: last_words,
}
_HASH = re.compile(r"####+([^\n]*)")
_HEADING = re.compile(r"[A-Za-z]{2,}[^=\n]*|[1-9][.)]\s+[A-Za-z].*")
_SECTION = re.compile(
    r"(?:step|solution|explanation|reasoning|analysis|part|problem|question|given|calculation)s?\b", re.IGNORECASE
)
_ANSWER_WORD = re.compile(r"(?:the\s+)?(?:final\s+)?answer\s*(?:is\b|[:=])?\s*", re.IGNORECASE)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{|\\?[{}]")
_EMPTY_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{\s*\}")
_LABELLED = re.compile(r"^[ \t*]*A[ \t]*:[ \t*]*(\S[^\n]*)(?!\n\s*B\s*[:.)])$", re.MULTILINE)
_STATED = re.compile(
    r"(?:\banswers?\b(?:[^\n.:=]{0,60}?\b(?:is|are|was|be|equals)\b[ \t]*:?|[*_]*[ \t]*[:=]|[*_]*[ \t]*\n)"
    r"|\b(?:correct|right|best)\s+(?:option|choice)\s+(?:is\b|:)"
    r"|答案\s*(?:[是为為:]))[*_]*",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"(?:(?:therefore|thus|about|approximately|approx\.?|around|roughly|exactly|simply|just|clearly|equal to|option"
    r"|choice|\\approx|the|that is|an?(?=\s[$\d]))\b[\s,:]*)+",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:not|never)\b", re.IGNORECASE)
_PROSE = re.compile(r"[A-Za-z]{2,}\s+[A-Za-z]")
_ALTERNATIVES = re.compile(r"\bor\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[!?](?=\s|$)|(?<!\b[ap]\.m)(?<!\b[ap])\.(?=\s|$|\*)|\n|\u3002")
_DISPLAY = re.compile(r"\\\[(.*?)\\\]|\$\$(.*?)\$\$|\\\((.*?)\\\)", re.DOTALL)
_RUN_ON = re.compile(r"\n\s*(?:#+\s*)?(?:question|q|problem|exercise|user|human)\s*\d*\s*[:.]", re.IGNORECASE)
_MAX_STATED_WORDS = 4

MAX_MARKERS = 50
"""Markers of one style that are read, which bounds the time for an output full of markers."""


def find_answer(output: str, kind: Kind, *, marked_only: bool = False) -> str | None:
    """Find the answer in an output, verbatim; None without one, "" for a marker with nothing behind it.

    With `marked_only` the last resorts (last number, letter, words) are left out.
    """
    output = clean(output)
    for read in (_hash, _boxed, _labelled, _stated):
        marked = read(output, kind)
        if marked is not None:
            return marked
    return None if marked_only else _LAST_RESORTS[kind](output)


def _hash(output: str, kind: Kind) -> str | None:
    if "####" not in output:
        return None
    empty = None
    for match in islice(_HASH.finditer(output), MAX_MARKERS):
        line = match[1].strip("*! \t\r")
        line = _ANSWER_WORD.sub("", line, count=1) if line[:1].isalpha() else line
        rest = output[match.end() :]
        if not line or (kind is Kind.NUMBER and _is_wordy(line) and not rest.strip()):
            empty = ""
        elif not _is_heading(line, rest, kind):
            return line
    return empty


def _is_wordy(line: str) -> bool:
    return bool(_HEADING.fullmatch(line)) and not any(c.isdigit() or c == "\\" for c in line)


def _is_heading(line: str, rest: str, kind: Kind) -> bool:
    if kind is not Kind.NUMBER:
        return bool(_SECTION.match(line))
    if not _HEADING.fullmatch(line):
        return False
    # "#### 5. The answer is 5" is an answer where nothing better follows.
    return line[0].isalpha() or "####" in rest or "\\boxed" in rest


def _boxed(output: str, _kind: Kind) -> str | None:
    first = output.find("box")
    if first < 0:
        return None
    filled = [text for text in _boxes(output, max(first - 2, 0)) if text.strip()]
    if filled:
        return filled[-1]
    return "" if _EMPTY_BOX.search(output, max(first - 2, 0)) else None


def _boxes(output: str, start: int) -> list[str]:
    """List what the complete outermost boxes hold, in one pass over the text."""
    open_at: list[int | None] = []
    spans: list[tuple[int, int]] = []
    for token in _BOX.finditer(output, start):
        if len(token[0]) > 2:
            open_at.append(token.end())
        elif token[0] == "{":
            open_at.append(None)
        elif token[0] == "}" and open_at:
            begin = open_at.pop()
            if begin is not None:
                while spans and spans[-1][0] > begin:
                    spans.pop()
                spans.append((begin, token.start()))
    return [output[begin:end] for begin, end in spans]


def _labelled(output: str, kind: Kind) -> str | None:
    if "A" not in output:
        return None
    for match in _LABELLED.finditer(output):
        content = match[1].strip().rstrip("!")
        if content and (kind is not Kind.NUMBER or not _PROSE.match(content)):
            return content
    return None


def _stated(output: str, kind: Kind) -> str | None:
    """Find the last statement of an answer before the text runs on into another question."""
    # Scanning for the whole expression is slow, and most outputs hold none of its words.
    if not any(word in output for word in ("nswer", "NSWER", "orrect", "ight", "est ", "答案")):
        return None
    matches = list(_STATED.finditer(output))
    if not matches:
        return None
    run_on = _RUN_ON.search(output, matches[0].end())
    limit = run_on.start() if run_on else len(output)
    within = [match.end() for match in matches if match.end() <= limit]
    for content in _statements(output, reversed(within[-MAX_MARKERS:])):
        answer = content if kind is not Kind.NUMBER else _number_stated(content)
        if answer and not _DENIED.match(answer):
            return answer
    return None


def _statements(output: str, starts: Iterator[int]) -> Iterator[str]:
    for start in starts:
        while start < len(output) and output[start] in " \t\n\r:*_":
            start += 1
        display = _DISPLAY.match(output, start)
        if display:
            yield (display[display.lastindex or 0]).strip()
            continue
        end = _SENTENCE_END.search(output, start)
        sentence = output[start : end.start() if end else len(output)].strip()
        hedge = _HEDGE.match(sentence)
        yield sentence[hedge.end() :] if hedge else sentence


def _number_stated(content: str) -> str | None:
    """Find the number in a statement: the statement itself, or the last number of a longer sentence."""
    if not any(c.isdigit() or c == "\\" for c in content):
        return content if len(content.split()) <= _MAX_STATED_WORDS else None
    if _PROSE.match(content) and not _ALTERNATIVES.search(content):
        return last_number(content)
    return content
