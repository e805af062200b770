"""The `transformers` engine: generation, greedy or sampled, and log-likelihoods in batches, on a CPU or one GPU."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from stages.model import checkpoints, devices
from stages.model.engines.token_prompts import TokenPromptEngine
from stages.model.generation import Draw, Generation, GenerationParams, SplitPrompt, Stop, Tokens, make_batches
from stages.model.stopping import StopRule

T = TypeVar("T")
R = TypeVar("R")


class TransformersEngine(TokenPromptEngine):
    """Holds a loaded model, and reads every prompt as a whole."""

    def __init__(
        self, target: checkpoints.Target, dtype: checkpoints.Dtype, params: GenerationParams, device: str
    ) -> None:
        """Load the target's tokenizer and weights, the adapter merged in, once no other stage has the GPU."""
        super().__init__(target, params)
        devices.reserve(device)
        from stages.model import packed_linear  # imports torch

        self._model = checkpoints.load(target, dtype, device)
        packed_linear.pack(self._model)

    @property
    def context(self) -> int | None:
        """The model's context length in tokens, or None where its configuration does not say."""
        return checkpoints.context_of(self._model.config)

    def write(self, prompts: Sequence[Tokens], draw: Draw | None = None) -> list[Generation]:
        """Generate for one batch; the same batch and draw give the same texts."""
        if draw is None:
            return self._write(prompts, do_sample=False)
        with seeded(draw.seed, self._model.device):
            # Not the model's own top_k and top_p, nor the 50 that transformers would take.
            return self._write(prompts, do_sample=True, temperature=draw.temperature, top_k=0, top_p=1.0)

    def generations(self, prompts: Sequence[SplitPrompt], batch_tokens: int) -> list[Generation | None]:
        """Generate greedily after each prompt, in batches of at most so many tokens, those to be written included."""
        texts = [prompt.past + prompt.suffix for prompt in prompts]
        return [*_in_batches(self.write, texts, [len(text) + self._max_new_tokens for text in texts], batch_tokens)]

    def likelihoods(self, pairs: Sequence[tuple[SplitPrompt, Tokens]], batch_tokens: int) -> list[float]:
        """Return the mean log-probability of each completion after its prompt, in nats a token, in such batches."""
        texts = [(prompt.past + prompt.suffix, completion) for prompt, completion in pairs]
        return _in_batches(self.score, texts, [len(prompt) + len(end) for prompt, end in texts], batch_tokens)

    def _write(self, prompts: Sequence[Tokens], **decoding: Any) -> list[Generation]:
        import torch  # heavy, as is the next
        from transformers import GenerationConfig, StoppingCriteriaList

        batch = self._pad(prompts)
        start = batch["input_ids"].shape[1]
        openings = [self._stop_rule.opening(prompt) for prompt in prompts]
        finished = answer_line_criterion(self._stop_rule, start, openings)
        config = GenerationConfig(
            max_new_tokens=self._max_new_tokens,
            eos_token_id=sorted(self._stop_rule.final),
            pad_token_id=self._tokenizer.pad_token_id,
            **decoding,
        )
        with torch.inference_mode():
            output = self._model.generate(
                **batch, generation_config=config, stopping_criteria=StoppingCriteriaList([finished])
            )
        return [
            self._result(row.tolist(), bool(done), opening)
            for row, done, opening in zip(output[:, start:], finished.done, openings, strict=True)
        ]

    def score(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> list[float]:
        """Return the mean log-probability of each completion's tokens after its prompt, in nats a token."""
        import torch  # heavy

        batch = self._pad([prompt + completion for prompt, completion in pairs])
        keep = max(len(completion) for _, completion in pairs) + 1
        # Models with learned positions would count the padding on the left; those with rotary ones do not mind.
        positions = (batch["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        with torch.inference_mode():
            output = self._model(**batch, position_ids=positions, logits_to_keep=keep, use_cache=False)
        logits = output.logits[:, -keep:-1]
        return [
            mean_log_probability(row[-len(completion) :], completion)
            for row, (_, completion) in zip(logits, pairs, strict=True)
        ]

    def _pad(self, ids: Sequence[Tokens]) -> dict[str, Any]:
        batch = self._tokenizer.pad({"input_ids": list(ids)}, return_tensors="pt")
        return {name: tensor.to(self._model.device) for name, tensor in batch.items()}

    def _result(self, tokens: list[int], answered: bool, opening: str) -> Generation:
        # Rows that ended are filled with the pad token, which may be the end token.
        end = next((i for i, token in enumerate(tokens) if token in self._stop_rule.final), len(tokens))
        if answered:
            stop = Stop.ANSWER
        elif end < len(tokens):
            stop, end = Stop.END, end + 1
        else:
            stop = Stop.LENGTH
        return self._stop_rule.cut(tokens[:end], stop, opening)


def _in_batches(
    compute: Callable[[Sequence[T]], list[R]], items: Sequence[T], sizes: Sequence[int], batch_tokens: int
) -> list[R]:
    """Return the result of each item, computed in batches of similar size."""
    results: dict[int, R] = {}
    for batch in make_batches(dict(enumerate(sizes)), batch_tokens):
        results |= zip(batch, compute([items[i] for i in batch]), strict=True)
    return [results[i] for i in range(len(items))]


@contextmanager
def seeded(seed: int, device: Any) -> Iterator[None]:
    """Seed torch's generators for the block, and leave them as they were."""
    import torch  # heavy

    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def mean_log_probability(logits: Any, tokens: Tokens) -> float:
    """Return the mean log-probability of n tokens, in nats, from the n rows of logits before each of them."""
    import torch  # heavy

    return -float(torch.nn.functional.cross_entropy(logits.float(), torch.tensor(tokens, device=logits.device)))


def answer_line_criterion(rule: StopRule, start: int, openings: Sequence[str]) -> Any:
    """Return a stopping criterion that ends a row once a line with `#### answer` is complete.

    Its attribute `done` tells which rows it ended. `start` is the length of the padded prompts, in tokens, `openings`
    are the tags of the thoughts that they open.
    """
    import torch  # heavy, as is the next
    from transformers import StoppingCriteria

    breaks = torch.tensor(rule.newlines, dtype=torch.long)

    class AnswerLine(StoppingCriteria):  # type: ignore[misc]  # transformers is untyped here
        done: Any = None

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:  # noqa: ARG002  # the library's signature
            if self.done is None:
                self.done = torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
            ended = torch.isin(input_ids[:, -1], breaks.to(input_ids.device)) & ~self.done
            for row in ended.nonzero().flatten().tolist():
                self.done[row] = rule.completes_answer(input_ids[row, start:].tolist(), openings[row])
            return self.done

    return AnswerLine()
