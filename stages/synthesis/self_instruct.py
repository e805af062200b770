"""Self-instruct: ask the instructor for new problems like those shown, check them, ask again for those missing.

A round covers all topics at once, so that an instructor behind a network always has many requests to work on. From its
second round on, a topic also shows problems accepted before (Self-Instruct, arXiv 2212.10560, shows six written by
people and two of its own).
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from stages.core.files import content_id
from stages.core.params import Count, CountOrZero, Share, section
from stages.instructor.interface import Draft, Example, Instructor, SynthesisRequest
from stages.synthesis import outcome
from stages.synthesis.allocation import allocate
from stages.synthesis.novelty import NoveltyIndex
from stages.synthesis.outcome import Finding, Origin, Synthesized
from stages.synthesis.screening import screen
from stages.synthesis.verification import VerificationParams

ENOUGH = "its seed has two problems, others have fewer"
MOST_OF_A_SEED = 2


@section
class AmountParams:
    """The `synthesize_data.amount` section.

    Attributes:
        candidates: accepted problems wanted, over all error types.
        exercises: share of them that are short exercises of the skill behind their error type, where it names one.
        demonstrations: problems shown in one request.
        accepted_shown: accepted problems shown beside them, once there are any.
        problems_per_request: problems asked for in one request.
        rounds: rounds that a topic takes if every draft is accepted.
        attempts: drafts allowed for each problem wanted; a topic that needs more ends with a shortfall.
    """

    candidates: Count
    exercises: Share
    demonstrations: Count
    accepted_shown: CountOrZero
    problems_per_request: Count
    rounds: Count
    attempts: Count


@dataclass(frozen=True)
class Topic:
    """The subject of new problems: an error type, or another set of examples.

    Attributes:
        id: the `error_type_id` of its candidates.
        set: the problem set of its examples, in whose style new problems are written.
        name: of the error type, or empty.
        explanation: of the error type, or empty.
        examples: problems that demonstrations are drawn from.
        wanted: accepted problems wanted.
        exercises: whether they are short exercises of the skill behind the error type.
    """

    id: str
    set: str
    name: str
    explanation: str
    examples: Sequence[Example]
    wanted: int
    exercises: bool = False


def synthesize(
    instructor: Instructor,
    topics: Sequence[Topic],
    known: NoveltyIndex,
    amount: AmountParams,
    verification: VerificationParams,
    *,
    strategy: str,
    seed: int,
) -> Synthesized:
    """Write new problems for every topic.

    Args:
        instructor: writes the problems, and solves them where they are verified.
        topics: subjects, with the number of problems wanted of each.
        known: problems that a new one must not copy; accepted ones are added to it.
        amount: sizes of requests and rounds.
        verification: how an instructor that can solve problems verifies its solutions.
        strategy: the name of the strategy, for the records.
        seed: for the choice of demonstrations and for the instructor.
    """
    works = [_TopicWork(topic, amount, strategy, seed) for topic in topics]
    while asked := [(work, request) for work in works for request in work.next_requests()]:
        written = instructor.synthesize([request for _, request in asked])
        made = [(*by, draft) for by, drafts in zip(asked, written, strict=True) for draft in drafts[: by[1].count]]
        before = len(known)
        findings = screen([draft for _, _, draft in made], known, instructor, verification, seed)
        for (work, request, draft), finding in zip(made, findings, strict=True):
            work.take(request, draft, finding, known, before)
    return outcome.join([work.result() for work in works])


def topics_by_set(key: str, name: str, explanation: str, examples: Sequence[Example], wanted: int) -> list[Topic]:
    """Return a topic for each problem set among the examples; they share the problems wanted in proportion."""
    sets = dict(sorted(Counter(example.set for example in examples).items())) or {"": 0}
    quotas = allocate(sets, wanted, 0) if examples else {"": wanted}
    return [
        Topic(key, of, name, explanation, [example for example in examples if example.set == of], quotas[of])
        for of in sets
    ]


def with_exercises(topics: Sequence[Topic], share: float, instructor: Instructor) -> list[Topic]:
    """Return each topic, behind it that share of it as exercises, where the instructor writes some for its name."""
    parts = []
    for topic in topics:
        count = round(topic.wanted * share)
        count = count if count and instructor.has_exercises(topic.name) else 0
        parts.append(replace(topic, wanted=topic.wanted - count))
        if count:
            parts.append(replace(topic, wanted=count, exercises=True))
    return parts


class _Seeds:
    """How often each example of a topic was made into a new problem.

    One that gave rise to `attempts` rejected problems is exhausted: no other waits for it.
    """

    def __init__(self, names: Sequence[str], attempts: int) -> None:
        self._accepted = Counter(dict.fromkeys(names, 0))
        self._asked: Counter[str] = Counter()  # in the running round
        self._failures: Counter[str] = Counter()
        self._attempts = attempts

    def start_round(self) -> None:
        self._asked.clear()

    def next(self, count: int) -> list[str]:
        """Return the `count` names with fewest problems, as if all that the round asks for were accepted."""
        order = sorted(
            self._accepted, key=lambda name: (self._is_exhausted(name), self._accepted[name] + self._asked[name])
        )
        self._asked.update(order[:count])
        return order[:count]

    def add(self, names: Sequence[str], *, accepted: bool) -> None:
        (self._accepted if accepted else self._failures).update(names)

    def has_enough_of(self, names: Sequence[str]) -> bool:
        """Tell whether a problem of one example would be its third while others have fewer than two."""
        if len(names) != 1 or self._accepted[names[0]] < MOST_OF_A_SEED:
            return False
        return any(count < MOST_OF_A_SEED and not self._is_exhausted(name) for name, count in self._accepted.items())

    def _is_exhausted(self, name: str) -> bool:
        return self._failures[name] >= self._attempts


class _TopicWork:
    """The requests for one topic and their outcome."""

    def __init__(self, topic: Topic, amount: AmountParams, strategy: str, seed: int) -> None:
        self._topic = topic
        self._amount = amount
        self._strategy = strategy
        self._seed = seed
        self._rng = random.Random(f"{seed}:{topic.id}")
        shuffled = self._rng.sample(list(topic.examples), len(topic.examples))
        self._examples = {example.id: example for example in shuffled}
        self._shown = 0
        self._seeds = _Seeds(list(self._examples), amount.attempts)
        self._missing = topic.wanted
        self._budget = topic.wanted * amount.attempts if topic.examples else 0
        self._result = Synthesized([], [], {})

    def next_requests(self) -> list[SynthesisRequest]:
        """Return the requests of the next round, none when enough are accepted or attempts are used up."""
        size = self._amount.problems_per_request
        requests_a_round = -(-self._topic.wanted // (size * self._amount.rounds))
        count = min(self._missing, self._budget, size * requests_a_round)
        self._seeds.start_round()
        self._budget -= count
        return [self._request(min(size, count - start)) for start in range(0, count, size)]

    def _request(self, count: int) -> SynthesisRequest:
        topic, seed = self._topic, self._seed
        demonstrations = self._next_demonstrations()
        accepted = self._draw_accepted()
        # The number shown before makes the id of a later request with the same demonstrations differ.
        ids = [example.id for example in (*demonstrations, *accepted)]
        kind = ["exercises"] if topic.exercises else []
        return SynthesisRequest(
            content_id(topic.id, str(seed), str(self._shown), str(count), *ids, *kind),
            topic.id,
            topic.name,
            topic.explanation,
            demonstrations,
            accepted,
            count,
            seed,
            topic.exercises,
        )

    def _next_demonstrations(self) -> tuple[Example, ...]:
        """Return the examples whose turn it is, in shuffled order."""
        names = self._seeds.next(self._amount.demonstrations)
        self._shown += len(names)
        return tuple(self._examples[name] for name in names)

    def _draw_accepted(self) -> tuple[Example, ...]:
        accepted = self._result.accepted
        drawn = self._rng.sample(accepted, min(self._amount.accepted_shown, len(accepted)))
        return tuple(Example(one.id, one.question, one.solution, one.answer, one.set) for one in drawn)

    def take(self, request: SynthesisRequest, draft: Draft, finding: Finding, known: NoveltyIndex, before: int) -> None:
        """Accept or reject a draft, or ignore a sound one that is not wanted; `before` questions were known before."""
        if not finding.reasons:
            if self._missing <= 0:
                return
            (match,) = known.matches([draft.question], since=before, short=draft.skill is not None)
            finding = finding.with_match(match)
        if not finding.reasons and draft.skill is None and self._seeds.has_enough_of(draft.demonstration_ids):
            finding = replace(finding, reasons=(ENOUGH,))
        origin = Origin(self._strategy, request.error_type_id, request.id, self._topic.set)
        candidate = self._result.add(draft, origin, finding)
        self._seeds.add(draft.demonstration_ids, accepted=candidate is not None)
        if candidate:
            known.add({candidate.id: candidate.question}, "accepted")
            self._missing -= 1

    def result(self) -> Synthesized:
        """Return the outcome of the topic."""
        if self._missing:
            self._result.shortfall[self._topic.id] = self._missing
        return self._result
