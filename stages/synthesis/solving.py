"""Solutions of candidates: which tries are right, and which of them are trained on.

A problem can be certified and its worked solution still be of a kind from which the target learns little, such as a
terse one for a model that thinks aloud. So others write solutions too, and those that reach the certified answer are
kept. A right answer can come from a wrong way (`40 - 200 = 20`), so that a solution with a false equation is dropped.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.outputs import read_output
from stages.core.files import content_id
from stages.core.grouping import grouped
from stages.core.params import Count, CountOrZero, Number, Share, section
from stages.core.records import Candidate, Solution
from stages.core.solutions import INSTRUCTOR, TARGET, WORKED, pass_rates
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Attempt
from stages.synthesis.latex_equations import false_equation

AUTHORS = {"worked": (WORKED,), "target": (TARGET,), "instructor": (INSTRUCTOR,), "both": (TARGET, INSTRUCTOR)}
"""Whose solutions are trained on, by the value of `solve_candidates.solutions`."""

_SAMPLED = (TARGET, INSTRUCTOR)


@section
class Samples:
    """Tries at each candidate by author; a single one of the target is greedy."""

    target: CountOrZero
    instructor: CountOrZero


@section
class SolveCandidates:
    """The `solve_candidates` section.

    Attributes:
        solutions: whose solutions are trained on.
        samples: tries at each candidate; those of an author who is not trained on tell its pass rate alone.
        temperature: that several tries of the target are drawn at.
        keep: most solutions of one candidate that are trained on.
        order: the first to be kept: the shortest, or those that are likeliest to the target, by token.
        unsolved: what becomes of a candidate without a right try: `drop`, or `worked` for its worked solution.
        max_pass_rate: candidates that the target solves more often are left out, apart from `good_cases`.
        min_pass_rate: candidates that its best author solves less often are left out.
    """

    solutions: Literal["worked", "target", "instructor", "both"]
    samples: Samples
    temperature: Annotated[Number, Field(ge=0)]
    keep: Count
    order: Literal["shortest", "likelihood"]
    unsolved: Literal["drop", "worked"]
    max_pass_rate: Share
    min_pass_rate: Share

    @property
    def uses_target(self) -> bool:
        """Whether the target is run."""
        return bool(self.samples.target) or self.order == "likelihood"

    @model_validator(mode="after")
    def _check(self) -> Self:
        for author in AUTHORS[self.solutions]:
            if author != WORKED and not getattr(self.samples, author):
                raise ValueError(f"samples.{author} is 0, and solutions is `{self.solutions}`; ask for 1 or more")
        return self


def worked(candidate: Candidate) -> Solution:
    """Return the solution that was written with a candidate."""
    return _solution(candidate, WORKED, 0, candidate.solution, None, Verdict.CORRECT, None)


def of_target(candidate: Candidate, sample: int, text: str, tokens: int, *, truncated: bool) -> Solution:
    """Grade a try of the target at a candidate."""
    return _graded(candidate, TARGET, sample, Attempt(text, truncated, None), tokens)


def of_instructor(candidate: Candidate, sample: int, attempt: Attempt) -> Solution:
    """Grade a try of the instructor at a candidate."""
    return _graded(candidate, INSTRUCTOR, sample, attempt, None)


def _graded(candidate: Candidate, author: str, sample: int, attempt: Attempt, tokens: int | None) -> Solution:
    if attempt.failure:
        return _solution(candidate, author, sample, attempt.text, tokens, Verdict.FAILED, attempt.failure)
    verdict = grade(candidate.answer, attempt.text, truncated=attempt.truncated).verdict
    fault = _fault(attempt) if verdict is Verdict.CORRECT else verdict.value
    return _solution(candidate, author, sample, attempt.text.strip(), tokens, verdict, fault)


def _fault(attempt: Attempt) -> str | None:
    """Return why a try with the right answer is nothing to learn from, or None."""
    if attempt.truncated:
        return "was cut"
    text = without_thoughts(attempt.text)
    holds = all(equation.holds for equation in read_output(text).equations)
    return None if holds and not false_equation(text) else "an equation does not hold"


def _solution(
    candidate: Candidate,
    author: str,
    sample: int,
    text: str,
    tokens: int | None,
    verdict: Verdict,
    reason: str | None,
) -> Solution:
    results = _results(text)
    return Solution(
        id=content_id(candidate.id, author, str(sample), text),
        candidate_id=candidate.id,
        author=author,
        sample=sample,
        text=text,
        tokens=tokens,
        verdict=verdict,
        results=len(results),
        certified_results=len(results & _results(candidate.solution)),
        kept=reason is None,
        reason=reason,
    )


def _results(text: str) -> set[Fraction]:
    """Return the numbers that the equations of a text lead to."""
    return {equation.stated for equation in read_output(text).equations if equation.stated is not None}


def choose(
    candidates: Sequence[Candidate],
    solutions: Sequence[Solution],
    params: SolveCandidates,
    likelihoods: Mapping[str, float],
) -> list[Solution]:
    """Return all solutions, of which those to train on are kept and the others have the reason why not.

    Those of a candidate that are kept come first, in their order.

    Args:
        candidates: in whose order the solutions are returned.
        solutions: the tries of all authors; those with a fault are not kept already.
        params: the section.
        likelihoods: of solutions by their id, where `order` is by likelihood.
    """
    rates = {author: pass_rates(solutions, author) for author in _SAMPLED}
    own = grouped(solutions, lambda solution: solution.candidate_id)
    chosen = []
    for candidate in candidates:
        reason = _too_easy_or_hard(candidate, rates, params)
        chosen += _left_out(own[candidate.id], reason) if reason else _keep(own[candidate.id], params, likelihoods)
    return chosen


def _too_easy_or_hard(
    candidate: Candidate, rates: Mapping[str, Mapping[str, float]], params: SolveCandidates
) -> str | None:
    known = {author: rates[author][candidate.id] for author in _SAMPLED if candidate.id in rates[author]}
    if known.get(TARGET, 0.0) > params.max_pass_rate and candidate.strategy != "good_cases":
        return "the target solves it already"
    return "too hard" if known and max(known.values()) < params.min_pass_rate else None


def _left_out(solutions: Sequence[Solution], reason: str) -> list[Solution]:
    return [replace(one, kept=False, reason=one.reason or reason) for one in solutions]


def _keep(solutions: Sequence[Solution], params: SolveCandidates, likelihoods: Mapping[str, float]) -> list[Solution]:
    """Keep the first distinct ones, of the authors to be trained on, and return them in front of the others."""
    authors = AUTHORS[params.solutions]
    right = [one for one in solutions if one.kept and one.author in authors]
    if not right and params.unsolved == "worked":
        authors = (WORKED,)
        right = [one for one in solutions if one.author == WORKED]
    first: dict[str, str] = {}
    for one in sorted(right, key=lambda one: -likelihoods.get(one.id, -math.inf) if likelihoods else len(one.text)):
        first.setdefault(" ".join(one.text.split()), one.id)
    kept = list(first.values())[: params.keep]
    chosen = [replace(one, kept=one.id in kept, reason=_reason(one, authors, kept, first)) for one in solutions]
    return sorted(chosen, key=lambda one: kept.index(one.id) if one.kept else len(kept))


def _reason(one: Solution, authors: Sequence[str], kept: Sequence[str], first: Mapping[str, str]) -> str | None:
    if one.id in kept or one.reason:
        return one.reason
    if one.author not in authors:
        return f"of another author: {one.author}"
    return "there are enough" if one.id in first.values() else "repeats another"
