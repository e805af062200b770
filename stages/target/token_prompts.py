"""What engines have in common to which whole prompts go as token ids, and which keep their own cache of prefixes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from stages.target import models, tokens
from stages.target.endings import Endings
from stages.target.generation import Generation, GenerationParams, Reply, Request, Tokens


class TokenPromptEngine(ABC):
    """An `Engine` on top of two calls: write after prompts, and score completions."""

    has_likelihoods = True

    def __init__(self, target: models.Target, params: GenerationParams) -> None:
        """Load the target's tokenizer."""
        self._tokenizer = models.load_tokenizer(target.base)
        self._endings = Endings(self._tokenizer, params.max_new_tokens)
        self._max_new_tokens = params.max_new_tokens

    @property
    @abstractmethod
    def context(self) -> int | None:
        """The most tokens that the model can read, or None where nothing says it."""

    @abstractmethod
    def write(self, prompts: Sequence[Tokens]) -> list[Generation]:
        """Generate greedily after each prompt, in the prompts' order."""

    @abstractmethod
    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text, none added."""
        return tokens.encode(self._tokenizer, texts)

    def generate(self, prompts: Sequence[str]) -> list[Generation]:
        """Generate greedily for one batch."""
        return self.write(self.encode(prompts))

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""
        prompts = self.encode([prompt for prompt, _ in pairs])
        completions = self.encode([completion for _, completion in pairs])
        return self.score(list(zip(prompts, completions, strict=True)))

    def pasts(self, prefixes: Sequence[Tokens]) -> list[Tokens]:
        """Return the prefixes: the engine behind finds by itself what prompts share."""
        return list(prefixes)

    def likelihoods(self, requests: Sequence[Request], batch_tokens: int) -> list[Reply]:  # noqa: ARG002  # no batches
        """Return the likelihood of each completion; nothing is generated."""
        scores = self.score([(request.past + request.prompt, request.completion) for request in requests])
        return [Reply(score, None) for score in scores]

    def attempts(self, requests: Sequence[Request], batch_tokens: int) -> list[Reply]:
        """Return what the model writes after each prompt, and each completion's likelihood where it can be had."""
        scores = (
            [reply.likelihood for reply in self.likelihoods(requests, batch_tokens)] if self.has_likelihoods else []
        )
        made = self.write([request.past + request.prompt for request in requests])
        return [Reply(score, one) for score, one in zip(scores or [None] * len(made), made, strict=True)]
