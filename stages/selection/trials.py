"""Run the trials of one-shot selection, step by step, with a journal.

For `accuracy` the candidates race (`stages.selection.racing`): in a step, those that may still be kept are tried on
their next cases; after it, those that cannot are stopped. How many trials a step has depends on whether all cached
examples fit into memory, and on whether workers do many units at once; the scores of those that run to their end, and
so what is kept, do not. Between those that are level at the cut the likelihood of the gold solutions decides, and only
they are asked for it, at the end. For `likelihood` there is one step.

A unit of work enters the journal whole, so that `kill -9` costs the units in hand. Which trials make a unit follows
from the results before it and not from the number of workers; a run that goes on after a kill therefore ends with the
same values, in bfloat16 too.

    {"key": "generation/<candidate>/<case>", "value": {"text": ...}}
    {"key": "likelihood/<candidate>/<case>", "value": -0.41}
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from stages.core import progress
from stages.core.files import content_id
from stages.core.journal import Journal
from stages.core.records import Candidate, Case
from stages.core.verdict import SCORED, Verdict
from stages.grading.grade import grade
from stages.model.chat import ChatFormat
from stages.model.generation import Engine, Generation, Stop, Workers, journal_path, make_batches
from stages.selection import prompts, racing, trial_batches
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import Attempt, Outcome, groups, level_at_cut
from stages.selection.settings import Keep, SelectionParams
from stages.selection.trial_batches import Asked, Limits, Pool, Trial, Unit

Run = Callable[[Sequence[Unit]], Iterator[tuple[Trial, Any]]]
"""Runs units and yields each trial with its value, None for one that failed."""


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
    """Try the candidates on the development cases and return their outcomes, in the candidates' order.

    With `accuracy` only those whose gains decide have gains.
    """
    cases = development.cases()
    attempts = [Attempt(name, group) for name, group in groups(candidates, trying.params.keep).items()]
    new_tokens = trying.max_new_tokens if trying.generates else 0
    limits = Limits(new_tokens, trying.batch_tokens, workers.context)
    with Journal(journal_path(_journal_name(workers, candidates, cases, trying))) as journal:
        pool = Pool(workers, candidates, cases, trying.chat, limits)
        run = partial(_run, workers, journal)
        scored = attempts
        if trying.generates:
            _race(run, pool, attempts, development, trying.params.keep)
            scored = level_at_cut(attempts, development, trying.params.keep) if workers.has_likelihoods else []
        if scored:
            zero_shot = _zero_shot(workers, cases, trying, journal)
            _find_gains(run, pool, scored, cases, zero_shot)
    return attempts


def _race(run: Run, pool: Pool, attempts: Sequence[Attempt], development: DevelopmentSet, keep: Keep) -> None:
    """Enter into the attempts whether they solve cases, as far as they may be kept."""
    cases = {case.id: case for case in development.cases()}
    by_name = {attempt.candidate_id: attempt for attempt in attempts}
    with progress.bar(len(attempts) * len(cases), "trial", "select") as bar:
        racing.stop_hopeless(attempts, development, keep)
        while running := racing.frontier(attempts, development, keep):
            chosen = racing.next_cases(running, attempts, development, pool.cases_each(len(running)))
            for units in pool.units(chosen, Asked.GENERATION):
                for (name, case_id), value in run(units):
                    answer = solved(cases[case_id], Generation(**value)) if value else None
                    by_name[name].outcomes[case_id] = Outcome(answer, None)
                    bar.update()
            racing.stop_hopeless(attempts, development, keep)


def _find_gains(
    run: Run, pool: Pool, attempts: Sequence[Attempt], cases: Sequence[Case], zero_shot: Mapping[str, float]
) -> None:
    """Enter into the attempts by how much likelier they make the cases' gold solutions."""
    everything = [case.id for case in cases]
    by_name = {attempt.candidate_id: attempt for attempt in attempts}
    with progress.bar(len(attempts) * len(cases), "trial", "score") as bar:
        for units in pool.units(dict.fromkeys(by_name, everything), Asked.LIKELIHOOD):
            for (name, case_id), value in run(units):
                gain = None if value is None or case_id not in zero_shot else value - zero_shot[case_id]
                outcome = by_name[name].outcomes.get(case_id, Outcome(None, None))
                by_name[name].outcomes[case_id] = replace(outcome, gain=gain)
                bar.update()


def _run(workers: Workers, journal: Journal, units: Sequence[Unit]) -> Iterator[tuple[Trial, Any]]:
    """Yield each trial with its value in the journal, None for one that failed; run what is not there.

    A trial fails if it is longer than the model can read, or if the model computes no finite number.
    """
    possible = [replace(unit, rounds=[unit.wave.possible(trials) for trials in unit.rounds]) for unit in units]
    todo = []
    for unit in possible:
        keys = [[_key(unit.asked, *trial) for trial in trials] for trials in unit.rounds]
        missing = [trials for trials, own in zip(unit.rounds, keys, strict=True) if journal.missing(own)]
        if missing:
            todo.append(replace(unit, rounds=missing))
    for place, values in workers.each(trial_batches.run, todo):
        journal.add({_key(todo[place].asked, *trial): value for trial, value in values.items()})
    for unit, can in zip(units, possible, strict=True):
        found = {trial: journal[_key(unit.asked, *trial)] for trials in can.rounds for trial in trials}
        yield from ((trial, found.get(trial)) for trials in unit.rounds for trial in trials)


def _zero_shot(workers: Workers, cases: Sequence[Case], trying: Trying, journal: Journal) -> dict[str, float]:
    """Return the likelihood of each case's gold solution without an example, where it can be read and is finite."""
    limit = workers.context or math.inf
    pairs = {case.id: (trying.chat.prompt(case.question), trying.chat.completion(case.solution)) for case in cases}
    whole = workers.encode([prompt + completion for prompt, completion in pairs.values()])
    sizes = {name: len(ids) for name, ids in zip(pairs, whole, strict=True) if len(ids) <= limit}
    batches = make_batches(sizes, trying.batch_tokens)
    keys = {case_id: _key(Asked.LIKELIHOOD, "", case_id) for case_id in sizes}
    todo = [batch for batch in batches if journal.missing(keys[case_id] for case_id in batch)]
    for place, found in workers.each(_log_likelihoods, [[pairs[case_id] for case_id in batch] for batch in todo]):
        journal.add({keys[case_id]: value for case_id, value in zip(todo[place], found, strict=True)})
    values = {case_id: journal[key] for case_id, key in keys.items()}
    return {case_id: value for case_id, value in values.items() if math.isfinite(value)}


def _log_likelihoods(engine: Engine, pairs: Sequence[tuple[str, str]]) -> list[float]:
    return engine.log_likelihoods(pairs)


def _journal_name(workers: Workers, candidates: Sequence[Candidate], cases: Sequence[Case], trying: Trying) -> str:
    settings = [trying.fingerprint, trying.params.score, str(trying.batch_tokens)]
    if trying.generates:  # what is kept decides who is stopped, and so which trials run together
        settings.append(json.dumps(asdict(trying.params.keep), sort_keys=True))
        settings += [candidate.error_type_id for candidate in candidates]
        settings += ["together"] if workers.at_once else []
    return content_id(*settings, prompts.fingerprint(candidates, cases, trying.chat))


def _key(asked: Asked, candidate_id: str, case_id: str) -> str:
    return f"{asked}/{candidate_id or 'zero-shot'}/{case_id}"


def solved(case: Case, made: Generation) -> bool | None:
    """Tell whether a generation solves a case, None where the case's gold answer cannot be used."""
    verdict = grade(case.answer, made.text, truncated=made.stop == Stop.LENGTH).verdict
    return verdict is Verdict.CORRECT if verdict in SCORED else None
