r"""Reduce the many ways of typing one answer to plain ASCII.

`clean` undoes typography (full-width digits, the Unicode minus, thin spaces, glyphs for fractions and powers);
`plain` also undoes LaTeX dress (`\text{}`, `\left`, `\dfrac`, `\$`, surrounding `$`) and the punctuation around an
answer. Neither changes a value:

    clean("\u2212\uff14\uff12\u00bd")  -> "-42 1/2"
    plain(r"$\dfrac{3}{4}\,$.")        -> r"\frac{3}{4}"

Not covered: decimal commas ("2,5"), which cannot be told from a list.
"""

import re
import unicodedata

from stages.answers.latex import undress

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
    "\N{DOUBLE-STRUCK CAPITAL R}": r"\mathbb{R}", "Ω": r"\Omega ", "μ": r"\mu ", "≈": r"\approx ",
    "\N{LEFT-TO-RIGHT MARK}": "", "\N{RIGHT-TO-LEFT MARK}": "", "\N{ZERO WIDTH NO-BREAK SPACE}": "",
}  # fmt: skip
_SYMBOL_TABLE = str.maketrans(_SYMBOLS | {glyph: f" {written}" for glyph, written in _FRACTIONS.items()})
_SUPERSCRIPT_TABLE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SUPERSCRIPTS = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_GROUP_SPACE = re.compile(r"(?<=\d)[\u00a0\u2007\u2009\u200a\u202f](?=\d{3}(?!\d))")
_DASH_AS_MINUS = re.compile(r"(?<![\w)])[\u2013\u2014](?=\s?[$\d.])")

_REWRITES = tuple(
    (re.compile(pattern), written)
    for pattern, written in (
        (r"\\phantom\s*(?:\{[^{}]*\}|.)|\\(?:text)?color\s*\{[^{}]*\}|\\q?quad(?![a-zA-Z])", " "),
        (
            r"\\(?:bf|rm|it|tt|sf|em|[hH]uge|LARGE|Large|large|normalsize|small|tiny)(?:series|shape|family)?(?![a-zA-Z])",
            " ",
        ),
        (r"\\(?:bm|boldsymbol|underline|ensuremath|math(?!bb|cal|frak)[a-z]+|text[a-z]*)(?=\s*\{)", r"\\text"),
        (r"\\frac\s*\{\s*\\text\s*\{([^{}]*)\}\s*\}\s*\{\s*\\text\s*\{([^{}]*)\}\s*\}", r"\\text{ \1/\2 }"),
        (r"\b(kg|kW|[NWAg])\s*\}\s*\\cdot\s*\\text\s*\{", r"\1-"),
        (r"_\s*\{\s*\\text\s*\{\s*base\s*\}\s*(\d+)\s*\}", r"_{\1}"),
        (r"_\s*\{?\s*\\text\s*\{([^{}]*)\}\s*\}?", r"_{\1}"),
        (r"\\varnothing(?![a-zA-Z])|\\\{\s*\\\}", r"\\emptyset "),
        (r"\\mathbb\s*\{?\s*R\s*\}?", r"(-\\infty,\\infty)"),
        (r"\\pounds(?![a-zA-Z])", "£"),
        (r"\\sqrt\s*\[\s*(\w+)\s*\]\s*(\w)", r"\\sqrt[\1]{\2}"),
        (r"\{\s*(\w+)\s*\\choose\s*(\w+)\s*\}", r"\\binom{\1}{\2}"),
        (r"\\(le|ge|ne)(?:q|qslant)(?![a-zA-Z])", r"\\\1"),
        (r"\\lt(?![a-zA-Z])", "<"),
        (r"\\gt(?![a-zA-Z])", ">"),
        (r"\\mid(?![a-zA-Z])", "|"),
        (r"\\mu(?=\s*(?:\\text|[mgsL]\b))", "micro "),
        (r"\\Omega(?![a-zA-Z])", " ohms "),
        (r"\\angle(?![a-zA-Z])", " "),
        (r",\s*\\!\s*", ","),
        (r"\\langle(?![a-zA-Z])", "("),
        (r"\\rangle(?![a-zA-Z])", ")"),
    )
)
_POWER = re.compile(r"\^\s*\{\s*(-?)\s*\\frac\s*\{(\w+)\}\s*\{(\w+)\}\s*\}")
_ENVIRONMENT = re.compile(
    r"(?:\\left\s*)?[(\[]?\s*\\begin\{(?:[pbB]?matrix|array)\}\s*(?:\{[clr|\s]*\})?(.*?)"
    r"\\end\{(?:[pbB]?matrix|array)\}\s*(?:\\right\s*)?[)\]]?",
    re.DOTALL,
)
_NEW_ROW = re.compile(r"\\\\\s*(?:\[[^\[\]]*\])?")
_ROOT = re.compile(r"(?:\\|(?<![a-zA-Z]))sqrt\s*(?:\(([^()]*)\)|(\d+|[a-zA-Z](?![a-zA-Z])))")
_OPERAND = r"(\d|\\(?!sqrt|frac)[a-zA-Z]+|[a-zA-Z])"
_TOP = re.compile(rf"\\frac\s*{_OPERAND}")
_BOTTOM = re.compile(rf"(\\frac\s*\{{(?:[^{{}}]|\{{[^{{}}]*\}})*\}})\s*{_OPERAND}")
_UNIT_OVER_UNIT = re.compile(
    r"(?<=\d)\s*\\frac\s*\{\s*(k?m|cm|ft|mi|k?g)\s*\}\s*\{\s*(s|h|hr|min)\s*(?:\^\s*\{?2\}?)?\s*\}"
)
_LEAD = re.compile(
    r"\A(?:(?:the\s+)?(?:final\s+)?answer\s*(?:is\b|[:=])|\\approx(?![a-z])"
    r"|[a-z][a-z ]{2,40}(?:\bis\b|:)(?=\s*[-$\d\\(\[]))\s*",
    re.IGNORECASE,
)
_ALL_REALS = re.compile(r"(?:the\s+set\s+of\s+)?all\s+real(?:s|\s+numbers)", re.IGNORECASE)
_BOX = re.compile(r"\s*\\(?:boxed|fbox)\s*\{((?:(?!box).)*)\}\s*", re.DOTALL)
_BRACED = re.compile(r"\{([^{}]*)\}")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?|\\deg(?:rees?)?(?![a-zA-Z])")
_MATH_SPAN = re.compile(r"\$\$?\s*([^$]+?)\s*\$\$?|\\\(\s*(.+?)\s*\\\)|\\\[\s*(.+?)\s*\\\]", re.DOTALL)
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
    if "\\" in answer or "{" in answer:
        answer = _undressed(_unwrap_math(answer))
    elif "$" in answer:
        answer = _unwrap_math(answer)
    if "sqrt" in answer:
        answer = _ROOT.sub(lambda root: rf"\sqrt{{{root[1] or root[2]}}}", answer)
    answer = _SPACES.sub(" ", answer).lstrip(_BEFORE).rstrip(_AFTER)
    if answer[:1] in "{\\" or answer[:1].isalpha():
        answer = _LEAD.sub("", _BRACED.sub(r"\1", answer) if _BRACED.fullmatch(answer) else answer, count=1)
        answer = r"(-\infty,\infty)" if _ALL_REALS.fullmatch(answer) else answer
    return answer.rstrip("$").rstrip(_AFTER) if answer.endswith("$") else answer


def _undressed(text: str) -> str:
    box = _BOX.fullmatch(text)
    text = box[1] if box else text
    if "\\end" in text:
        text = _ENVIRONMENT.sub(_matrix, text)
    if "\\begin" not in text:
        text = text.replace("\\\\", "\\")
    for pattern, written in _REWRITES:
        text = pattern.sub(written, text)
    text = _DEGREES.sub(" degrees ", undress(text).replace("~", " "))
    text = _BOTTOM.sub(r"\1{\2}", _TOP.sub(r"\\frac{\1}", text))
    return _POWER.sub(r"^{\1\2/\3}", _UNIT_OVER_UNIT.sub(r" \1/\2", text))


def _matrix(environment: re.Match[str]) -> str:
    rows = _NEW_ROW.sub(r"\\\\ ", environment[1])
    return rf"\begin{{pmatrix}}{rows}\end{{pmatrix}}"


def _ascii_digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _unwrap_math(text: str) -> str:
    r"""Drop the delimiters of a maths span that is the whole text: `$12$`, `\(12\)`; `$12` stays money."""
    span = _MATH_SPAN.fullmatch(text.lstrip(_BEFORE).rstrip(_AFTER))
    return span[span.lastindex or 0] if span else text
