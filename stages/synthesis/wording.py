r"""Sequences of words and numbers of texts, for comparisons.

    words(r"Tom has \$1,200 and $3+4$ hats.")     tom has 1200 and 3 + 4 hats
    numbers(r"Tom has \$1,200 and $3+4$ hats.")   1200 3 4
    words("小明有３个苹果")                          小 明 有 3 个 苹 果

Normalized are case, spaces, Unicode's compatibility forms and digits (NFKC), LaTeX's delimiters and sizes, thousands
separators and English number words. Signs with a meaning stay: `3+4` is not `3-4`. A letter keeps its combining marks
(Devanagari's vowels, Arabic's points); in scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) each
letter is a word.

Not covered: number words of other languages; `one`, which seldom counts anything; most of LaTeX's commands.
"""

import re
import unicodedata

from stages.answers.numerals import CARDINALS, SCALES, parse_words

_MARKS = "".join(chr(code) for code in range(0x300, 0x1F000) if unicodedata.category(chr(code)).startswith("M"))
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_PUNCTUATION = r"\s.,;:!?\"'`()\[\]{}\\$“”‘’«»‹›…¿¡—、。「」『』،؛؟।"  # noqa: RUF001
_WORD = re.compile(
    rf"[{_UNSPACED}][{_MARKS}]*"
    rf"|(?:(?![{_UNSPACED}])[^\W\d_][{_MARKS}]*)+"
    r"|\d+(?:[.,]\d+)*"
    rf"|[^\w{_PUNCTUATION}{_MARKS}]"
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:\s*/\s*\d+)?")
_COUNTING = "|".join((*CARDINALS, *SCALES))
_NUMBER_WORDS = re.compile(rf"\b(?:{_COUNTING})(?:[ -](?:{_COUNTING}))*\b")
_CARDINAL = re.compile(rf"\b(?:{'|'.join(word for word in CARDINALS if word != 'one')})\b")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "÷": "/", "⁄": "/"})  # noqa: RUF001
_LATEX = (
    (re.compile(r"\\(?:left|right|text|mathrm|displaystyle)(?![a-z])|\\[()\[\],;: !]"), " "),
    (re.compile(r"\\[dtc]frac(?![a-z])"), r"\\frac"),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "*"),
    (re.compile(r"\\div(?![a-z])"), "/"),
)


def words(text: str) -> list[str]:
    """Split into lower-case words, numbers and mathematical signs; punctuation does not count."""
    return _WORD.findall(_normalize(text))


def numbers(text: str) -> list[str]:
    """Return the numbers in reading order, a fraction such as `1/2` as one."""
    return ["".join(number.split()) for number in _NUMBER.findall(_normalize(text))]


def is_number(word: str) -> bool:
    """Tell whether one of `words` is a number."""
    return word[0].isdecimal()


def _normalize(text: str) -> str:
    text = _SUPERSCRIPT.sub(lambda match: f"^{match[0]}", text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).lower()
    if not text.isascii():
        text = "".join(map(_plain_digit, _INVISIBLE.sub("", text)))
    for pattern, replacement in _LATEX if "\\" in text else ():
        text = pattern.sub(replacement, text)
    text = _THOUSANDS.sub(lambda match: match[0].replace(",", ""), text)
    return _NUMBER_WORDS.sub(_digits, text)


def _plain_digit(character: str) -> str:
    return str(unicodedata.decimal(character)) if character.isdecimal() else character


def _digits(match: re.Match[str]) -> str:
    """Return the digits of `twenty-five`; `two six`, which is no single number, becomes `2 6`."""
    value = parse_words(re.split("[ -]", match[0]))
    if value is not None and match[0] != "one":
        return str(value)
    return _CARDINAL.sub(lambda word: str(CARDINALS[word[0]]), match[0])
