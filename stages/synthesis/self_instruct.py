"""Self-instruct within error types: ask the instructor, check what it writes, ask again for what is missing."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stages.arithmetic.checking import find_flaws
from stages.instructor.interface import Draft, Instructor, SynthesisRequest
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.files import content_id
from stages.pipeline.records import Candidate, Case, ErrorType, Rejected
from stages.synthesis.allocation import allocate
from stages.synthesis.novelty import NoveltyIndex

_FATAL = ("an equation does not hold", "last line is not the answer")


@dataclass(frozen=True)
class SynthesisParams:
    """How much to synthesize.

    Attributes:
        candidates: accepted problems wanted, over all error types.
        demonstrations: bad cases shown in one request.
        problems_per_request: problems asked for in one request.
        attempts: drafts allowed for each problem wanted, before a type ends with a shortfall.
    """

    candidates: int
    demonstrations: int
    problems_per_request: int
    attempts: int


def check(params: SynthesisParams) -> None:
    """Check the ranges.

    Raises:
        ParamsError: naming every number below 1.
    """
    wrong = [f"synthesize_data.amount.{name} must be at least 1, not {n}" for name, n in vars(params).items() if n < 1]
    if wrong:
        raise ParamsError("params.yaml: " + "; ".join(wrong))


@dataclass(frozen=True)
class Synthesized:
    """What came of it; `shortfall` counts problems wanted and not reached, by the error type's id."""

    accepted: list[Candidate]
    rejected: list[Rejected]
    shortfall: dict[str, int]


def synthesize(
    instructor: Instructor,
    types: Sequence[ErrorType],
    cases: Mapping[str, Sequence[Case]],
    known: NoveltyIndex,
    params: SynthesisParams,
    seed: int,
) -> Synthesized:
    """Write new problems for every error type, in proportion to its bad cases.

    Args:
        instructor: writes the problems.
        types: error types.
        cases: the bad cases of each type, by the type's id; demonstrations are drawn from these alone.
        known: problems that a new one must not copy; accepted ones are added to it.
        params: how much.
        seed: for the choice of demonstrations and for the instructor.
    """
    check(params)
    result = Synthesized([], [], {})
    quotas = allocate({error_type.id: error_type.size for error_type in types}, params.candidates)
    for error_type in types:
        work = _TypeWork(error_type, cases[error_type.id], quotas[error_type.id], params, seed)
        work.run(instructor, known, result)
    return result


class _TypeWork:
    """The requests for one error type."""

    def __init__(
        self, error_type: ErrorType, cases: Sequence[Case], quota: int, params: SynthesisParams, seed: int
    ) -> None:
        self._type = error_type
        self._quota = quota
        self._params = params
        self._seed = seed
        rng = random.Random(f"{seed}:{error_type.id}")
        self._cases = rng.sample(list(cases), len(cases))
        self._next = 0

    def run(self, instructor: Instructor, known: NoveltyIndex, result: Synthesized) -> None:
        missing, budget = self._quota, self._quota * self._params.attempts
        while missing > 0 and budget > 0:
            requests = self._requests(min(missing, budget))
            for request, drafts in zip(requests, instructor.synthesize(requests), strict=True):
                budget -= request.count
                for draft in drafts:
                    missing -= self._judge(request, draft, missing, known, result)
        if missing:
            result.shortfall[self._type.id] = missing

    def _requests(self, count: int) -> list[SynthesisRequest]:
        """Return requests for `count` problems, going round the cases in their shuffled order."""
        requests = []
        while count > 0:
            size = min(count, self._params.problems_per_request)
            shown = [self._take() for _ in range(min(self._params.demonstrations, len(self._cases)))]
            requests.append(self._request(tuple(shown), size))
            count -= size
        return requests

    def _take(self) -> Case:
        case = self._cases[self._next % len(self._cases)]
        self._next += 1
        return case

    def _request(self, shown: tuple[Case, ...], size: int) -> SynthesisRequest:
        # The position in the round makes a later request with the same demonstrations another one.
        identity = content_id(self._type.id, str(self._seed), str(self._next), str(size), *(case.id for case in shown))
        return SynthesisRequest(identity, self._type.id, self._type.name, shown, size, self._seed)

    def _judge(
        self, request: SynthesisRequest, draft: Draft, missing: int, known: NoveltyIndex, result: Synthesized
    ) -> int:
        """Accept or reject one draft; return how many were accepted, 0 or 1."""
        key = content_id(request.id, draft.question, draft.solution, str(len(result.rejected)))
        if draft.failure is not None:
            result.rejected.append(_rejected(key, request, draft, draft.failure))
            return 0
        flaw = _flaw(draft)
        if flaw is not None:
            result.rejected.append(_rejected(key, request, draft, flaw))
            return 0
        copy = known.near_copy(draft.question)
        if copy is not None:
            result.rejected.append(_rejected(key, request, draft, "near copy", copy.id, copy.similarity))
            return 0
        if missing <= 0:
            return 0
        candidate = Candidate(
            id=content_id(draft.question, draft.solution),
            question=draft.question,
            solution=draft.solution,
            answer=draft.answer,
            error_type_id=request.error_type_id,
            demonstration_ids=list(draft.demonstration_ids),
            request_id=request.id,
        )
        known.add({candidate.id: candidate.question})
        result.accepted.append(candidate)
        return 1


def _flaw(draft: Draft) -> str | None:
    """Return what is wrong with the arithmetic of a draft: an equation that does not hold, or another answer."""
    found = [flaw.code for flaw in find_flaws(draft.question, draft.solution, draft.answer)]
    return next((code for code in found if code in _FATAL), None)


def _rejected(
    key: str,
    request: SynthesisRequest,
    draft: Draft,
    reason: str,
    copies: str | None = None,
    similarity: float | None = None,
) -> Rejected:
    return Rejected(
        id=key,
        question=draft.question,
        solution=draft.solution,
        answer=draft.answer,
        error_type_id=request.error_type_id,
        demonstration_ids=list(draft.demonstration_ids),
        request_id=request.id,
        reason=reason,
        copies=copies,
        similarity=similarity,
    )
