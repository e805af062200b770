"""Generation over many prompts, greedy or sampled: the interface of engines, batches, and the journal.

A batch is the unit of work: it is decided from the whole list of prompts, sorted by length, and its results enter the
journal together. A run that goes on after a kill therefore generates the very batches that the first run would have,
and in bfloat16, where padding changes the last bits, ends with the same texts. Sampled texts are the same where the
engine draws by the seed of the batch.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

from pydantic import Field

from stages.core import progress
from stages.core.files import content_id
from stages.core.journal import Journal
from stages.core.params import Count, Number, section
from stages.core.runtime import scratch

U = TypeVar("U")
R = TypeVar("R")
K = TypeVar("K", str, int)
Tokens = list[int]


class Stop(StrEnum):
    """Why a generation ended: an end token, the line after `#### answer`, or the limit of new tokens."""

    END = "end"
    ANSWER = "answer"
    LENGTH = "length"


@section
class GenerationParams:
    """The `generation` section.

    Attributes:
        max_new_tokens: the limit of one generation, in tokens.
        stop_after_answer: whether the line after `#### answer` ends a generation too, not only the target's end tokens.
    """

    max_new_tokens: Count
    stop_after_answer: bool


@section
class Sampling:
    """The sections `predict` and `evaluate`: how often each problem is tried.

    Attributes:
        samples: the tries at a problem; a single one is greedy.
        temperature: that several are drawn at.
    """

    samples: Count
    temperature: Annotated[Number, Field(ge=0)]

    def __post_init__(self) -> None:
        """Refuse several samples that would all be the same."""
        if self.samples > 1 and self.temperature == 0:
            raise ValueError(
                f"temperature is 0, at which all {self.samples} samples would be the same; set one above 0, "
                "such as 0.7, or samples: 1"
            )

    @property
    def drawn_at(self) -> float | None:
        """The temperature, or None for one greedy try."""
        return self.temperature if self.samples > 1 else None

    def keys(self, problem_id: str) -> list[str]:
        """Return the keys of the tries at a problem; a single one has the problem's id."""
        return [f"{problem_id}/{index}" for index in range(self.samples)] if self.samples > 1 else [problem_id]


GREEDY = Sampling(samples=1, temperature=0.0)


@dataclass(frozen=True)
class Draw:
    """How to sample the texts of a batch, at a temperature alone; `seed` is for engines that take one."""

    temperature: float
    seed: int


@dataclass(frozen=True)
class Generation:
    """One finished generation; `tokens` counts what the model wrote, the end token included.

    `text` begins with the tag of a thought that the prompt opened. It has the special tokens that mark thoughts.
    """

    text: str
    tokens: int
    stop: str


@dataclass(frozen=True)
class SplitPrompt:
    """A prompt in two parts.

    Attributes:
        past: the engine's state after the prefix that many prompts share, from its `pasts`.
        suffix: the tokens after it, at least one.
    """

    past: Any
    suffix: Tokens


class Model(Protocol):
    """Properties of a target that are known wherever it runs."""

    @property
    def context(self) -> int | None:
        """The model's context length in tokens, or None where it is unknown."""

    @property
    def has_likelihoods(self) -> bool:
        """Whether the engine computes the likelihood of a given completion."""

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, none added."""


class Engine(Model, Protocol):
    """An engine runs a target model for predict, evaluate and select_data.

    Prompts reach the model as the tokens that `encode` gives, in every engine. A call is one unit of work, which the
    caller journals when it is done.
    """

    def generate(self, prompts: Sequence[str]) -> list[Generation]:
        """Generate greedily for one batch."""

    def sample(self, prompts: Sequence[str], draw: Draw) -> list[Generation]:
        """Generate for one batch by drawing each token; equal prompts get draws of their own."""

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return, for a batch of (prompt, completion), the mean log-probability of a completion's tokens, in nats."""

    def pasts(self, prefixes: Sequence[Tokens]) -> list[Any]:
        """Read a batch of prefixes, for the `past` of prompts."""

    def generations(self, prompts: Sequence[SplitPrompt], batch_tokens: int) -> list[Generation | None]:
        """Generate greedily after each prompt; None where the model computes no finite number."""

    def likelihoods(self, pairs: Sequence[tuple[SplitPrompt, Tokens]], batch_tokens: int) -> list[float]:
        """Return, for each (prompt, completion), the mean log-probability of the completion's tokens, in nats."""


class Workers(Model, Protocol):
    """Run units of work on a target."""

    @property
    def at_once(self) -> bool:
        """Whether units run in parallel, so that many should be handed over in one call."""

    def each(self, work: Callable[[Engine, U], R], units: Sequence[U]) -> Iterator[tuple[int, R]]:
        """Run `work(engine, unit)` for each unit; yield its index and result when it is done."""


def generate_all(
    workers: Workers,
    prompts: Mapping[str, str],
    *,
    fingerprint: str,
    max_new_tokens: int,
    batch_tokens: int,
    title: str,
    temperature: float | None = None,
) -> dict[str, Generation]:
    """Generate for every prompt and return the results by key, in the order of `prompts`.

    Args:
        workers: run the model.
        prompts: prompt texts by key, an id of a record, with the number of the sample where there are several.
        fingerprint: identifies model and settings; together with the prompts it names the journal.
        max_new_tokens: limit of one generation, in tokens.
        batch_tokens: upper bound of a batch, counting padded prompts and new tokens.
        title: of the progress bar.
        temperature: that tokens are drawn at; None for greedy decoding.
    """
    # Batches are part of the name: another padding may change the last bits in bfloat16.
    settings = [str(batch_tokens)] if temperature is None else [str(batch_tokens), f"temperature {temperature:g}"]
    name = content_id(fingerprint, *settings, *(f"{key}:{prompt}" for key, prompt in prompts.items()))
    batches = make_batches(_sizes(workers, prompts, max_new_tokens), batch_tokens)
    with Journal(journal_path(name)) as journal:
        with progress.bar(len(prompts), "problem", title, initial=len(journal)) as bar:
            todo = [batch for batch in batches if journal.missing(batch)]
            units = [([prompts[key] for key in batch], _draw(batch, temperature)) for batch in todo]
            for index, results in workers.each(_write, units):
                values = {key: asdict(result) for key, result in zip(todo[index], results, strict=True)}
                bar.update(len(journal.missing(values)))
                journal.add(values)
        return {key: Generation(**journal[key]) for key in prompts}


def log_likelihoods(
    workers: Workers, pairs: Mapping[str, tuple[str, str]], journal: Journal, batch_tokens: int
) -> dict[str, float]:
    """Return the mean log-probability of the tokens of each completion after its prompt, in nats.

    Args:
        workers: run the model.
        pairs: (prompt, completion) by key. Excludes those that are longer than the model can read, or that have no
            finite value.
        journal: keeps the values, by the same keys.
        batch_tokens: upper bound of a batch, counting padded tokens.
    """
    limit = workers.context or math.inf
    whole = workers.encode([prompt + completion for prompt, completion in pairs.values()])
    sizes = {key: len(tokens) for key, tokens in zip(pairs, whole, strict=True) if len(tokens) <= limit}
    todo = [batch for batch in make_batches(sizes, batch_tokens) if journal.missing(batch)]
    work = [[pairs[key] for key in batch] for batch in todo]
    for index, likelihoods in workers.each(_log_likelihoods, work):
        journal.add(dict(zip(todo[index], likelihoods, strict=True)))
    return {key: journal[key] for key in sizes if math.isfinite(journal[key])}


def _log_likelihoods(engine: Engine, pairs: Sequence[tuple[str, str]]) -> list[float]:
    return engine.log_likelihoods(pairs)


def journal_path(name: str) -> Path:
    """Return where the journal of that fingerprint lies."""
    return scratch("journal", f"{name}.jsonl")


def _draw(batch: Sequence[str], temperature: float | None) -> Draw | None:
    """Return how to sample a batch; its seed comes from its keys, so that no two batches draw alike."""
    return None if temperature is None else Draw(temperature, int(content_id(*batch), 16))


def _write(engine: Engine, unit: tuple[Sequence[str], Draw | None]) -> list[Generation]:
    prompts, draw = unit
    return engine.generate(prompts) if draw is None else engine.sample(prompts, draw)


def _sizes(workers: Workers, prompts: Mapping[str, str], new_tokens: int) -> dict[str, int]:
    encoded = workers.encode(list(prompts.values()))
    return {key: len(tokens) + new_tokens for key, tokens in zip(prompts, encoded, strict=True)}


def make_batches(sizes: Mapping[K, int], batch_tokens: int) -> list[list[K]]:
    """Group keys of similar size so that (longest member) x (members) stays within `batch_tokens`.

    The longest come first, so that a run that does not fit into memory fails at once. A key larger than the bound is a
    batch of its own.
    """
    batches: list[list[K]] = []
    longest = 0
    for key in sorted(sizes, key=lambda key: (-sizes[key], key)):
        if batches and longest * (len(batches[-1]) + 1) <= batch_tokens:
            batches[-1].append(key)
        else:
            batches.append([key])
            longest = sizes[key]
    return batches
