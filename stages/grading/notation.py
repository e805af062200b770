r"""Reduce the many ways of typing one answer to plain ASCII.

`clean` undoes typography (full-width digits, the Unicode minus, thin spaces, glyphs for fractions and powers);
`plain` also undoes LaTeX dress (`\text{}`, `\left`, `\dfrac`, `\$`, surrounding `$`) and the punctuation around an
answer. Neither changes a value:

    clean("\u2212\uff14\uff12\u00bd")  -> "-42 1/2"
    plain(r"$\dfrac{3}{4}\,$.")        -> r"\frac{3}{4}"

Not covered: numbers in words ("twelve") and decimal commas ("2,5"), which cannot be told from a list.
"""

import re
import unicodedata

from stages.arithmetic.latex import undress

_FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_SYMBOLS = {
    "\N{MINUS SIGN}": "-", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{SMALL HYPHEN-MINUS}": "-",
    "\N{FRACTION SLASH}": "/", "\N{DIVISION SLASH}": "/", "÷": r"\div ", "\N{MULTIPLICATION SIGN}": r"\times ",
    "·": r"\cdot ", "\N{BULLET OPERATOR}": r"\cdot ", "\N{DOT OPERATOR}": r"\cdot ", "√": r"\sqrt ",
    "π": r"\pi ", "∞": r"\infty ", "±": r"\pm ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
    "\N{UNION}": r"\cup ", "∈": r"\in ", "∅": r"\emptyset ", "°": r"^\circ ",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'", "“": '"', "”": '"',
    "\N{ARABIC DECIMAL SEPARATOR}": ".", "\N{ARABIC THOUSANDS SEPARATOR}": ",", "\N{ZERO WIDTH SPACE}": "",
    "\N{LEFT-TO-RIGHT MARK}": "", "\N{RIGHT-TO-LEFT MARK}": "", "\N{ZERO WIDTH NO-BREAK SPACE}": "",
}  # fmt: skip
_SYMBOL_TABLE = str.maketrans(_SYMBOLS | {glyph: f" {written}" for glyph, written in _FRACTIONS.items()})
_SUPERSCRIPT_TABLE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_GROUP_SPACE = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u200a\u202f](?=\d{3}(?!\d))")
_DASH_AS_MINUS = re.compile(r"(?<![\w)])[\u2013\u2014](?=\s?[$\d.])")

_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\degrees?(?![a-zA-Z])")
_MATH_SPAN = re.compile(r"\$\$?\s*([^$]+?)\s*\$\$?|\\\(\s*(.+?)\s*\\\)|\\\[\s*(.+?)\s*\\\]")
_SPACES = re.compile(r"\s+")
_BEFORE = " \t\n\r,;:=*_`'\""
_AFTER = " \t\n\r.,;:?*_`'\"\N{IDEOGRAPHIC FULL STOP}"


def clean(text: str) -> str:
    """Rewrite typographic characters as ASCII; text that is ASCII already comes back as it is."""
    if text.isascii():
        return text
    text = _GROUP_SPACE.sub(",", text)
    text = _SUPERSCRIPTS.sub(lambda run: "^{" + run[0].translate(_SUPERSCRIPT_TABLE) + "}", text)
    text = unicodedata.normalize("NFKC", text.translate(_SYMBOL_TABLE))
    text = "".join(c if c.isascii() else _ascii_digit(c) for c in text)
    return _DASH_AS_MINUS.sub("-", text)


def plain(answer: str) -> str:
    """Strip one answer of LaTeX dress, emphasis, outer maths delimiters and punctuation at its edges."""
    answer = clean(answer)
    if "\\" in answer:
        answer = undress(_unwrap_math(answer)).replace("~", " ")
        answer = _DEGREES.sub(" degrees ", answer)
    elif "$" in answer:
        answer = _unwrap_math(answer)
    answer = _SPACES.sub(" ", answer).lstrip(_BEFORE).rstrip(_AFTER)
    return answer.rstrip("$").rstrip(_AFTER) if answer.endswith("$") else answer


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _unwrap_math(text: str) -> str:
    r"""Drop the delimiters of a maths span that is the whole text: `$12$`, `\(12\)`; `$12` stays money."""
    span = _MATH_SPAN.fullmatch(text.lstrip(_BEFORE).rstrip(_AFTER))
    return span[span.lastindex or 0] if span else text
