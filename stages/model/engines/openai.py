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
from functools import cached_property
from typing import Any

from stages.core.exceptions import ParamsError, SourceError
from stages.core.runtime import Runtime, ServedRuntime
from stages.llm.keys import redact
from stages.model import checkpoints
from stages.model.engines.token_prompts import TokenPromptEngine
from stages.model.generation import Draw, Engine, Generation, GenerationParams, Stop, Tokens
from stages.model.stopping import opened

KEY = "TARGET_API_KEY"
_STOPS = dict.fromkeys(("stop", "eos", "eos_token", "end_id", "stop_sequence", "end_turn", "complete"), Stop.END)
_STOPS |= dict.fromkeys(("length", "max_tokens", "max_length", "max_new_tokens", "model_length"), Stop.LENGTH)
"""What servers call the end of a generation, in lower case."""
_NAME = "{iteration}"
_WITHOUT_LIKELIHOODS = (
    "set runtime.openai.likelihoods: false and select_data.score: accuracy, or runtime.engine: transformers or vllm"
)


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
            max_retries=settings.attempts - 1,
            timeout=settings.timeout_seconds,
        )

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

    def _ask(self, prompts: Sequence[Tokens], **body: Any) -> list[Any]:
        """Return the server's reply to each prompt, in the prompts' order; after a failure nothing more is sent."""
        # Decoded before the threads start: a tokenizer is for one thread at a time.
        as_tokens = self._settings.prompts == "tokens"
        sent: Sequence[Tokens | str] = prompts if as_tokens else [self._as_text(prompt) for prompt in prompts]
        pool = ThreadPoolExecutor(self._settings.concurrency)
        try:
            futures = [
                pool.submit(self._complete, body_prompt, len(prompt), body)
                for body_prompt, prompt in zip(sent, prompts, strict=True)
            ]
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            pool.shutdown(cancel_futures=True)
        return [future.result() for future in futures]

    def _complete(self, prompt: Tokens | str, count: int, body: dict[str, Any]) -> Any:
        import openai  # 1 s

        try:
            reply = self._client.completions.create(model=self._model, prompt=prompt, **body)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            hint = f"; for a server without log-likelihoods of prompts {_WITHOUT_LIKELIHOODS}" if "echo" in body else ""
            raise self._failure(_reason(error) + hint) from error
        except openai.APIError as error:
            raise self._failure(_reason(error)) from error
        if not (getattr(reply, "choices", None) and getattr(reply, "usage", None)):
            raise self._failure("the reply is no completion with `choices` and `usage`; is base_url right?")
        if reply.usage.prompt_tokens != count:
            raise self._failure(
                f"the server read {reply.usage.prompt_tokens} tokens of a prompt of {count}; it has another "
                "tokenizer than models/base, or adds a start token: set runtime.openai.prompts: tokens"
            )
        return reply

    def _as_text(self, prompt: Tokens) -> str:
        text: str = self._tokenizer.decode(prompt, clean_up_tokenization_spaces=False)
        if self.encode([text]) != [prompt]:
            raise self._failure("a prompt cannot be sent as text without a change; set runtime.openai.prompts: tokens")
        return text

    def _generation(self, reply: Any, opening: str) -> Generation:
        choice = reply.choices[0]
        stop = _STOPS.get(str(choice.finish_reason).lower())
        if stop is None:
            raise self._failure(f"a reply ended for the reason {choice.finish_reason!r}, not stop or length")
        text = _with_reasoning(choice)
        (output,) = self.encode([text])
        end = self._stop_rule.answer_end(output, opening)
        if end is not None:
            return self._stop_rule.cut(output[:end], Stop.ANSWER, opening)
        return Generation(opened(opening, text), reply.usage.completion_tokens, stop)

    def _mean_logprob(self, reply: Any, start: int, count: int) -> float:
        logprobs = reply.choices[0].logprobs
        all_logprobs: list[float] = (logprobs.token_logprobs if logprobs else None) or []
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
        ParamsError: the target is an adapter, and the pattern has no place for its name.
    """
    if target.adapter and _NAME not in pattern:
        raise ParamsError(
            f"params.yaml: runtime.openai.model `{pattern}` would stand for every iteration; serve each adapter under "
            f"its own name and write {_NAME} for it"
        )
    return pattern.replace(_NAME, (target.adapter or target.base).name)


def _with_reasoning(choice: Any) -> str:
    """Return the text of a choice, behind the thought that some servers put into a field of its own."""
    thought = getattr(choice, "reasoning_content", None) or getattr(choice, "reasoning", None)
    return f"<think>\n{thought}\n</think>\n{choice.text}" if thought else str(choice.text)


def _reason(error: Exception) -> str:
    """Return the error in one line without the key."""
    from stages.llm import faults  # imports openai, 1 s

    text = faults.describe(error, "runtime.openai.timeout_seconds")
    key = os.environ.get(KEY)
    return redact(text, key) if key else text
