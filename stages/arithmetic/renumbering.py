"""New numbers for a problem whose worked solution is a chain of equations.

"9 girls ... 4 times the number of boys" with ``9 * 4 = 36`` and ``9 + 36 = 45`` becomes, say, 12 girls and 3 times with
``12 * 3 = 36`` and ``12 + 36 = 48``. The answer is right by construction: every number of the solution is computed from
the question's through the same chain.

Not covered: the grammar of units ("1 apples" is avoided by keeping every 1), and plausibility beyond sizes and order.
"""

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from stages.arithmetic.answers import number_in
from stages.arithmetic.chains import Chain, Place
from stages.arithmetic.numerals import count_decimals, write_like
from stages.arithmetic.sampling import draw_values
from stages.arithmetic.tracing import Untraceable, trace

_ARTICLE = re.compile(r"\b([Aa])(n?) $")


@dataclass(frozen=True, slots=True)
class Change:
    """A number of the question, before and after."""

    old: Fraction
    new: Fraction


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A problem with new numbers; ``solution`` ends with its ``####`` line if the original did."""

    question: str
    solution: str
    answer: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a problem was left alone, as a short stable code fit for counting."""

    reason: str


def renumber(question: str, solution: str, answer: str, rng: random.Random) -> Renumbered | Refusal:
    """Give a problem new numbers and the solution that follows from them.

    The same state of ``rng`` gives the same result. A problem with anything ambiguous in it is refused, or has the
    numbers in doubt kept.
    """
    chain = trace(question, solution, answer)
    if isinstance(chain, Untraceable):
        return Refusal(chain.reason)
    values = draw_values(question, chain, rng)
    if isinstance(values, Untraceable):
        return Refusal(values.reason)
    return _rewrite(chain, values, question, solution, answer)


def _rewrite(
    chain: Chain, values: Sequence[Fraction], question: str, solution: str, answer: str
) -> Renumbered | Refusal:
    new_solution = _replace(solution, ((place, place.readings[0].of(values)) for place in chain.places))
    new_question = _replace(
        question,
        (
            (Place(token.text, token.start, token.end, variable.value, ()), value)
            for variable, value in zip(chain.variables, values, strict=False)
            for token in variable.tokens
        ),
    )
    old = number_in(answer)
    final = next((place for place in reversed(chain.places) if place.value == old), None)
    if new_solution is None or new_question is None or final is None:
        return Refusal("no valid numbers found")
    new_answer = write_like(answer.strip().lstrip("-$€£ "), final.readings[0].of(values))
    if new_answer is None:
        return Refusal("no valid numbers found")
    changes = tuple(
        Change(variable.value, value)
        for variable, value in zip(chain.variables, values, strict=False)
        if variable.value != value
    )
    return Renumbered(new_question, new_solution, new_answer, changes)


def _replace(text: str, replacements: Iterable[tuple[Place, Fraction]]) -> str | None:
    pieces, done = [], 0
    for place, value in sorted(replacements, key=lambda pair: pair[0].start):
        written = place.text if value == place.value else _write(place, value)
        if written is None:
            return None
        pieces += [_with_article(text[done : place.start], place.text, written), written]
        done = place.end
    return "".join([*pieces, text[done:]])


def _with_article(before: str, old: str, new: str) -> str:
    """Mend the article in front of a changed number: "an 8-foot board" but "a 9-foot board"."""
    match = _ARTICLE.search(before)
    if match is None or _sounds_like_vowel(old) == _sounds_like_vowel(new):
        return before
    return before[: match.start(2)] + ("n" if _sounds_like_vowel(new) else "") + before[match.end(2) :]


def _sounds_like_vowel(number: str) -> bool:
    whole = number.split(".")[0].replace(",", "")
    leads = len(whole) % 3 == 2 and whole[:2] in ("11", "18")
    return whole[:1] in ("8", "e", "E") or leads


def _write(place: Place, value: Fraction) -> str | None:
    decimals = count_decimals(value)
    if decimals is None or decimals > max(2, count_decimals(place.value) or 0):
        return None
    return write_like(place.text, value)
