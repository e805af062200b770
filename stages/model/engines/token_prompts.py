"""Base class for engines that take whole token prompts, whether or not they cache shared prefixes themselves."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from stages.model import checkpoints, tokens
from stages.model.generation import Draw, Generation, GenerationParams, SplitPrompt, Tokens
from stages.model.stopping import StopRule


class TokenPromptEngine(ABC):
    """An `Engine` on top of two calls: write after prompts, and score completions."""

    has_likelihoods = True

    def __init__(self, target: checkpoints.Target, params: GenerationParams) -> None:
        """Load the target's tokenizer."""
        self._tokenizer = checkpoints.load_tokenizer(target.base)
        ends = checkpoints.end_tokens(target.base, self._tokenizer)
        self._stop_rule = StopRule(self._tokenizer, ends, params)
        self._max_new_tokens = params.max_new_tokens

    @property
    @abstractmethod
    def context(self) -> int | None:
        """The model's context length in tokens, or None where it is unknown."""

    @abstractmethod
    def write(self, prompts: Sequence[Tokens], draw: Draw | None = None) -> list[Generation]:
        """Generate after each prompt, in the prompts' order: greedily, or as `draw` says."""

    @abstractmethod
    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, none added."""
        return tokens.encode(self._tokenizer, texts)

    def generate(self, prompts: Sequence[str]) -> list[Generation]:
        """Generate greedily for one batch."""
        return self.write(self.encode(prompts))

    def sample(self, prompts: Sequence[str], draw: Draw) -> list[Generation]:
        """Generate for one batch by drawing each token."""
        return self.write(self.encode(prompts), draw)

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""
        prompts = self.encode([prompt for prompt, _ in pairs])
        completions = self.encode([completion for _, completion in pairs])
        return self.score(list(zip(prompts, completions, strict=True)))

    def pasts(self, prefixes: Sequence[Tokens]) -> list[Any]:
        """Return the prefixes: the engine behind caches what prompts share, or reads it again."""
        return list(prefixes)

    def generations(
        self,
        prompts: Sequence[SplitPrompt],
        batch_tokens: int,  # noqa: ARG002  # no batches
    ) -> list[Generation | None]:
        """Generate greedily after each prompt."""
        return [*self.write([prompt.past + prompt.suffix for prompt in prompts])]

    def likelihoods(
        self,
        pairs: Sequence[tuple[SplitPrompt, Tokens]],
        batch_tokens: int,  # noqa: ARG002  # no batches
    ) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""
        return self.score([(prompt.past + prompt.suffix, completion) for prompt, completion in pairs])
