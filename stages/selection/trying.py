"""Run the trials of one-shot selection, step by step, with a journal.

For `accuracy` the candidates race (`stages.selection.racing`): in a step, those that may still be kept are tried on
their next cases; after it, those that cannot are stopped. How many trials a step has depends on whether all cached
examples fit into memory, and on whether workers do many units at once; the scores of those that run to their end, and
so what is kept, do not. For `likelihood` there is one step.

A unit of work enters the journal whole, so that `kill -9` costs the units in hand. Which trials make a unit follows
from the results before it and not from the number of workers; a run that goes on after a kill therefore ends with the
same values, in bfloat16 too.

    {"key": "<candidate>/<case>", "value": {"likelihood": -0.41, "generation": {...}}}
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stages.grading.grade import grade
from stages.grading.verdict import SCORED, Verdict
from stages.pipeline import progress
from stages.pipeline.files import content_id
from stages.pipeline.journal import Journal
from stages.pipeline.records import Candidate, Case
from stages.selection import prompts, racing, waves
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import Attempt, Outcome, groups
from stages.selection.settings import SelectionParams
from stages.selection.waves import Limits, Pool, Trial, Unit
from stages.target.chat import ChatFormat
from stages.target.generation import Engine, Generation, Stop, Workers, journal_path, make_batches


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
    workers: Workers, candidates: Sequence[Candidate], development: DevelopmentSet, trying: Trying
) -> list[Attempt]:
    """Try the candidates on the development cases and return their outcomes, in the candidates' order."""
    cases = development.cases()
    attempts = {name: Attempt(name, group) for name, group in groups(candidates, trying.params.keep).items()}
    limits = Limits(trying.generates, trying.max_new_tokens, trying.batch_tokens, workers.context)
    by_id = {case.id: case for case in cases}
    with (
        Journal(journal_path(_journal_name(workers, candidates, cases, trying))) as journal,
        progress.bar(len(candidates) * len(cases), "trial", "select") as bar,
    ):
        zero_shot = _zero_shot(workers, cases, trying, journal)
        pool = Pool(workers, candidates, cases, trying.chat, limits)
        steps = _race(pool, attempts, development, trying) if trying.generates else _straight(pool, attempts, cases)
        for step in steps:
            for unit, values in _run(workers, step, journal):
                for name, case_id in (trial for trials in unit.rounds for trial in trials):
                    outcome = _outcome(values[name, case_id], by_id[case_id], zero_shot.get(case_id))
                    attempts[name].outcomes[case_id] = outcome
                bar.update(len(values))
    return list(attempts.values())


def _straight(pool: Pool, attempts: Iterable[str], cases: Sequence[Case]) -> Iterator[list[Unit]]:
    """Yield the trials of every candidate on every case."""
    everything = [case.id for case in cases]
    return pool.units(dict.fromkeys(attempts, everything))


def _race(
    pool: Pool, attempts: Mapping[str, Attempt], development: DevelopmentSet, trying: Trying
) -> Iterator[list[Unit]]:
    """Yield trials of those that may be kept; the outcomes must have been entered when the next ones are asked for."""
    every, keep = list(attempts.values()), trying.params.keep
    racing.stop_hopeless(every, development, keep)
    while running := racing.frontier(every, development, keep):
        yield from pool.units(racing.next_cases(running, every, development, pool.cases_each(len(running))))
        racing.stop_hopeless(every, development, keep)


def _run(
    workers: Workers, units: Sequence[Unit], journal: Journal
) -> Iterator[tuple[Unit, dict[Trial, dict[str, Any] | None]]]:
    """Yield each unit with the journal's value of each trial, None for one that failed; run what is not there.

    A trial fails if it is longer than the model can read, or if the model computes no finite number.
    """
    possible = [Unit(unit.wave, [unit.wave.possible(trials) for trials in unit.rounds]) for unit in units]
    todo = [
        Unit(unit.wave, missing)
        for unit in possible
        if (missing := [trials for trials in unit.rounds if journal.missing(_key(*trial) for trial in trials)])
    ]
    for _, values in workers.each(waves.run, todo):
        journal.add({_key(*trial): value for trial, value in values.items()})
    for unit, can in zip(units, possible, strict=True):
        failed = dict.fromkeys(trial for trials in unit.rounds for trial in trials)
        yield unit, {**failed, **{trial: journal[_key(*trial)] for trials in can.rounds for trial in trials}}


def _zero_shot(workers: Workers, cases: Sequence[Case], trying: Trying, journal: Journal) -> dict[str, float]:
    """Return the likelihood of each case's gold solution without an example, where it can be had."""
    if not workers.has_likelihoods:
        return {}
    limit = workers.context or math.inf
    pairs = {case.id: (trying.chat.prompt(case.question), trying.chat.completion(case.solution)) for case in cases}
    whole = workers.encode([prompt + completion for prompt, completion in pairs.values()])
    sizes = {name: len(ids) for name, ids in zip(pairs, whole, strict=True) if len(ids) <= limit}
    batches = make_batches(sizes, trying.batch_tokens)
    todo = [batch for batch in batches if journal.missing(_key("", case_id) for case_id in batch)]
    for place, found in workers.each(_log_likelihoods, [[pairs[case_id] for case_id in batch] for batch in todo]):
        journal.add({_key("", case_id): value for case_id, value in zip(todo[place], found, strict=True)})
    return {case_id: journal[_key("", case_id)] for case_id in sizes if math.isfinite(journal[_key("", case_id)])}


def _log_likelihoods(engine: Engine, pairs: Sequence[tuple[str, str]]) -> list[float]:
    return engine.log_likelihoods(pairs)


def _journal_name(workers: Workers, candidates: Sequence[Candidate], cases: Sequence[Case], trying: Trying) -> str:
    settings = [trying.fingerprint, trying.params.score, str(trying.batch_tokens)]
    if trying.generates:  # what is kept decides who is stopped, and so which trials run together
        settings.append(json.dumps(asdict(trying.params.keep), sort_keys=True))
        settings += [candidate.error_type_id for candidate in candidates]
        settings += ["together"] if workers.at_once else []
    return content_id(*settings, prompts.fingerprint(candidates, cases, trying.chat))


def _key(candidate_id: str, case_id: str) -> str:
    return f"{candidate_id or 'zero-shot'}/{case_id}"


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
