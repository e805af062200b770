"""Run the trials of one-shot selection, every candidate on every development case, with a journal.

For `accuracy`, the likelihood of the gold solutions decides between candidates that are level at the cut, and only they
are asked for it, at the end.

A unit of work enters the journal whole, so that `kill -9` costs the units in hand. Which trials make a unit does not
depend on the number of workers; a run that goes on after a kill therefore ends with the same values, in bfloat16 too.

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
from stages.selection import prompts, trial_batches
from stages.selection.development import DevelopmentSet
from stages.selection.ranking import Attempt, Outcome, groups, level_at_cut
from stages.selection.settings import SelectionParams
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
    with Journal(journal_path(_journal_name(candidates, cases, trying))) as journal:
        pool = Pool(workers, candidates, cases, trying.chat, limits)
        run = partial(_run, workers, journal)
        scored = attempts
        if trying.generates:
            _find_answers(run, pool, attempts, cases)
            scored = level_at_cut(attempts, development, trying.params.keep) if workers.has_likelihoods else []
        if scored:
            zero_shot = _zero_shot(workers, cases, trying, journal)
            _find_gains(run, pool, scored, cases, zero_shot)
    return attempts


def _find_answers(run: Run, pool: Pool, attempts: Sequence[Attempt], cases: Sequence[Case]) -> None:
    """Enter into the attempts whether they solve the cases."""
    by_id = {case.id: case for case in cases}
    by_name = {attempt.candidate_id: attempt for attempt in attempts}
    with progress.bar(len(attempts) * len(cases), "trial", "select") as bar:
        for units in pool.units({name: list(by_id) for name in by_name}, Asked.GENERATION):
            for (name, case_id), value in run(units):
                answer = solved(by_id[case_id], Generation(**value)) if value else None
                by_name[name].outcomes[case_id] = Outcome(answer, None)
                bar.update()


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


def _journal_name(candidates: Sequence[Candidate], cases: Sequence[Case], trying: Trying) -> str:
    settings = [trying.fingerprint, trying.params.score, str(trying.batch_tokens)]
    if trying.generates:  # what is kept decides whose likelihoods are found together
        settings.append(json.dumps(asdict(trying.params.keep), sort_keys=True))
        settings += [candidate.error_type_id for candidate in candidates]
    return content_id(*settings, prompts.fingerprint(candidates, cases, trying.chat))


def _key(asked: Asked, candidate_id: str, case_id: str) -> str:
    return f"{asked}/{candidate_id or 'zero-shot'}/{case_id}"


def solved(case: Case, made: Generation) -> bool | None:
    """Tell whether a generation solves a case, None where the case's gold answer cannot be used."""
    verdict = grade(case.answer, made.text, truncated=made.stop == Stop.LENGTH).verdict
    return verdict is Verdict.CORRECT if verdict in SCORED else None
