"""One-shot selection: score a candidate by what it does as the only worked example before development cases.

The development cases are bad and good ones of the iteration, the same for every candidate. A candidate's score is the
mean of its scores on both halves, so that an example which mends some cases and spoils others is not kept for the first
alone. Two ways to score a development case:

- `accuracy`: 1 if the model, shown the example, solves the case, else 0 (SEI, arXiv 2505.22591).
- `likelihood`: how much more likely, in nats a token, the example makes the case's gold solution. It needs no
  generation, tells candidates apart where nearly all accuracies are 0, and is the way for small models.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from stages.grading.grade import grade
from stages.grading.verdict import Verdict
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.records import Candidate, Case, Score
from stages.target.chat import ChatFormat
from stages.target.generation import Generation, Stop


@dataclass(frozen=True)
class SelectionParams:
    """The `select_data` section.

    Attributes:
        score: how a development case is scored.
        bad_cases: development cases that the model gets wrong, at most.
        good_cases: development cases that it gets right, at most; there may be fewer.
        keep: fraction of the candidates to keep.
    """

    score: Literal["accuracy", "likelihood"]
    bad_cases: int
    good_cases: int
    keep: float


@dataclass(frozen=True)
class DevelopmentSet:
    """The cases on which every candidate is tried."""

    bad: list[Case]
    good: list[Case]

    def cases(self) -> list[Case]:
        """Return all of them, the bad ones first."""
        return [*self.bad, *self.good]


def draw(bad: Sequence[Case], good: Sequence[Case], params: SelectionParams, rng: random.Random) -> DevelopmentSet:
    """Draw the development cases.

    Raises:
        ParamsError: no bad case is asked for, or `keep` is no fraction.
    """
    if params.bad_cases < 1 or params.good_cases < 0 or not 0 < params.keep <= 1:
        raise ParamsError("params.yaml: select_data: bad_cases must be at least 1, good_cases 0, keep above 0 up to 1")
    return DevelopmentSet(
        rng.sample(list(bad), min(params.bad_cases, len(bad))),
        rng.sample(list(good), min(params.good_cases, len(good))),
    )


def trials(candidates: Sequence[Candidate], cases: Sequence[Case], chat: ChatFormat) -> dict[str, str]:
    """Return the prompt of each candidate before each case, by `trial_key`, and of each case without an example."""
    prompts = {trial_key("", case.id): chat.prompt(case.question) for case in cases}
    for candidate in candidates:
        example = [(candidate.question, candidate.solution)]
        prompts |= {trial_key(candidate.id, case.id): chat.prompt(case.question, example) for case in cases}
    return prompts


def trial_key(candidate_id: str, case_id: str) -> str:
    """Return the key of one trial; without a candidate it is the zero-shot trial of the case."""
    return f"{candidate_id or 'zero-shot'}/{case_id}"


def solved(case: Case, made: Generation) -> float:
    """Return 1.0 if the generation solves the case, else 0.0."""
    verdict = grade(case.answer, made.text, truncated=made.stop == Stop.LENGTH).verdict
    return float(verdict is Verdict.CORRECT)


def rank(
    candidates: Sequence[Candidate],
    development: DevelopmentSet,
    values: Mapping[str, float],
    params: SelectionParams,
) -> list[Score]:
    """Score every candidate and mark the best fraction as kept; the best come first, ties go by id.

    Args:
        candidates: all candidates.
        development: the cases that they were tried on.
        values: the value of each trial, by `trial_key`.
        params: how many to keep.
    """
    scores = [_score(candidate.id, development, values, params) for candidate in candidates]
    scores.sort(key=lambda score: (-score.score, score.candidate_id))
    kept = math.ceil(round(params.keep * len(scores), 6))  # 0.07 * 100 is 7.000000000000001
    return [
        Score(s.candidate_id, s.score, s.bad_score, s.good_score, s.cases, kept=i < kept) for i, s in enumerate(scores)
    ]


def _score(
    candidate_id: str, development: DevelopmentSet, values: Mapping[str, float], params: SelectionParams
) -> Score:
    def mean(cases: Sequence[Case]) -> float | None:
        gains = [_value(candidate_id, case, values, params) for case in cases]
        return round(sum(gains) / len(gains), 6) if gains else None

    bad, good = mean(development.bad), mean(development.good)
    halves = [half for half in (bad, good) if half is not None]
    score = round(sum(halves) / len(halves), 6)
    return Score(candidate_id, score, bad or 0.0, good, len(development.cases()), kept=False)


def _value(candidate_id: str, case: Case, values: Mapping[str, float], params: SelectionParams) -> float:
    value = values[trial_key(candidate_id, case.id)]
    if params.score == "likelihood":
        return value - values[trial_key("", case.id)]
    return value
