"""Self-instruct: ask the instructor for new problems like those shown, check them, ask again for what is missing."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from stages.arithmetic.checking import find_flaws
from stages.instructor.interface import Draft, Example, Instructor, SynthesisRequest
from stages.pipeline.exceptions import ParamsError
from stages.pipeline.files import content_id
from stages.pipeline.records import Candidate, Rejected
from stages.synthesis.novelty import NoveltyIndex

_FATAL = ("an equation does not hold", "last line is not the answer")


@dataclass(frozen=True)
class SynthesisParams:
    """How much to synthesize.

    Attributes:
        candidates: accepted problems wanted, over all error types.
        demonstrations: problems shown in one request.
        problems_per_request: problems asked for in one request.
        attempts: drafts allowed for each problem wanted, before a topic ends with a shortfall.
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
class Topic:
    """What new problems are asked for: an error type, or whatever else `examples` have in common.

    Attributes:
        id: what the candidates carry as their `error_type_id`.
        name: of the error type, or empty.
        explanation: of the error type, or empty.
        examples: problems that demonstrations are drawn from; these alone.
        wanted: accepted problems wanted.
    """

    id: str
    name: str
    explanation: str
    examples: Sequence[Example]
    wanted: int


@dataclass(frozen=True)
class Synthesized:
    """What came of it; `shortfall` counts problems wanted and not reached, by the topic's id."""

    accepted: list[Candidate]
    rejected: list[Rejected]
    shortfall: dict[str, int]


def synthesize(
    instructor: Instructor,
    topics: Sequence[Topic],
    known: NoveltyIndex,
    params: SynthesisParams,
    *,
    strategy: str,
    seed: int,
) -> Synthesized:
    """Write new problems for every topic.

    Args:
        instructor: writes the problems.
        topics: what about, and how many of each.
        known: problems that a new one must not copy; accepted ones are added to it.
        params: how much.
        strategy: what the records name as their strategy.
        seed: for the choice of demonstrations and for the instructor.
    """
    check(params)
    result = Synthesized([], [], {})
    for topic in topics:
        _TopicWork(topic, params, strategy, seed).run(instructor, known, result)
    return result


class _TopicWork:
    """The requests for one topic."""

    def __init__(self, topic: Topic, params: SynthesisParams, strategy: str, seed: int) -> None:
        self._topic = topic
        self._params = params
        self._strategy = strategy
        self._seed = seed
        rng = random.Random(f"{seed}:{topic.id}")
        self._examples = rng.sample(list(topic.examples), len(topic.examples))
        self._next = 0

    def run(self, instructor: Instructor, known: NoveltyIndex, result: Synthesized) -> None:
        missing = self._topic.wanted
        budget = missing * self._params.attempts if self._examples else 0
        while missing > 0 and budget > 0:
            requests = self._requests(min(missing, budget))
            for request, drafts in zip(requests, instructor.synthesize(requests), strict=True):
                budget -= request.count
                for draft in drafts:
                    missing -= self._judge(request, draft, missing, known, result)
        if missing:
            result.shortfall[self._topic.id] = missing

    def _requests(self, count: int) -> list[SynthesisRequest]:
        """Return requests for `count` problems, going round the examples in their shuffled order."""
        requests = []
        while count > 0:
            size = min(count, self._params.problems_per_request)
            shown = [self._take() for _ in range(min(self._params.demonstrations, len(self._examples)))]
            requests.append(self._request(tuple(shown), size))
            count -= size
        return requests

    def _take(self) -> Example:
        example = self._examples[self._next % len(self._examples)]
        self._next += 1
        return example

    def _request(self, shown: tuple[Example, ...], size: int) -> SynthesisRequest:
        topic = self._topic
        # The position in the round makes a later request with the same demonstrations another one.
        identity = content_id(topic.id, str(self._seed), str(self._next), str(size), *(one.id for one in shown))
        return SynthesisRequest(identity, topic.id, topic.name, topic.explanation, shown, (), size, self._seed)

    def _judge(
        self, request: SynthesisRequest, draft: Draft, missing: int, known: NoveltyIndex, result: Synthesized
    ) -> int:
        """Accept or reject one draft; return how many were accepted, 0 or 1."""
        key = content_id(request.id, draft.question, draft.solution, str(len(result.rejected)))
        if draft.failure is not None:
            result.rejected.append(self._rejected(key, request, draft, draft.failure))
            return 0
        flaw = _flaw(draft)
        if flaw is not None:
            result.rejected.append(self._rejected(key, request, draft, flaw))
            return 0
        copy = known.near_copy(draft.question)
        if copy is not None:
            result.rejected.append(self._rejected(key, request, draft, "near copy", copy.id, copy.similarity))
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
            strategy=self._strategy,
        )
        known.add({candidate.id: candidate.question})
        result.accepted.append(candidate)
        return 1

    def _rejected(
        self,
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
            strategy=self._strategy,
            reason=reason,
            copies=copies,
            similarity=similarity,
        )


def _flaw(draft: Draft) -> str | None:
    """Return what is wrong with the arithmetic of a draft: an equation that does not hold, or another answer."""
    found = [flaw.code for flaw in find_flaws(draft.question, draft.solution, draft.answer)]
    return next((code for code in found if code in _FATAL), None)
