"""The `openai` engine: a target that any OpenAI-compatible server has loaded already (docs/engines.md).

Prompts go to `/v1/completions` as token ids, past the server's own chat template and start token:

    {"model": "iter1", "prompt": [1, 9690, ...], "max_tokens": 160, "temperature": 0}
    {"model": "iter1", "prompt": [1, 9690, ...], "max_tokens": 1, "temperature": 0, "echo": true, "logprobs": 1}

The second asks for log-likelihoods, which servers without `echo` lack. A sample is asked for with its temperature and
without a seed, which not every server takes. Every reply has the number of tokens that the server read; another number
than was sent ends the run, because the model then saw another prompt.

The key is TARGET_API_KEY of the environment, where the server wants one: not the instructor's, which belongs to another
server. A request that keeps failing ends the run; batches that were finished before are in the journal.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from stages.core.exceptions import ParamsError, SourceError
from stages.core.runtime import Runtime, ServedRuntime
from stages.llm import completions
from stages.llm.remedies import TARGET
from stages.model import checkpoints
from stages.model.engines.token_prompts import TokenPromptEngine
from stages.model.generation import Draw, Engine, Generation, GenerationParams, Stop, Tokens
from stages.model.stopping import opened

KEY = "TARGET_API_KEY"
_NO_ENDS = {"", "tool_calls", "function_call"}
_BACKOFF = 1.0  # seconds
_NAME = "{iteration}"
_REFUSED = {400, 422}
_WITHOUT_LIKELIHOODS = (
    "set runtime.openai.likelihoods: false and select_data.score: accuracy, or runtime.engine: transformers or vllm"
)


@dataclass(frozen=True)
class Reply:
    """The choice of a reply, and the tokens that the server counts, 0 where it counts none."""

    choice: dict[str, Any]
    prompt_tokens: int
    completion_tokens: int


class OpenAIEngine(TokenPromptEngine):
    """A client for the server that has the target."""

    def __init__(self, target: checkpoints.Target, params: GenerationParams, settings: ServedRuntime) -> None:
        """Load the tokenizer and prepare the client; nothing is sent yet.

        Raises:
            ParamsError: one served name stands for all iterations.
        """
        import openai  # 1 s

        super().__init__(target, params)
        self.has_likelihoods = settings.likelihoods
        self._base = target.base
        self._settings = settings
        self._model = served_name(target, settings.model)
        self._client = openai.OpenAI(
            api_key=os.environ.get(KEY) or "none",
            base_url=settings.base_url,
            max_retries=0,
            timeout=settings.timeout_seconds,
        )
        self._proven = False  # whether the server has taken a request

    @cached_property
    def context(self) -> int | None:
        """The context length in tokens by the model's configuration, less one: servers want room for a new token."""
        limit = checkpoints.context(self._base)
        return limit and limit - 1

    def write(self, prompts: Sequence[Tokens], draw: Draw | None = None) -> list[Generation]:
        """Generate after each prompt: greedily, or at the temperature of `draw`.

        Raises:
            SourceError: a request fails, or a reply is none.
        """
        temperature = draw.temperature if draw else 0
        replies = self._ask(prompts, temperature=temperature, max_tokens=self._max_new_tokens)
        return [
            self._generation(reply, self._stop_rule.opening(prompt))
            for reply, prompt in zip(replies, prompts, strict=True)
        ]

    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token.

        Raises:
            SourceError: a request fails, or the server tells no log-probabilities of prompts.
        """
        texts = [prompt + completion for prompt, completion in pairs]
        replies = self._ask(texts, temperature=0, max_tokens=1, echo=True, logprobs=1)
        return [
            self._mean_logprob(reply, len(prompt), len(completion))
            for reply, (prompt, completion) in zip(replies, pairs, strict=True)
        ]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, prompts: Sequence[Tokens], **body: Any) -> list[Reply]:
        """Return the server's reply to each prompt, in the prompts' order; after a failure nothing more is sent.

        The very first request goes alone, so that a wrong key, model or path costs one call.
        """
        # Decoded before the threads start: a tokenizer is for one thread at a time.
        as_tokens = self._settings.prompts == "tokens"
        sent: Sequence[Tokens | str] = prompts if as_tokens else [self._as_text(prompt) for prompt in prompts]
        bodies = [body | {"model": self._model, "prompt": prompt} for prompt in sent]
        alone = 0 if self._proven else 1
        first = [self._complete(*pair) for pair in zip(bodies[:alone], prompts[:alone], strict=True)]
        pool = ThreadPoolExecutor(self._settings.concurrency)
        try:
            pairs = zip(bodies[alone:], prompts[alone:], strict=True)
            futures = [pool.submit(self._complete, *pair) for pair in pairs]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
        return [*first, *(future.result() for future in futures)]

    def _complete(self, body: dict[str, Any], prompt: Tokens) -> Reply:
        from stages.llm import faults  # imports openai, 1 s

        reply = faults.call_with_retries(
            partial(self._send, body),
            self._settings.attempts,
            _BACKOFF,
            lambda: self._proven,
            partial(self._fault, body),
        )
        self._proven = True
        if not reply.prompt_tokens:
            raise self._failure("the server does not say how many tokens it read, `usage.prompt_tokens`")
        if reply.prompt_tokens != len(prompt):
            raise self._failure(
                f"the server read {reply.prompt_tokens} tokens of a prompt of {len(prompt)}; it has another "
                "tokenizer than models/base, or adds a start token: set runtime.openai.prompts: tokens"
            )
        return reply

    def _send(self, body: dict[str, Any]) -> Reply:
        data = completions.decode(self._client.post("/completions", body=body, cast_to=str))
        choice = completions.first_choice(data)
        return Reply(choice, *(completions.counted(data, name, 0) for name in ("prompt_tokens", "completion_tokens")))

    def _fault(self, body: dict[str, Any], error: Exception, too_long: str | None) -> SourceError:
        from stages.llm import faults  # imports openai, 1 s

        reason = too_long or faults.line(error, os.environ.get(KEY, ""), TARGET)
        if "echo" in body and getattr(error, "status_code", None) in _REFUSED:
            reason += f"; for a server without log-likelihoods of prompts {_WITHOUT_LIKELIHOODS}"
        return self._failure(reason)

    def _as_text(self, prompt: Tokens) -> str:
        text: str = self._tokenizer.decode(prompt, clean_up_tokenization_spaces=False)
        if self.encode([text]) != [prompt]:
            raise self._failure("a prompt cannot be sent as text without a change; set runtime.openai.prompts: tokens")
        return text

    def _generation(self, reply: Reply, opening: str) -> Generation:
        reason = completions.finish_reason(reply.choice)
        if reason in _NO_ENDS or reason not in completions.COMPLETE | completions.LENGTH:
            given = reply.choice.get("finish_reason")
            raise self._failure(f"a reply ended for the reason {given!r}, not stop or length")
        stop = Stop.LENGTH if reason in completions.LENGTH else Stop.END
        text = _with_reasoning(reply.choice)
        (output,) = self.encode([text])
        end = self._stop_rule.answer_end(output, opening)
        if end is not None:
            return self._stop_rule.cut(output[:end], Stop.ANSWER, opening)
        return Generation(opened(opening, text), reply.completion_tokens or len(output), stop)

    def _mean_logprob(self, reply: Reply, start: int, count: int) -> float:
        all_logprobs: list[float] = (reply.choice.get("logprobs") or {}).get("token_logprobs") or []
        values = all_logprobs[start : start + count]
        if len(values) < count:
            raise self._failure(f"the server tells no log-likelihoods of prompts: {_WITHOUT_LIKELIHOODS}")
        return sum(values) / count

    def _failure(self, reason: str) -> SourceError:
        return SourceError(f"runtime.openai: {self._settings.base_url}, model {self._model}: {reason}")


@contextmanager
def open_engine(
    target: checkpoints.Target,
    dtype: checkpoints.Dtype,  # noqa: ARG001  # the server's own
    params: GenerationParams,
    runtime: Runtime,
) -> Iterator[Engine]:
    """Open the engine `openai`, and close its connections with the block."""
    assert runtime.openai  # `core.runtime` has seen to it
    with closing(OpenAIEngine(target, params, runtime.openai)) as engine:
        yield engine


def identity(runtime: Runtime) -> list[str]:
    """Return the values that distinguish one server's texts from another's."""
    assert runtime.openai  # as above
    return [runtime.openai.base_url, runtime.openai.model]


def served_name(target: checkpoints.Target, pattern: str) -> str:
    """Return the server's name of a target: the pattern with the name of the target's folder in it.

    Raises:
        ParamsError: the target is an iteration's, and the pattern has no place for its name.
    """
    if target.trained and _NAME not in pattern:
        raise ParamsError(
            f"params.yaml: runtime.openai.model `{pattern}` would stand for every iteration; serve each one under "
            f"its own name and write {_NAME} for it"
        )
    return pattern.replace(_NAME, (target.trained or target.base).name)


def _with_reasoning(choice: dict[str, Any]) -> str:
    """Return the text of a choice, behind the thought that some servers put into a field of its own."""
    thought, text = choice.get("reasoning_content") or choice.get("reasoning"), choice.get("text") or ""
    return f"<think>\n{thought}\n</think>\n{text}" if thought else str(text)
