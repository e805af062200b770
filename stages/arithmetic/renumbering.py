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

from stages.answers.numerals import is_writable, parse_digits, write_like
from stages.arithmetic.answers import number_in
from stages.arithmetic.chains import Chain, Mention
from stages.arithmetic.sampling import sample_values
from stages.arithmetic.tracing import Refusal, trace

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_COMPARISON = re.compile(
    rf"{_NUMBER}[a-z ,]{{0,12}}(?:[<>]|\b(?:is|are|was|were)\b[a-z ]{{0,12}}\bthan)\s*(?:the )?\$?{_NUMBER}"
)
_ANNOTATION = re.compile(r"<<[^<>]*>>")
_ARTICLE = re.compile(r"\b([Aa])(n?) $")


@dataclass(frozen=True, slots=True)
class Renumbered:
    """A problem with new numbers; ``solution`` ends with its ``####`` line if the original did."""

    question: str
    solution: str
    answer: str


def renumber(question: str, solution: str, answer: str, rng: random.Random) -> Renumbered | Refusal:
    """Give a problem new numbers and the solution that follows from them.

    The same state of ``rng`` gives the same result. A problem with anything ambiguous in it is refused, or has the
    numbers in doubt kept.
    """
    chain = trace(question, solution, answer)
    if isinstance(chain, Refusal):
        return chain
    values = sample_values(question, chain, rng)
    if isinstance(values, Refusal):
        return values
    return _rewrite(chain, values, question, solution, answer)


def _rewrite(
    chain: Chain, values: Sequence[Fraction], question: str, solution: str, answer: str
) -> Renumbered | Refusal:
    new_solution = _replace(solution, ((mention, mention.readings[0].of(values)) for mention in chain.mentions))
    new_question = _replace(
        question,
        (
            (Mention(token.text, token.start, token.end, variable.value, ()), value)
            for variable, value in zip(chain.variables, values, strict=False)
            for token in variable.tokens
        ),
    )
    if new_solution is not None and _comparisons(solution) != _comparisons(new_solution):
        return Refusal("a comparison turns out otherwise")
    old = number_in(answer)
    final = next((mention for mention in reversed(chain.mentions) if mention.value == old), None)
    if new_solution is None or new_question is None or final is None:
        return Refusal("no valid numbers found")
    new_answer = write_like(answer.strip().lstrip("-$€£ "), final.readings[0].of(values))
    if new_answer is None:
        return Refusal("no valid numbers found")
    return Renumbered(new_question, new_solution, new_answer)


def _replace(text: str, replacements: Iterable[tuple[Mention, Fraction]]) -> str | None:
    pieces, done = [], 0
    for mention, value in sorted(replacements, key=lambda pair: pair[0].start):
        written: str | None = mention.text
        if value != mention.value:
            written = write_like(mention.text, value) if is_writable(mention.value, value) else None
        if written is None:
            return None
        pieces += [_with_article(text[done : mention.start], mention.text, written), written]
        done = mention.end
    return "".join([*pieces, text[done:]])


def _comparisons(solution: str) -> list[bool]:
    """Return how the comparisons of a solution turn out, as in "because 200 < 220" or "12 is less than 15"."""
    pairs = _COMPARISON.findall(_ANNOTATION.sub("", solution))
    return [parse_digits(left.rstrip(",")) < parse_digits(right.rstrip(",")) for left, right in pairs]


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
