"""The trials of one-shot selection, every candidate on every trial case, with a journal.

Where a score needs generations, the likelihood of the gold solutions decides between candidates of equal score at the
cut, and is computed at the end for them alone.

A round of trials, or on a cluster a whole trial batch, enters the journal at once: `kill -9` costs only the running
ones. Candidates and cases alone decide which trials run together, not the number of workers, so that a resumed run ends
with the same values, in bfloat16 too.

    {"key": "generation/<candidate>/<case>", "value": {"text": ...}}
    {"key": "likelihood/<candidate>/<case>", "value": -0.41}
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stages.core import progress
from stages.core.files import content_id
from stages.core.journal import Journal
from stages.core.records import Case
from stages.core.verdict import SCORED, Verdict
from stages.grading.grade import grade
from stages.model.chat import ChatFormat
from stages.model.generation import Generation, Stop, Workers, journal_path, log_likelihoods
from stages.selection import prompts, trial_batches
from stages.selection.ranking import level_at_cut
from stages.selection.scores.interface import Outcome, ScoreInputs, TrialKind
from stages.selection.scoring import SCORES
from stages.selection.settings import SelectionParams
from stages.selection.trial_batches import Limits, Trial, Unit

_ZERO_SHOT = "zero-shot"  # instead of a candidate id: a prompt without an example


@dataclass(frozen=True)
class TrialSettings:
    """Settings of trials.

    Attributes:
        params: the `select_data` section.
        chat: format of the prompts.
        fingerprint: identifies model and settings of generation.
        max_new_tokens: limit of one generation, in tokens.
        batch_tokens: limit of a generation batch, in tokens.
    """

    params: SelectionParams
    chat: ChatFormat
    fingerprint: str
    max_new_tokens: int
    batch_tokens: int


def run_trials(workers: Workers, inputs: ScoreInputs, settings: TrialSettings) -> ScoreInputs:
    """Return the inputs with the outcomes of every candidate on every case.

    Where the score needs generations, only candidates of equal score at the cut have gains.
    """
    trials = _Trials(workers, inputs, settings)
    scored = [candidate.id for candidate in inputs.candidates]
    if SCORES[settings.params.score].needs is TrialKind.GENERATION:
        inputs = trials.with_answers(inputs)
        scored = level_at_cut(inputs, settings.params) if workers.has_likelihoods else []
    return trials.with_gains(inputs, scored) if scored else inputs


def solved(case: Case, generation: Generation) -> bool | None:
    """Tell whether a generation solves a case, None for an unusable gold answer."""
    verdict = grade(case.answer, generation.text, truncated=generation.stop == Stop.LENGTH).verdict
    return verdict is Verdict.CORRECT if verdict in SCORED else None


class _Trials:
    """Runs trials of candidates, whose prompts are encoded once."""

    def __init__(self, workers: Workers, inputs: ScoreInputs, settings: TrialSettings) -> None:
        self._workers = workers
        self._candidates = {candidate.id: candidate for candidate in inputs.candidates}
        self._cases = {case.id: case for case in inputs.trial_cases.cases()}
        self._settings = settings
        self._prompts = prompts.encode(workers, inputs.candidates, list(self._cases.values()), settings.chat)

    def with_answers(self, inputs: ScoreInputs) -> ScoreInputs:
        """Return the inputs with whether each candidate solves each case."""
        with self._journal(self._candidates, TrialKind.GENERATION) as journal:
            values = self._run(journal, list(self._candidates), TrialKind.GENERATION)
        outcomes = {}
        for name in self._candidates:
            generations = {case_id: values.get((name, case_id)) for case_id in self._cases}
            outcomes[name] = {
                case_id: Outcome(solved(self._cases[case_id], Generation(**value)) if value else None, None)
                for case_id, value in generations.items()
            }
        return replace(inputs, outcomes=outcomes)

    def with_gains(self, inputs: ScoreInputs, names: Sequence[str]) -> ScoreInputs:
        """Return the inputs with the gain in likelihood of each gold solution by each named candidate."""
        with self._journal(names, TrialKind.LIKELIHOOD) as journal:
            zero_shot = self._zero_shot(journal)
            values = self._run(journal, names, TrialKind.LIKELIHOOD)
        outcomes = dict(inputs.outcomes)
        for name in names:
            gains = {
                case_id: value - zero_shot[case_id]
                for case_id in zero_shot
                if (value := values.get((name, case_id))) is not None
            }
            untried = Outcome(None, None)
            outcomes[name] = {
                case_id: replace(outcomes[name].get(case_id, untried), gain=gains.get(case_id))
                for case_id in self._cases
            }
        return replace(inputs, outcomes=outcomes)

    def _journal(self, names: Iterable[str], kind: TrialKind) -> Journal:
        """Open the journal of these candidates' trials, named by a hash of everything that determines their values."""
        candidates = [self._candidates[name] for name in names]
        hashed = prompts.fingerprint(candidates, list(self._cases.values()), self._settings.chat)
        name = content_id(self._settings.fingerprint, kind, str(self._settings.batch_tokens), hashed)
        return Journal(journal_path(name))

    def _run(self, journal: Journal, names: Sequence[str], kind: TrialKind) -> dict[Trial, Any]:
        """Return the value of each trial, None for no finite number; run those that the journal lacks.

        Excludes trials that are longer than the model can read.
        """
        new_tokens = self._settings.max_new_tokens if kind is TrialKind.GENERATION else 0
        limits = Limits(new_tokens, self._settings.batch_tokens, self._workers.context)
        batches = trial_batches.form_batches(self._prompts, names, limits)
        keys = {trial: _key(kind, *trial) for batch in batches for trials in batch.rounds() for trial in trials}
        done = len(keys) - len(journal.missing(keys.values()))
        with progress.bar(len(keys), "trial", kind, initial=done) as bar:
            for units in trial_batches.units(batches, kind, self._workers.at_once):
                todo = _unfinished(units, journal)
                for index, values in self._workers.each(trial_batches.run, todo):
                    finished = {_key(todo[index].kind, *trial): value for trial, value in values.items()}
                    bar.update(len(journal.missing(finished)))
                    journal.add(finished)
        return {trial: journal[key] for trial, key in keys.items()}

    def _zero_shot(self, journal: Journal) -> dict[str, float]:
        """Return the likelihood of each gold solution without an example, where it fits the context and is finite."""
        chat = self._settings.chat
        keys = {_key(TrialKind.LIKELIHOOD, _ZERO_SHOT, case_id): case_id for case_id in self._cases}
        cases = {key: self._cases[case_id] for key, case_id in keys.items()}
        pairs = {
            key: (chat.prompt(case.question, of=case.set), chat.completion(case.solution))
            for key, case in cases.items()
        }
        values = log_likelihoods(self._workers, pairs, journal, self._settings.batch_tokens)
        return {keys[key]: value for key, value in values.items()}


def _unfinished(units: Sequence[Unit], journal: Journal) -> list[Unit]:
    """Return the units without the rounds that are in the journal as a whole."""
    left = []
    for unit in units:
        rounds = [trials for trials in unit.rounds if journal.missing(_key(unit.kind, *trial) for trial in trials)]
        if rounds:
            left.append(replace(unit, rounds=rounds))
    return left


def _key(kind: TrialKind, candidate_id: str, case_id: str) -> str:
    return f"{kind}/{candidate_id}/{case_id}"
