"""Run the trials of one-shot selection, round by round, with a journal.

Candidates go in waves, as many as whose cached examples fit into memory. In a wave, a round tries all candidates that
are still in the running on the next case, or on several cases where there are few candidates. Between rounds,
candidates that can no longer be kept are stopped; a wave that comes later is measured against those before it.

A round is the unit of work: its results enter the journal together, so that `kill -9` costs the round in flight.
Which trials make a round follows from the results before it, and a round is always computed whole; a run that goes on
after a kill therefore ends with the same values, in bfloat16 too.

    {"key": "<candidate>/<case>", "value": {"likelihood": -0.41, "generation": {...}}}
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stages.grading.grade import grade
from stages.grading.verdict import SCORED, Verdict
from stages.pipeline import progress
from stages.pipeline.files import content_id
from stages.pipeline.journal import Journal
from stages.pipeline.records import Candidate, Case
from stages.selection import prompts
from stages.selection.development import DevelopmentSet, telling_first
from stages.selection.prompts import ExamplePrompts
from stages.selection.ranking import Attempt, Outcome, groups, stop_hopeless
from stages.selection.settings import SelectionParams
from stages.target.chat import ChatFormat
from stages.target.generation import Engine, Generation, Reply, Request, Stop, Tokens, journal_path, make_batches

_WAVE = 2  # cached examples of a wave, in batches' worth of tokens
_ROUND = 4  # trials of a round, in batches' worth of tokens, unless one case makes more


@dataclass(frozen=True)
class Trying:
    """How trials are run: the params, the model's chat format and fingerprint, and bounds in tokens."""

    params: SelectionParams
    chat: ChatFormat
    fingerprint: str
    max_new_tokens: int
    batch_tokens: int

    @property
    def generates(self) -> bool:
        """Tell whether trials need a generation."""
        return self.params.score == "accuracy"


def attempt_all(
    engine: Engine, candidates: Sequence[Candidate], development: DevelopmentSet, trying: Trying
) -> list[Attempt]:
    """Try the candidates on the development cases and return their outcomes, in the candidates' order."""
    cases = development.cases()
    attempts = {name: Attempt(name, group) for name, group in groups(candidates, trying.params.keep).items()}
    with (
        Journal(journal_path(_journal_name(candidates, cases, trying))) as journal,
        progress.bar(len(candidates) * len(cases), "trial", "select") as bar,
    ):
        zero_shot = _zero_shot(engine, cases, trying, journal)
        development = telling_first(development, zero_shot)
        for wave in _waves(engine, candidates, cases, trying):
            members = [attempts[candidate_id] for candidate_id in wave.prompts]
            for trials in _rounds(development.cases(), members, wave.largest(), trying):
                values = wave.run([(attempt.candidate_id, case.id) for attempt, case in trials], journal)
                for attempt, case in trials:
                    value = values[attempt.candidate_id, case.id]
                    attempt.outcomes[case.id] = _outcome(value, case, zero_shot.get(case.id))
                bar.update(len(trials))
                if trying.generates:
                    stop_hopeless(list(attempts.values()), development, trying.params.keep)
    return list(attempts.values())


class _Wave:
    """Candidates whose cached examples are in memory together."""

    def __init__(
        self, engine: Engine, found: Mapping[str, ExamplePrompts], golds: Mapping[str, Tokens], trying: Trying
    ):
        self.prompts = found
        self._engine = engine
        self._golds = golds
        self._trying = trying
        self._pasts: dict[str, Any] = {}

    def largest(self) -> int:
        """Return the tokens of the longest trial."""
        return max(self._tokens(name, case_id) for name, found in self.prompts.items() for case_id in found.rests)

    def run(self, trials: Sequence[tuple[str, str]], journal: Journal) -> dict[tuple[str, str], Any]:
        """Return the journal's value of each trial, None for one that failed; run the trials unless all are there.

        A trial fails if it is longer than the model can read, or if the model computes no finite number.
        """
        limit = self._engine.context
        possible = [trial for trial in trials if limit is None or self._tokens(*trial) <= limit]
        if possible and journal.missing(_key(*trial) for trial in possible):
            replies = self._replies(possible)
            journal.add({_key(*trial): _value(reply) for trial, reply in zip(possible, replies, strict=True)})
        return {**dict.fromkeys(trials), **{trial: journal[_key(*trial)] for trial in possible}}

    def _replies(self, trials: Sequence[tuple[str, str]]) -> list[Reply]:
        if not self._pasts:
            self._remember()
        requests = [
            Request(self._pasts[name], self.prompts[name].rests[case_id], self._golds[case_id])
            for name, case_id in trials
        ]
        run = self._engine.attempts if self._trying.generates else self._engine.likelihoods
        return run(requests, self._trying.batch_tokens)

    def _remember(self) -> None:
        # Always the whole wave, in the same batches: a run that goes on must compute what the first one did.
        limit = self._engine.context or math.inf
        sizes = {name: len(found.prefix) for name, found in self.prompts.items() if len(found.prefix) <= limit}
        for batch in make_batches(sizes, self._trying.batch_tokens):
            pasts = self._engine.pasts([self.prompts[name].prefix for name in batch])
            self._pasts |= zip(batch, pasts, strict=True)

    def _tokens(self, candidate_id: str, case_id: str) -> int:
        found = self.prompts[candidate_id]
        new = max(self._trying.max_new_tokens if self._trying.generates else 0, len(self._golds[case_id]))
        return len(found.prefix) + len(found.rests[case_id]) + new


def _waves(engine: Engine, candidates: Sequence[Candidate], cases: Sequence[Case], trying: Trying) -> Iterator[_Wave]:
    golds = dict(
        zip(
            [case.id for case in cases], engine.encode([trying.chat.completion(c.solution) for c in cases]), strict=True
        )
    )
    wave: dict[str, ExamplePrompts] = {}
    tokens = 0
    for candidate in candidates:
        found = prompts.split(candidate, cases, trying.chat, engine)
        tokens += len(found.prefix)
        if wave and tokens > _WAVE * trying.batch_tokens:
            yield _Wave(engine, wave, golds, trying)
            wave, tokens = {}, len(found.prefix)
        wave[candidate.id] = found
    yield _Wave(engine, wave, golds, trying)


def _rounds(
    cases: Sequence[Case], members: Sequence[Attempt], tokens: int, trying: Trying
) -> Iterator[list[tuple[Attempt, Case]]]:
    """Yield the trials of one round after the other, of members that are not stopped when the round begins."""
    done = 0
    while done < len(cases) and (running := [attempt for attempt in members if not attempt.stopped]):
        count = max(1, _ROUND * trying.batch_tokens // (tokens * len(running)))
        yield [(attempt, case) for case in cases[done : done + count] for attempt in running]
        done += count


def _zero_shot(engine: Engine, cases: Sequence[Case], trying: Trying, journal: Journal) -> dict[str, float]:
    """Return the likelihood of each case's gold solution without an example, where it can be had."""
    if not engine.has_likelihoods:
        return {}
    pairs = {case.id: (trying.chat.prompt(case.question), trying.chat.completion(case.solution)) for case in cases}
    whole = engine.encode([prompt + completion for prompt, completion in pairs.values()])
    sizes = {name: len(ids) for name, ids in zip(pairs, whole, strict=True) if len(ids) <= (engine.context or math.inf)}
    for batch in make_batches(sizes, trying.batch_tokens):
        if journal.missing(_key("", case_id) for case_id in batch):
            found = engine.log_likelihoods([pairs[case_id] for case_id in batch])
            journal.add({_key("", case_id): value for case_id, value in zip(batch, found, strict=True)})
    return {case_id: journal[_key("", case_id)] for case_id in sizes if math.isfinite(journal[_key("", case_id)])}


def _journal_name(candidates: Sequence[Candidate], cases: Sequence[Case], trying: Trying) -> str:
    settings = [trying.fingerprint, trying.params.score, str(trying.batch_tokens)]
    if trying.generates:  # what is kept decides who is stopped, and so which trials run together
        settings.append(json.dumps(asdict(trying.params.keep), sort_keys=True))
        settings += [candidate.error_type_id for candidate in candidates]
    return content_id(*settings, prompts.fingerprint(candidates, cases, trying.chat))


def _key(candidate_id: str, case_id: str) -> str:
    return f"{candidate_id or 'zero-shot'}/{case_id}"


def _value(reply: Reply) -> dict[str, Any] | None:
    if reply.likelihood is not None and not math.isfinite(reply.likelihood):
        return None
    generation = asdict(reply.generation) if reply.generation else None
    return {"likelihood": reply.likelihood, "generation": generation}


def _outcome(value: dict[str, Any] | None, case: Case, zero_shot: float | None) -> Outcome:
    if value is None:
        return Outcome(None, None)
    likelihood = value["likelihood"]
    gain = None if zero_shot is None or likelihood is None else likelihood - zero_shot
    return Outcome(solved(case, Generation(**value["generation"])) if value["generation"] else None, gain)


def solved(case: Case, made: Generation) -> bool | None:
    """Tell whether a generation solves a case, None where the case's gold answer cannot be used."""
    verdict = grade(case.answer, made.text, truncated=made.stop == Stop.LENGTH).verdict
    return verdict is Verdict.CORRECT if verdict in SCORED else None
