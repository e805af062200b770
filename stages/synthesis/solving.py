"""Solutions of candidates: which tries are right, and which of them are trained on.

A problem can be certified and its worked solution still be of a kind from which the target learns little, such as a
terse one for a model that thinks aloud. So others write solutions too, and those that reach the certified answer are
kept. A right answer can come from a wrong way (`40 - 200 = 20`), so that a solution with a false equation is dropped.
One whose results come out of a program is dropped too: trained on such, a target makes up what code would print.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from stages.answers.thoughts import without_thoughts
from stages.arithmetic.equations import Equation
from stages.arithmetic.outputs import read_output
from stages.arithmetic.python_code import without_blocks
from stages.core.files import content_id
from stages.core.grouping import grouped
from stages.core.params import Count, CountOrZero, Number, Share, section
from stages.core.records import Candidate, Problem, Solution
from stages.core.solutions import INSTRUCTOR, TARGET, WORKED, pass_rates
from stages.core.verdict import Verdict
from stages.grading.grade import grade
from stages.instructor.interface import Attempt
from stages.model.generation import Sampling
from stages.synthesis.latex_equations import false_equation

AUTHORS = {"worked": (WORKED,), "target": (TARGET,), "instructor": (INSTRUCTOR,), "both": (TARGET, INSTRUCTOR)}
"""Whose solutions are trained on, by the value of `solve_candidates.solutions`."""

_SAMPLED = AUTHORS["both"]


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
        max_pass_rate: candidates that the target solves more often are left out, apart from exercises and `good_cases`.
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
        if self.solutions in ("target", "both") and self.samples.target == 1 and self.max_pass_rate < 1:
            raise ValueError(
                "samples.target is 1: a right try makes a pass rate of 1, above max_pass_rate, and nothing would be "
                "kept; ask for more, or set max_pass_rate to 1.0"
            )
        if self.solutions == "worked" and self.order == "likelihood":
            raise ValueError("order is `likelihood`, and solutions is `worked`: there is nothing to order")
        Sampling(max(1, self.samples.target), self.temperature)  # refuses samples that would all be the same
        return self


def faults(params: SolveCandidates, strategy: str, provider: str, score: str, method: str) -> list[str]:
    """Return the solutions that nobody can write or that would replace what is wanted, and what others lack of them.

    Args:
        params: the section.
        strategy: of `synthesize_data`.
        provider: of solutions.
        score: of `select_data`.
        method: of `train`.
    """
    lines = []
    if strategy == "corrections" and params.solutions != "worked":
        lines.append(
            f"solve_candidates.solutions: {params.solutions} would replace the corrections that "
            "synthesize_data.strategy asks for; set it to worked"
        )
    if params.samples.instructor and provider == "symbolic":
        lines.append(
            "solve_candidates.samples.instructor: the provider of solutions is `symbolic`, which solves nothing; set "
            "instructor.providers.solutions to openai or local"
        )
    if score == "difficulty" and not params.samples.target:
        lines.append("select_data.score: difficulty needs solve_candidates.samples.target, which is 0")
    if method == "dpo" and (TARGET not in AUTHORS[params.solutions] or params.samples.target < 2):
        lines.append(
            "train.method: dpo needs right and wrong solutions of the target: set solve_candidates.solutions to target "
            "or both, and its samples.target to 2 or more"
        )
    return lines


def to_problem(candidate: Candidate, max_new_tokens: int | None) -> Problem:
    """Return a candidate as a problem for the target."""
    return Problem(
        id=candidate.id,
        question=candidate.question,
        solution=candidate.solution,
        answer=candidate.answer,
        group="",
        gold_fault=None,
        set=candidate.set,
        level=None,
        max_new_tokens=max_new_tokens,
    )


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
    fault: str | None = verdict.value
    if attempt.truncated and verdict in (Verdict.CORRECT, Verdict.WRONG):
        fault = "was cut"
    elif verdict is Verdict.CORRECT:
        fault = fault_of(attempt.text)
    return _solution(candidate, author, sample, attempt.text.strip(), tokens, verdict, fault)


def fault_of(solution: str) -> str | None:
    """Return why a solution with the right answer is nothing to learn from, or None."""
    text = without_thoughts(solution)
    if without_blocks(text) != text:
        return "computes in code that nobody runs"
    holds = all(equation.holds for equation in _equations(solution.strip()))
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
    return {equation.stated for equation in _equations(text) if equation.stated is not None}


@lru_cache(maxsize=64)  # a try is read for its faults and its results, a worked solution for each try
def _equations(text: str) -> tuple[Equation, ...]:
    return read_output(without_thoughts(text)).equations


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
    exempt = candidate.strategy == "good_cases" or candidate.skill is not None
    if known.get(TARGET, 0.0) > params.max_pass_rate and not exempt:
        return "the target solves it already"
    return "too hard" if known and max(known.values()) < params.min_pass_rate else None


def _left_out(solutions: Sequence[Solution], reason: str) -> list[Solution]:
    return [replace(one, kept=False, reason=one.reason or reason) for one in solutions]


def _keep(solutions: Sequence[Solution], params: SolveCandidates, likelihoods: Mapping[str, float]) -> list[Solution]:
    """Keep the first distinct ones, of the authors to be trained on, and return them in front of the others."""
    authors = AUTHORS[params.solutions]
    if params.unsolved == "worked" and not any(one.kept and one.author in authors for one in solutions):
        authors = (WORKED,)
    seen: set[str] = set()
    reasons: dict[str, str | None] = {}
    for one in sorted(solutions, key=lambda one: -likelihoods.get(one.id, -math.inf) if likelihoods else len(one.text)):
        text = " ".join(one.text.split())
        reasons[one.id] = one.reason or _reason(one.author, authors, text in seen, len(seen) < params.keep)
        if reasons[one.id] is None:
            seen.add(text)
    places = {name: place for place, (name, reason) in enumerate(reasons.items()) if reason is None}
    first = sorted(solutions, key=lambda one: places.get(one.id, len(solutions)))
    return [replace(one, kept=reasons[one.id] is None, reason=reasons[one.id]) for one in first]


def _reason(author: str, authors: Sequence[str], is_repeated: bool, has_room: bool) -> str | None:
    if author not in authors:
        return f"of another author: {author}"
    if is_repeated:
        return "repeats another"
    return None if has_room else "there are enough"
