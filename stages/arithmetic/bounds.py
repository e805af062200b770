"""How large a number of a question may sensibly become.

"works 9 hours a day" leaves no room for 18, "5 feet 3 inches" none for 12 inches. The words next to the number say so.
"""

import re
from fractions import Fraction

from stages.arithmetic.quantities import Variable

_LIFETIME = Fraction(99)
_LIMITS: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), limit)
    for pattern, limit in (
        (r"[- ]?hours?(?: \w+){0,2} (?:a|per|each|every|one|in a)[ -]?(?:\w+ )?(?:day|night)", 14),
        (r"[- ]?hours? daily", 14),
        (r"[- ]?(?:days?|times|nights?|evenings?|mornings?)(?: \w+)? (?:a|per|each|every|of the|out of the) week", 7),
        (r"[- ]?weeks? (?:a|per|each|every|of the|in a) month", 4),
        (r"[- ]?(?:days?) (?:a|per|each|every|of the) month", 28),
        (r"[- ]?months? (?:a|per|each|every|of the) year", 11),
        (r"[- ]?weeks? (?:a|per|each|every|of the) year", 51),
        (r"[- ]?(?:days?) (?:a|per|each|every|of the) year", 365),
    )
)
_SMALLER_UNIT: tuple[tuple[re.Pattern[str], re.Pattern[str], int], ...] = tuple(
    (re.compile(rf"{before}(?:,? and|,)? $", re.IGNORECASE), re.compile(rf" {unit}", re.IGNORECASE), limit)
    for before, unit, limit in (
        (r"(?:feet|foot|ft\.?)", r"inch", 11),
        (r"hours?", r"min", 59),
        (r"minutes?", r"sec", 59),
        (r"pounds?", r"ounce", 15),
        (r"dollars?", r"cent", 99),
        (r"weeks?", r"day", 6),
        (r"years?", r"month", 11),
    )
)
_HOURS = re.compile(r"[- ]hours?\b", re.IGNORECASE)
_ONE_DAY = re.compile(
    r"\b(?:per|each|every|a|one|in the) (?:day|night|morning|evening)\b|\bdaily\b|\btoday\b", re.IGNORECASE
)
_SCORES = re.compile(r"\b(?:tests?|exams?|quiz|quizzes|grades?)\b", re.IGNORECASE)
_AGES = re.compile(r"\b(?:years? old|year-old|ages?|aged|older|younger)\b", re.IGNORECASE)


def upper_bound(question: str, variable: Variable) -> Fraction | None:
    """Return the largest value that fits the words around the variable, or None where they set no limit."""
    limits = [limit for token in variable.tokens for limit in _limits_at(question, token.start, token.end)]
    if variable.percent and variable.value <= 100:
        limits.append(95)
    if _SCORES.search(question) and not variable.money:
        limits.append(100)
    fitting = [Fraction(limit) for limit in limits if variable.value <= limit]
    return min(fitting, default=None)


def result_bound(question: str) -> Fraction | None:
    """Return the largest value that results may newly reach: nobody becomes a hundred years old."""
    return _LIFETIME if _AGES.search(question) else None


def _limits_at(question: str, start: int, end: int) -> list[int]:
    limits = [limit for after, limit in _LIMITS if after.match(question, end)]
    for before, unit, limit in _SMALLER_UNIT:
        if unit.match(question, end) and before.search(question[:start]):
            limits.append(limit)
    if _HOURS.match(question, end) and _ONE_DAY.search(question):
        limits.append(14)
    return limits
