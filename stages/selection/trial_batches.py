"""Trials as units of work: batches of candidates, and rounds of trials that an engine runs.

The prefixes of a trial batch have the tokens of at most `_CACHED` generation batches. Their keys and values are
computed by the worker that runs its trials, and live as long as the batch. A round is one call of the engine, so that a
trial always runs with the same others, in bfloat16 too.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from stages.model.generation import Engine, SplitPrompt, Tokens, make_batches
from stages.selection.prompts import ExamplePrompts, TrialPrompts
from stages.selection.scores.interface import TrialKind

Trial = tuple[str, str]
"""Ids of a candidate and a case."""

_CACHED = 2  # tokens of a trial batch's prefixes, in units of `batch_tokens`
_ROUND = 4  # tokens of a round's trials, in units of `batch_tokens`, unless one case has more


@dataclass(frozen=True)
class Limits:
    """Limits of trials, in tokens.

    Attributes:
        new_tokens: of one generation; 0 where nothing is generated.
        batch_tokens: of a generation batch.
        context: of the model; None where that is unknown.
    """

    new_tokens: int
    batch_tokens: int
    context: int | None


@dataclass
class TrialBatch:
    """Candidates whose cached prefixes are in memory together.

    Attributes:
        examples: prompts by candidate id.
        completions: gold completions by case id.
        limits: of the trials.
        pasts: the cached prefixes by candidate id, once the first round has been run.
    """

    examples: dict[str, ExamplePrompts]
    completions: dict[str, Tokens]
    limits: Limits
    pasts: dict[str, Any] = field(default_factory=dict)

    def rounds(self) -> list[list[Trial]]:
        """Return the trials of each round: of every candidate on the first cases, then on the next ones.

        Excludes trials that are longer than the model can read.
        """
        case_ids = list(self.completions)
        longest = max(self._tokens((name, case_id)) for name in self.examples for case_id in case_ids)
        count = max(1, _ROUND * self.limits.batch_tokens // (longest * len(self.examples)))
        limit = self.limits.context or math.inf
        rounds = [
            [(name, case_id) for case_id in case_ids[start : start + count] for name in self.examples]
            for start in range(0, len(case_ids), count)
        ]
        return [[trial for trial in trials if self._tokens(trial) <= limit] for trials in rounds]

    def run(self, engine: Engine, trials: Sequence[Trial], kind: TrialKind) -> list[Any]:
        """Run one round; return a JSON value for each trial, None if the model computed no finite number."""
        if not self.pasts:
            self._cache_prefixes(engine)
        split = [SplitPrompt(self.pasts[name], self.examples[name].suffixes[case_id]) for name, case_id in trials]
        if kind is TrialKind.GENERATION:
            generations = engine.generations(split, self.limits.batch_tokens)
            return [asdict(generation) if generation else None for generation in generations]
        completions = [self.completions[case_id] for _, case_id in trials]
        likelihoods = engine.likelihoods(list(zip(split, completions, strict=True)), self.limits.batch_tokens)
        return [likelihood if math.isfinite(likelihood) else None for likelihood in likelihoods]

    def _cache_prefixes(self, engine: Engine) -> None:
        # Always all candidates, in the same batches: a resumed run must compute the same values.
        limit = self.limits.context or math.inf
        sizes = {name: len(own.prefix) for name, own in self.examples.items() if len(own.prefix) <= limit}
        for batch in make_batches(sizes, self.limits.batch_tokens):
            self.pasts |= zip(batch, engine.pasts([self.examples[name].prefix for name in batch]), strict=True)

    def _tokens(self, trial: Trial) -> int:
        name, case_id = trial
        own = self.examples[name]
        new = max(self.limits.new_tokens, len(self.completions[case_id]))
        return len(own.prefix) + len(own.suffixes[case_id]) + new


@dataclass(frozen=True)
class Unit:
    """The work of one call of a worker: rounds of one trial batch."""

    batch: TrialBatch
    rounds: list[list[Trial]]
    kind: TrialKind


def run(engine: Engine, unit: Unit) -> dict[Trial, Any]:
    """Run a unit and return each trial's value as the journal keeps it."""
    return {
        trial: value
        for trials in unit.rounds
        for trial, value in zip(trials, unit.batch.run(engine, trials, unit.kind), strict=True)
    }


def form_batches(prompts: TrialPrompts, names: Sequence[str], limits: Limits) -> list[TrialBatch]:
    """Put the named candidates, in their order, into trial batches."""
    batches: list[TrialBatch] = []
    tokens = 0
    for name in names:
        own = prompts.examples[name]
        tokens += len(own.prefix)
        if not batches or tokens > _CACHED * limits.batch_tokens:
            batches.append(TrialBatch({}, prompts.completions, limits))
            tokens = len(own.prefix)
        batches[-1].examples[name] = own
    return batches


def units(batches: Sequence[TrialBatch], kind: TrialKind, at_once: bool) -> Iterator[list[Unit]]:
    """Yield the units that workers get together.

    These are all, a batch each, where workers run many units at once. In one process they are the rounds of one batch,
    whose cached prefixes are dropped before the next.
    """
    if at_once:
        yield [Unit(batch, batch.rounds(), kind) for batch in batches]
        return
    for batch in batches:
        yield [Unit(batch, [trials], kind) for trials in batch.rounds()]
        batch.pasts.clear()
