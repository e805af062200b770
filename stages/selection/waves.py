"""Trials as units of work: waves of candidates, rounds of trials, and how an engine runs them.

A wave is as many candidates as have cached examples of `_WAVE` batches' worth of tokens. Its prompts are encoded once;
the keys and values of its examples are computed where its trials are run, and kept as long as the wave is there. A
round is what the engine gets in one call, so that a trial always runs with the same others, in bfloat16 too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from stages.pipeline.records import Candidate, Case
from stages.selection import prompts
from stages.selection.prompts import ExamplePrompts
from stages.selection.ranking import Attempt
from stages.target.chat import ChatFormat
from stages.target.generation import Engine, Reply, Request, Tokens, Workers, make_batches

Trial = tuple[str, str]
"""Ids of a candidate and a case."""

_WAVE = 2  # cached examples of a wave, in batches' worth of tokens
_ROUND = 4  # trials of a round, in batches' worth of tokens, unless one case makes more


@dataclass(frozen=True)
class Limits:
    """What bounds trials: whether they generate, how many new tokens, and the tokens of a batch and of the model."""

    generates: bool
    max_new_tokens: int
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

    def run(self, engine: Engine, trials: Sequence[Trial]) -> list[Reply]:
        """Run one round of trials."""
        if not self.pasts:
            self._remember(engine)
        requests = [
            Request(self.pasts[name], self.prompts[name].rests[case_id], self.golds[case_id])
            for name, case_id in trials
        ]
        run = engine.attempts if self.limits.generates else engine.likelihoods
        return run(requests, self.limits.batch_tokens)

    def _remember(self, engine: Engine) -> None:
        # Always the whole wave, in the same batches: a run that goes on must compute what the first one did.
        limit = self.limits.context or math.inf
        sizes = {name: len(found.prefix) for name, found in self.prompts.items() if len(found.prefix) <= limit}
        for batch in make_batches(sizes, self.limits.batch_tokens):
            self.pasts |= zip(batch, engine.pasts([self.prompts[name].prefix for name in batch]), strict=True)

    def _tokens(self, trial: Trial) -> int:
        name, case_id = trial
        found = self.prompts[name]
        new = max(self.limits.max_new_tokens if self.limits.generates else 0, len(self.golds[case_id]))
        return len(found.prefix) + len(found.rests[case_id]) + new


@dataclass(frozen=True)
class Unit:
    """What is handed out at once: rounds of one wave, of trials that are possible."""

    wave: Wave
    rounds: list[list[Trial]]


def run(engine: Engine, unit: Unit) -> dict[Trial, dict[str, Any] | None]:
    """Run a unit and return each trial's reply as the journal keeps it, None if the model computed no finite number."""
    return {
        trial: _value(reply)
        for trials in unit.rounds
        for trial, reply in zip(trials, unit.wave.run(engine, trials), strict=True)
    }


def waves(
    workers: Workers, candidates: Sequence[Candidate], cases: Sequence[Case], chat: ChatFormat, limits: Limits
) -> Iterator[Wave]:
    """Yield the candidates in waves, in their order."""
    completions = workers.encode([chat.completion(case.solution) for case in cases])
    golds = dict(zip([case.id for case in cases], completions, strict=True))
    wave: dict[str, ExamplePrompts] = {}
    tokens = 0
    for candidate in candidates:
        found = prompts.split(candidate, cases, chat, workers)
        tokens += len(found.prefix)
        if wave and tokens > _WAVE * limits.batch_tokens:
            yield Wave(wave, golds, limits)
            wave, tokens = {}, len(found.prefix)
        wave[candidate.id] = found
    yield Wave(wave, golds, limits)


def rounds(wave: Wave, cases: Sequence[Case], attempts: Mapping[str, Attempt]) -> Iterator[list[Trial]]:
    """Yield the trials of one round after the other, of candidates that are not stopped when the round begins."""
    tokens = wave.largest()
    done = 0
    while done < len(cases) and (running := [name for name in wave.prompts if not attempts[name].stopped]):
        count = max(1, _ROUND * wave.limits.batch_tokens // (tokens * len(running)))
        yield [(name, case.id) for case in cases[done : done + count] for name in running]
        done += count


def _value(reply: Reply) -> dict[str, Any] | None:
    if reply.likelihood is not None and not math.isfinite(reply.likelihood):
        return None
    return {
        "likelihood": reply.likelihood,
        "generation": asdict(reply.generation) if reply.generation else None,
    }
