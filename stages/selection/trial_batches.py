"""Trials as units of work: waves of candidates, rounds of trials, and how an engine runs them.

A trial is asked either what the model writes or how likely the gold solution is.

A wave is as many candidates as have cached examples of `_WAVE` batches' worth of tokens; the keys and values of its
examples are computed where its trials are run, and kept as long as the wave is there. A round is what the engine gets
in one call, so that a trial always runs with the same others, in bfloat16 too.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from stages.core.records import Candidate, Case
from stages.model.chat import ChatFormat
from stages.model.generation import Engine, SplitPrompt, Tokens, Workers, make_batches
from stages.selection import prompts
from stages.selection.prompts import ExamplePrompts

Trial = tuple[str, str]
"""Ids of a candidate and a case."""

_WAVE = 2  # cached examples of a wave, in batches' worth of tokens
_ROUND = 4  # trials of a round, in batches' worth of tokens, unless one case makes more


class Asked(StrEnum):
    """What a trial is asked for: what the model writes, or the likelihood of the case's gold solution."""

    GENERATION = "generation"
    LIKELIHOOD = "likelihood"


@dataclass(frozen=True)
class Limits:
    """What bounds trials: new tokens that are written, 0 if none are, and the tokens of a batch and of the model."""

    new_tokens: int
    batch_tokens: int
    context: int | None


@dataclass
class Wave:
    """Candidates whose cached examples are in memory together; `golds` are the completions by case id."""

    prompts: dict[str, ExamplePrompts]
    golds: Mapping[str, Tokens]
    limits: Limits
    pasts: dict[str, Any] = field(default_factory=dict)

    def largest(self) -> int:
        """Return the tokens of the longest trial."""
        return max(self._tokens((name, case_id)) for name, found in self.prompts.items() for case_id in found.rests)

    def possible(self, trials: Sequence[Trial]) -> list[Trial]:
        """Return the trials that are no longer than the model can read."""
        limit = self.limits.context
        return [trial for trial in trials if limit is None or self._tokens(trial) <= limit]

    def run(self, engine: Engine, trials: Sequence[Trial], asked: Asked) -> list[Any]:
        """Run one round of trials; return a JSON value for each, None if the model computed no finite number."""
        if not self.pasts:
            self._remember(engine)
        split = [SplitPrompt(self.pasts[name], self.prompts[name].rests[case_id]) for name, case_id in trials]
        if asked is Asked.GENERATION:
            made = engine.generations(split, self.limits.batch_tokens)
            return [asdict(generation) if generation else None for generation in made]
        golds = [self.golds[case_id] for _, case_id in trials]
        found = engine.likelihoods(list(zip(split, golds, strict=True)), self.limits.batch_tokens)
        return [likelihood if math.isfinite(likelihood) else None for likelihood in found]

    def _remember(self, engine: Engine) -> None:
        # Always the whole wave, in the same batches: a run that goes on must compute what the first one did.
        limit = self.limits.context or math.inf
        sizes = {name: len(found.prefix) for name, found in self.prompts.items() if len(found.prefix) <= limit}
        for batch in make_batches(sizes, self.limits.batch_tokens):
            self.pasts |= zip(batch, engine.pasts([self.prompts[name].prefix for name in batch]), strict=True)

    def _tokens(self, trial: Trial) -> int:
        name, case_id = trial
        found = self.prompts[name]
        new = max(self.limits.new_tokens, len(self.golds[case_id]))
        return len(found.prefix) + len(found.rests[case_id]) + new


@dataclass(frozen=True)
class Unit:
    """What is handed out at once: rounds of one wave, of trials that are possible, and what these are asked for."""

    wave: Wave
    rounds: list[list[Trial]]
    asked: Asked


def run(engine: Engine, unit: Unit) -> dict[Trial, Any]:
    """Run a unit and return each trial's value as the journal keeps it."""
    return {
        trial: value
        for trials in unit.rounds
        for trial, value in zip(trials, unit.wave.run(engine, trials, unit.asked), strict=True)
    }


class Pool:
    """All candidates with their prompts, which are encoded once, and how trials of them form units."""

    def __init__(
        self,
        workers: Workers,
        candidates: Sequence[Candidate],
        cases: Sequence[Case],
        chat: ChatFormat,
        limits: Limits,
    ) -> None:
        """Encode the prompts of every candidate before every case."""
        completions = workers.encode([chat.completion(case.solution) for case in cases])
        self._golds = dict(zip([case.id for case in cases], completions, strict=True))
        self._limits = limits
        self._at_once = workers.at_once
        same: dict[tuple[int, ...], Tokens] = {}  # the rests of one case are alike for most candidates
        self._prompts: dict[str, ExamplePrompts] = {}
        for candidate in candidates:
            found = prompts.split(candidate, cases, chat, workers)
            rests = {case_id: same.setdefault(tuple(rest), rest) for case_id, rest in found.rests.items()}
            self._prompts[candidate.id] = ExamplePrompts(found.prefix, rests)

    def units(self, chosen: Mapping[str, Sequence[str]], asked: Asked) -> Iterator[list[Unit]]:
        """Yield what is handed out together, of trials on the chosen cases of each candidate.

        That is one round after the other in one process, and everything where workers do many units at once.
        """
        waves = self._waves(chosen)
        if self._at_once:
            yield [Unit(wave, list(rounds(wave, chosen)), asked) for wave in waves]
        else:
            for wave in waves:
                for trials in rounds(wave, chosen):
                    yield [Unit(wave, [trials], asked)]
                wave.pasts.clear()

    def _waves(self, names: Iterable[str]) -> list[Wave]:
        waves: list[Wave] = []
        tokens = 0
        for name in names:
            found = self._prompts[name]
            tokens += len(found.prefix)
            if not waves or tokens > _WAVE * self._limits.batch_tokens:
                waves.append(Wave({}, self._golds, self._limits))
                tokens = len(found.prefix)
            waves[-1].prompts[name] = found
        return waves


def rounds(wave: Wave, chosen: Mapping[str, Sequence[str]]) -> Iterator[list[Trial]]:
    """Yield the trials of one round after the other: the first of the chosen cases of each candidate come first."""
    running = {name: chosen[name] for name in wave.prompts if name in chosen}
    count = max(1, _ROUND * wave.limits.batch_tokens // (wave.largest() * len(running)))
    for start in range(0, max(map(len, running.values())), count):
        yield [
            (name, cases[place])
            for place in range(start, start + count)
            for name, cases in running.items()
            if place < len(cases)
        ]
