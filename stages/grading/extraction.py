r"""Find the answer in a model's output.

Thoughts are no part of it, and what stands between `<answer>` and `</answer>` is all of it. In order of trust: the
first answer line `#### 18`, the last `\boxed{...}`, a line `A: 18`, a sentence "the answer is 18", and, where nothing
is marked, the last number, option letter or words of the text. A marker with nothing behind it gives way to others.
What runs on into another question after the answer does not count, and a number that stands in a formula nobody
evaluated is never picked out of it.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice

from stages.answers.marks import HASH, LETTER, MAX_MARKERS, SECTION, answer_line, bare, boxes
from stages.answers.notation import clean
from stages.answers.thoughts import split_thoughts
from stages.grading.unmarked import first_polar, last_choice, last_number, last_several, last_words


class Kind(StrEnum):
    """The kind of answer to look for."""

    ONE = "number or formula"
    SEVERAL = "several of them"
    CHOICE = "option letter"
    WORDS = "words"
    POLAR = "yes or no"


_LAST_RESORTS = {
    Kind.ONE: last_number,
    Kind.SEVERAL: last_several,
    Kind.CHOICE: last_choice,
    Kind.WORDS: last_words,
    Kind.POLAR: first_polar,
}
_FILLING = r"(?:[\s$*~]|\\[()\[\],;: ]|\\q?quad)*+"
_JOINT = r"(?:and|or)\b|\\(?:text|mbox)\s*\{\s*,?\s*(?:and|or)\s*\}"
_BETWEEN_BOXES = re.compile(
    rf"\}}{_FILLING}(?:[,;]{_FILLING}(?:{_JOINT})?|{_JOINT}){_FILLING}"
    rf"(?:[a-zA-Z](?:_\w)?\s?={_FILLING})?\\(?:boxed|fbox)",
    re.IGNORECASE,
)
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
_OPENING = re.compile(r"(?:```\w*\n|[\s:*_`#])*")
_BULLET = re.compile(r"[-+\u2022]\s+(?=[$\d])")
_DISPLAY = re.compile(r"\\\[(.*?)\\\]|\$\$(.*?)\$\$", re.DOTALL)
_INLINE = re.compile(r"(?<![\\$\d])\$(?=\S)([^$\n]{1,300}?)(?<=\S)\$(?!\d)|\\\((.{1,300}?)\\\)", re.DOTALL)
_NOUN = re.compile(r"(?:\s+[a-zA-Z]+){1,4}")
_RUN_ON = re.compile(r"\n\s*(?:[#*]+\s*)?(?:question|q|problem|exercise|user|human)\s*\d*\s*\**[:.]", re.IGNORECASE)
_TAGGED = re.compile(r"<answer>((?:[^<]|<(?!/?answer>))*+)</answer>")
_MAX_STATED_WORDS = 4
_MAX_LEAD_WORDS = 3


def find_answer(output: str, kind: Kind, *, marked_only: bool = False) -> str | None:
    """Find the answer in an output, verbatim; None without one, "" where markers have nothing behind them.

    With `marked_only` the last resorts (last number, letter, words) are left out.
    """
    output = clean(split_thoughts(output)[1])
    tagged = next((pair for pair in _TAGGED.finditer(output) if re.search(r"[\w\\]", pair[1])), None)
    if tagged and answer_line(output[: output.rfind("\n", 0, tagged.start()) + 1]):
        tagged = None  # generation would have ended there
    output = tagged[1].strip() if tagged else output
    blank = False
    for read in (_hash, _boxed, _labelled, _stated):
        marked = read(output, kind)
        if marked:
            return marked
        blank = blank or marked is not None
    if tagged:
        return output
    if blank:
        return ""
    return None if marked_only else _LAST_RESORTS[kind](output)


def _hash(output: str, kind: Kind) -> str | None:
    """Find the first answer line; "" where the last marker has nothing or an unknown word behind it."""
    if "####" not in output:
        return None
    if (answer := answer_line(output)) is not None:
        return bare(answer[1])
    words = last = None
    for match in islice(HASH.finditer(output), MAX_MARKERS):
        last, line = match, bare(match[1])
        if words is None and line and not SECTION.match(line):
            words = line
    if words is not None and kind in (Kind.WORDS, Kind.POLAR):
        return words
    ends = last is not None and not output[last.end() :].strip()
    return "" if ends and last and not any(c.isdigit() or c == "\\" for c in last[1]) else None


def _boxed(output: str, kind: Kind) -> str | None:
    """Find the last box before the text runs on into another question, or the last ones that "and" joins."""
    complete = boxes(output)
    spans = [span for span in complete if output[slice(*span)].strip()]
    if not spans:
        return "" if complete else None
    run_on = _RUN_ON.search(output, spans[0][1])
    last = sum(1 for begin, _ in spans if run_on is None or begin < run_on.start())
    start = last - 1
    while kind is Kind.SEVERAL and start > 0 and _BETWEEN_BOXES.match(output, spans[start - 1][1]):
        start -= 1
    return ", ".join(output[slice(*span)] for span in spans[start:last])


def _labelled(output: str, kind: Kind) -> str | None:
    if "A" not in output:
        return None
    for match in _LABELLED.finditer(output):
        content = match[1].strip().rstrip("!")
        prose = bool(_PROSE.match(content))
        fits = {Kind.ONE: not prose, Kind.SEVERAL: not prose, Kind.CHOICE: bool(LETTER.match(content))}
        if content and fits.get(kind, True):
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
        answer = _number_stated(content) if kind in (Kind.ONE, Kind.SEVERAL) else content
        if answer and not _DENIED.match(answer):
            return answer
    return None


def _statements(output: str, starts: Iterator[int]) -> Iterator[str]:
    for start in starts:
        opening = _OPENING.match(output, start)
        bullet = _BULLET.match(output, opening.end()) if opening and "\n" in opening[0] else None
        start = bullet.end() if bullet else opening.end() if opening else start
        display = _DISPLAY.match(output, start)
        if display:
            yield (display[display.lastindex or 0]).strip()
            continue
        inline = _INLINE.match(output, start)
        end = _SENTENCE_END.search(output, inline.end() if inline else start)
        sentence = output[start : end.start() if end else len(output)].strip()
        hedge = _HEDGE.match(sentence)
        yield _without_delimiters(sentence[hedge.end() :] if hedge else sentence)


def _without_delimiters(sentence: str) -> str:
    """Return a sentence without the delimiters of its formulas; of a lone one it and the noun behind it alone."""
    spans = list(_INLINE.finditer(sentence))
    if len(spans) == 1:
        before, after = sentence[: spans[0].start()], sentence[spans[0].end() :]
        if len(before.split()) <= _MAX_LEAD_WORDS and not any(c.isdigit() for c in before):
            noun = after.rstrip(" .*") if _NOUN.fullmatch(after.rstrip(" .*")) else ""
            return f"{spans[0][spans[0].lastindex or 0].strip()}{noun}"
    return _INLINE.sub(lambda span: span[span.lastindex or 0], sentence)


def _number_stated(content: str) -> str | None:
    """Find the number in a statement: the statement itself, or the last number of a longer sentence."""
    if not any(c.isdigit() or c == "\\" for c in content):
        return content if len(content.split()) <= _MAX_STATED_WORDS else None
    if _PROSE.match(content) and not _ALTERNATIVES.search(content):
        return last_number(content)
    return content
