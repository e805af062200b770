r"""The last resort: the likely answer in a text without any answer marker.

- "so she pays $40.00." answers "$40.00"
- "The point is (1,2)" answers "(1,2)"
- "so it is 3 * 3 * 3" answers nothing: the 3 belongs to a formula that nobody evaluated
"""

import re
from collections import deque

from stages.answers.quantity import NUMBER, UNIT_NAMES, in_digits

TAIL = 4000
"""Characters at the end of an output that are searched: what stands further back is not the last word."""

_MATH = (
    r"(?<![\\$\d])\$\$?(?=\S)[^$\n]{1,300}?(?<=\S)\$\$?(?!\d)"
    r"|\\\((?:[^\\]|\\(?!\))){1,300}\\\)|\\\[(?:[^\\]|\\(?!\])){1,300}\\\]"
)
_VALUE = (
    r"(?<![A-Za-z0-9_.])(?<!\d,)(?:(?<![A-Za-z0-9_)%}])[-+](?=[$€£.\d]))?"
    r"(?:[$€£¥₹]\s?)?-?(?=\.?\d)"  # sign and currency
    r"(?:\d+\s+(?:and\s+)?(?=\d+/\d))?"  # the whole part of a mixed number
    rf"{NUMBER}(?:/\d+)?(?:[eE][-+]?\d+)?"
    r"(?:\s?(?:%|percent\b))?(?:\s(?:hundred|thousand|million|billion|trillion)\b)?"
)
_TOKEN = re.compile(
    rf"(?P<math>{_MATH})"
    r"|(?P<power>(?<![A-Za-z0-9_.])-?\d+(?:\.\d+)?\s?(?:\*|x|\\times|\\cdot)\s?10\s?\^\s?(?:-?\d+|\{\s?-?\d+\s?\}))"
    r"|(?P<group>[(\[]\s*-?[\d.]+(?:\s*,\s*-?[\d./]+)+\s*[)\]])"
    r"|(?P<ratio>\d+(?:\s:\s\d+|:\d+)+(?:\s?[ap]\.?m\b)?|\d{1,2}\s?(?:[ap]\.?m\b|o'clock))"
    rf"|(?P<value>{_VALUE})"
    r"|(?P<stuck>\d+)",
    re.IGNORECASE,
)
_OPERATOR_BEFORE = re.compile(r"(?:[-+*/^_<>{]|\\[a-z]+|(?<=[\d)\s])x)\s*[$€£]?$", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,2})(?=[^\s*])([^*\n]{1,200})(?<=\S)\1(?![\w*])")
_UNIT_POWER = re.compile(r"(?:(?<=[a-z]{2})|(?<=\bm))\s?\^\s?\{?[23]\}?(?![\d}])")
_NEXT_WORD = re.compile(r"\s?([a-zA-Z]+)")
_WORD = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}")
_DASH_BEFORE = re.compile(r"\s*[-+*]\s*|[^\d]*[a-z]{2,}[*:]*\s-\s*", re.IGNORECASE)
_OPERATOR_AFTER = re.compile(
    r"\s*(?:[+*^_]|/(?!\s?[a-zA-Z]{2})|-\s*[$\d(]|\\(?:times|cdot|div|frac|sqrt|pm|pi)|x\s*[\d$(])|\("
)
_MARKUP = re.compile(r"<<[^<>\n]{0,100}>>|</?[a-zA-Z|][\w|]{0,40}>|[-=]+>|^>\s", re.MULTILINE)
"""GSM8K's calculations, tags, arrows and quotes, none of which compares with what stands behind it."""
_CHECK = re.compile(r"(?<=\w)\s\((?=[^()\n]*\d\s*[-+*/=])[^(),\n]{1,80}\)(?=[.!]?\s*\Z)")
_SENTENCE_END = re.compile(r"\n|\.(?=\s|$)")
_SENTENCES = re.compile(r"[.!?\u3002\n]+(?=\s|$)")
_COPULA = re.compile(r".*(?:\b(?:is|are|was|were|be|equals)\b|[:=])\s*(.+)", re.IGNORECASE | re.DOTALL)
_STATED = re.compile(r".*\b(?:is|are|be|equals)\b:?\s+(.+)", re.IGNORECASE | re.DOTALL)
_LISTED = re.compile(r"\d\W*(?:,|\band\b|\bor\b).*\d")
_DENIED_LIST = re.compile(r"\b(?:not|neither|never|between)\b", re.IGNORECASE)
_VARIABLE = re.compile(r"(?<![a-zA-Z\\])[a-zA-Z](?=\s?[=+^-]|$)")
_UNDECIDED = re.compile(r"\b(?:not|or|either|neither|never|sure|know)\b|n't", re.IGNORECASE)
_DENIED = re.compile(
    r"(?:\bnot|n't|\bnever|\bbetween)(?:\s+(?:be|equal|to|the|choose|option|answer|\S*\d\S*\s+(?:and|to)))*\s*\(?$",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([$%])")
_CHOICE = re.compile(
    r"\(([A-J])\)|\b(?:option|choice|answer|pick|choose|select)\s+\(?([A-J])\b|(?<![\w'])([A-J])(?=\s*(?:[.):*]|$))"
)
_NO_OPTION = re.compile(r"(?:\d|degrees?|\\circ\}?)\s*$", re.IGNORECASE)
_UNDECIDED_BETWEEN = re.compile(r"\b[A-J]\)?,?\s+or\s+(?:option\s+)?\(?$")
_POLAR = re.compile(r"[\W_]*(yes|no|true|false)(?=[\s*]*(?:[.,;:!\n]|$))", re.IGNORECASE)
_MAX_WORDS = 6


def last_number(output: str) -> str | None:
    """Find the last number, tuple, time or maths span; None if there is none or it is denied or part of a formula."""
    text = _EMPHASIS.sub(r"\2", output[-TAIL:])
    text = _CHECK.sub("", _MARKUP.sub(" ", text))
    text = _ESCAPED.sub(r"\1", _UNIT_POWER.sub("", text).replace("{,}", ","))
    tokens = deque(_TOKEN.finditer(text), maxlen=2)
    if not tokens:
        words = last_words(text)
        return words if words and in_digits(words) != words else None
    last = tokens.pop()
    sentence = _sentence_around(text, last)
    if _is_denied(text, last):
        # "15, not 14" says 15, and "not 15" nothing.
        if not tokens or tokens[0][0] not in sentence or _is_denied(text, tokens[0]):
            return None
        last = tokens[0]
    if last["math"]:
        return last["math"].strip("$") if last["math"][0] == "$" else last["math"][2:-2]
    if "\\" in sentence and not last["power"]:
        return _complement(sentence) or (sentence.strip() if _is_formula(sentence) else None)
    if last["stuck"] or _in_formula(text, last):
        return _equation_in(sentence)
    unit = _NEXT_WORD.match(text, last.end())
    return (last[0] + unit[0] if unit and unit[1] in UNIT_NAMES else last[0]).strip()


def _is_denied(text: str, token: re.Match[str]) -> bool:
    return bool(_DENIED.search(text[text.rfind("\n", 0, token.start()) + 1 : token.start()][-40:]))


def _equation_in(sentence: str) -> str | None:
    """Return `y = 2x + 1` of "The line is y = 2x + 1": an equation of names, which nobody need evaluate."""
    stated = _STATED.fullmatch(sentence.strip())
    equation = stated[1] if stated else sentence.strip()
    return equation if "=" in equation and _VARIABLE.search(equation) and _is_formula(equation) else None


def last_several(output: str) -> str | None:
    """Find the values that a last sentence such as "The solutions are $1$ and $2$." lists, else the last number."""
    listed = _STATED.fullmatch(_last_sentence(output).strip(" *"))
    if listed and _LISTED.search(listed[1]) and not _DENIED_LIST.search(listed[1]):
        return re.sub(r"\$|\\[()]", "", listed[1]).strip(" .*")
    return last_number(output)


def last_choice(output: str) -> str | None:
    """Find the last option letter that stands alone, in brackets or behind "option", and is neither denied nor open."""
    text = output[-TAIL:]
    for match in reversed(list(_CHOICE.finditer(text))):
        before = text[max(match.start() - 40, 0) : match.start()]
        if _UNDECIDED_BETWEEN.search(before):
            return None
        if not (_DENIED.search(before) or _NO_OPTION.search(before)):
            return match[match.lastindex or 0]
    return None


def first_polar(output: str) -> str | None:
    """Find the yes or no that a text begins with, or its last words."""
    polar = _POLAR.match(output)
    return polar[1] if polar else last_words(output)


def last_words(output: str) -> str | None:
    """Find the complement of the last sentence; None if it is long or undecided."""
    sentence = _last_sentence(output)
    if not sentence or _UNDECIDED.search(sentence):
        return None
    words = _complement(sentence) or sentence.strip()
    return words if len(words.split()) <= _MAX_WORDS else None


def _last_sentence(output: str) -> str:
    """Return the last sentence that is not blank; empty without one."""
    return next((sentence for sentence in reversed(_SENTENCES.split(output[-TAIL:])) if sentence.strip()), "")


def _complement(sentence: str) -> str | None:
    """Return what follows the last "is" or equals sign of a sentence."""
    match = _COPULA.fullmatch(sentence.strip())
    return match[1].strip() if match else None


def _is_formula(sentence: str) -> bool:
    return not _WORD.search(sentence) and sentence.count("{") == sentence.count("}")


def _in_formula(text: str, token: re.Match[str]) -> bool:
    if _OPERATOR_AFTER.match(text, token.end()):
        return True
    before = text[text.rfind("\n", 0, token.start()) + 1 : token.start()]
    return bool(_OPERATOR_BEFORE.search(before)) and not _DASH_BEFORE.fullmatch(before)


def _sentence_around(text: str, token: re.Match[str]) -> str:
    start = max(text.rfind("\n", 0, token.start()), text.rfind(". ", 0, token.start()))
    end = _SENTENCE_END.search(text, token.end())
    return text[start + 1 : end.start() if end else len(text)]
