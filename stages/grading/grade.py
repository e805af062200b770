r"""Grade one model output against a gold answer.

    >>> grade("72", "She sold 48 + 24 = 72 clips.\n#### 72").verdict
    <Verdict.CORRECT: 'correct'>

Grading is asymmetric (the gold decides what kind of answer is looked for), pure, and safe in threads and worker
processes. Any text gets a verdict, in a bounded time: plain numbers never reach SymPy, and what does is limited as
`stages.grading.symbolic` describes. A verdict of `failed` belongs to the request and is never given here.

Not covered: decimal commas and an answer that is right by accident of a wrong derivation.
"""

from dataclasses import dataclass

from stages.answers.notation import plain
from stages.answers.quantity import same_quantity
from stages.core.records import Problem
from stages.core.verdict import Verdict
from stages.grading.answer import Answer, Choice, Collection, Number, Words, quantity_in, read_gold, squeeze
from stages.grading.extraction import Kind, find_answer
from stages.grading.string_grader import string_verdict

MAX_SHOWN = 200
MAX_COMPARED = 1000


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict and the answer that it is about."""

    verdict: Verdict
    extracted: str | None
    """The answer as found, in plain notation and at most 200 characters long; None where there is none."""
    agrees: bool
    """Whether the string grader came to the same verdict."""


def grade(gold: str, output: str, *, truncated: bool = False) -> Grade:
    """Grade `output` against the final answer `gold`.

    `truncated` says that generation ended at the length limit: an answer then counts only if it was marked as one.
    """
    verdict, answer = _verdict(gold, output, truncated=truncated)
    return Grade(
        verdict=verdict,
        extracted=answer if len(answer or "") <= MAX_SHOWN else f"{(answer or '')[: MAX_SHOWN - 1]}…",
        agrees=string_verdict(gold, output, truncated=truncated) is verdict,
    )


def grade_problem(problem: Problem, output: str, *, truncated: bool) -> Grade:
    """Grade `output` as `grade` does; every output to a problem with a faulty gold is ungradable."""
    if problem.gold_fault is not None:
        return Grade(Verdict.UNGRADABLE, extracted=None, agrees=True)
    return grade(problem.answer, output, truncated=truncated)


def same_answer(one: str, other: str) -> bool:
    """Return whether two answers in plain notation are the same, the second read as the kind of the first."""
    if squeeze(one) == squeeze(other):
        return True
    expected = read_gold(one)
    return expected is not None and _matches(expected, one, other)


def _verdict(gold: str, output: str, *, truncated: bool) -> tuple[Verdict, str | None]:
    expected = read_gold(gold)
    if expected is None:
        return Verdict.UNGRADABLE, None
    found = find_answer(output, _kind(expected), marked_only=truncated)
    answer = plain(found) if found else ""
    if not answer:
        return Verdict.TRUNCATED if truncated else Verdict.NO_ANSWER, None
    return Verdict.CORRECT if _matches(expected, gold, answer) else Verdict.WRONG, answer


def _kind(expected: Answer) -> Kind:
    if isinstance(expected, Choice):
        return Kind.CHOICE
    if isinstance(expected, Words):
        return Kind.POLAR if expected.polar else Kind.WORDS
    return Kind.SEVERAL if isinstance(expected, Collection) and expected.several else Kind.ONE


def _matches(expected: Answer, gold: str, candidate: str) -> bool:
    if isinstance(expected, Number):
        quantity = quantity_in(candidate)
        if quantity is not None:
            return same_quantity(expected.quantity, quantity)
    same_text = squeeze(candidate) == squeeze(plain(gold))
    if same_text or len(candidate) > MAX_COMPARED:
        return same_text
    return expected.matches(candidate)
