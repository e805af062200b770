"""The skill behind a keyphrase of `stages.arithmetic.phrases`, and what practises it.

slips in a two-digit subtraction                     two-digit subtraction: bare calculations and one-step stories
adds the quantities instead of subtracting them ...  choosing subtraction: one-step stories
leaves out the final division                        two steps that end in a division: two-step stories

A keyphrase about the form of an output ("writes no equation and gives no answer") names no skill.
"""

import re
from dataclasses import dataclass

from stages.arithmetic.phrases import NAMES, with_article

_SYMBOLS = {name: symbol for symbol, name in NAMES.items()}
_SYMBOLS |= {"adding": "+", "subtracting": "-", "multiplying": "*", "dividing": "/"}


@dataclass(frozen=True)
class Skill:
    """What an exercise practises.

    Attributes:
        name: in words.
        forms: kinds of exercises (the keys of `writing.FORMS`), one of which is drawn.
        symbol: the operation that is practised; None for any.
        size: of its operands; None for that of the problems where the mistake was made.
        steps: of two: `s` is the operation that is practised, `?` any.
    """

    name: str
    forms: tuple[str, ...]
    symbol: str | None = None
    size: str | None = None
    steps: str = "?s"


# A pattern of keyphrases, and below it the name of the skill, its forms, and the steps where these are not `?s`.
_TABLE = r"""
.* (?:a|the|an) percentage (?:OPERATION).*
    percentages; percent
takes the percentage of a wrong quantity.*
    percentages; percent
(?:slips|gets|misplaces|loses).* a (SIZE) (OPERATION)(?: badly wrong)?
    {size} {op}; calculation, story
(?:slips|gets|misplaces|loses).* a long (OPERATION)(?: badly wrong)?
    {op} of several numbers; calculation, two steps; ss
.* instead of (ACTION) (?:them|it).*
    choosing {op}; story, story with more
takes the operands of the (OPERATION) in the wrong order
    the order of {a_op}; story, calculation
(?:leaves a quantity out of|counts a quantity more than once in) the (OPERATION).*
    {op} of several quantities; two steps; ss
takes one quantity twice and leaves another out in the (OPERATION)
    {op} of several quantities; two steps; ss
takes a quantity once instead of several times in the (OPERATION)
    a quantity that comes several times, and {a_op}; two steps; *s
uses a given quantity instead of an intermediate result in the (OPERATION)
    {a_op} with an intermediate result; two steps
leaves out the final (OPERATION)
    two steps that end in {a_op}; two steps
leaves out an? (OPERATION) (?:on the way|and the steps).*
    two steps that begin with {a_op}; two steps; s?
puts a quantity too many into the (OPERATION).*
    {op} beside a number that is not needed; story with more
uses a quantity that the question gives for something else in the (OPERATION)
    {op} beside a number that is not needed; story with more
(?:takes the wrong quantities for|brings an invented quantity into) the (OPERATION).*
    the quantities of {a_op}; story with more, two steps
uses an intermediate result that does not belong in the (OPERATION)
    the quantities of {a_op}; story with more, two steps
goes on with a needless (?:OPERATION).*|does an? (?:OPERATION) that the problem.*
    one step beside a number that is not needed; story with more
states a quantity that the problem does not give
    one step with the quantities that there are; story, story with more
(?:slips in|sets up).* equation .*
    equations with an unknown; equation
"""
_WORDS = {
    "OPERATION": "addition|subtraction|multiplication|division",
    "ACTION": "adding|subtracting|multiplying|dividing",
    "SIZE": "one-digit|two-digit|three-digit|large-number|decimal",
}


def _read_table() -> list[tuple[re.Pattern[str], list[str]]]:
    lines = re.sub("|".join(_WORDS), lambda word: _WORDS[word[0]], _TABLE).strip().split("\n")
    rows = zip(lines[::2], lines[1::2], strict=True)
    return [(re.compile(pattern), [*skill.strip().split("; "), "?s"][:3]) for pattern, skill in rows]


_SKILLS = _read_table()


def skill_of(keyphrase: str) -> Skill | None:
    """Return the skill that a keyphrase says is missing, or None where it names none."""
    for pattern, (name, forms, steps) in _SKILLS:
        match = pattern.fullmatch(keyphrase)
        if match:
            words = [word for word in match.groups() if word]
            symbol = next((_SYMBOLS[word] for word in words if word in _SYMBOLS), None)
            size = next((word for word in words if word not in _SYMBOLS), None)
            operation = NAMES[symbol] if symbol else ""
            named = name.format(size=size, op=operation, a_op=with_article(operation))
            return Skill(named, tuple(forms.split(", ")), symbol, size, steps)
    return None
