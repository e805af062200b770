"""Generation in a pool of rows, and shared prefixes: one is read once, and its keys and values are reused.

One-shot selection puts each candidate before many trial cases. The prompts of a candidate share all tokens up to
the case, so that a `Past` (keys and values of that prefix) is computed once and joined, with those of other
candidates, into batches in which only the case itself is read.

Generation proceeds token by token in a pool of rows, which drops those that have ended, and takes in further ones.

In a batch the pasts are padded on the left, and what is read after them in one pass on the right. Before the next pass
the rows are joined anew without that padding, so that every row is contiguous: positions count a row's own tokens, and
sliding windows see what they would see without a batch.

What is guaranteed: in exact arithmetic every result is that of reading the whole prompt alone. In float32 likelihoods
agree to about 1e-5 nats a token, and a text differs only where two next tokens are closer than that. In bfloat16 the
shape of a batch changes the last bits, and now and then a token; the same requests in one call give the same replies.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any

from stages.core.runtime import Runtime, set_threads
from stages.model import checkpoints
from stages.model.checkpoints import Dtype, Target
from stages.model.engines.transformers import TransformersEngine, mean_log_probability, seeded
from stages.model.generation import Draw, Engine, Generation, GenerationParams, SplitPrompt, Stop, Tokens

Choose = Callable[[Any], Tokens]
Past = list[tuple[Any, Any]]  # as in stages.model.engines.growing_cache, which is heavy to import


@dataclass
class _Writing:
    """A generation in progress.

    Attributes:
        opening: the tag of a thought that the prompt opens.
        output: its tokens.
        past: while it is in no pool.
        made: the result at its end.
        failed: whether the model computed no finite number.
    """

    opening: str
    output: Tokens
    past: Past
    made: Generation | None = None
    failed: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.made is None and not self.failed


class SharedPrefixEngine(TransformersEngine):
    """The transformers engine, with caches of prefixes and rows that end one by one."""

    def write(self, prompts: Sequence[Tokens], draw: Draw | None = None) -> list[Generation]:
        """Generate for one batch; the same batch and draw give the same texts.

        A text for which the model computes no finite number counts as one that ran to the limit.
        """
        with seeded(draw.seed, self._model.device) if draw else nullcontext():
            pool = _Pool(self._model, draw.temperature if draw else 0.0)
            started = self._start([SplitPrompt([], prompt) for prompt in prompts], pool.choose)
            pool.join(started)
            while pool.running():
                self._step(pool)
        return [one.made or self._stop_rule.cut(one.output, Stop.LENGTH, one.opening) for one in started]

    def pasts(self, prefixes: Sequence[Tokens]) -> list[Past]:
        """Read a batch of prefixes and return the keys and values of each."""
        rows = _Rows(self._model, [[] for _ in prefixes])
        rows.read(prefixes, keep=1)
        return [[(keys.clone(), values.clone()) for keys, values in rows.past(row)] for row in range(len(prefixes))]

    def generations(self, prompts: Sequence[SplitPrompt], batch_tokens: int) -> list[Generation | None]:
        """Generate greedily after each prompt; None where the model computes no finite number.

        Args:
            prompts: in any order; they are read in batches of similar length.
            batch_tokens: upper bound of (longest row and new tokens) x (rows) in memory.
        """
        sizes = [_tokens(prompt) for prompt in prompts]
        room = max(2, batch_tokens // (max(sizes) + self._max_new_tokens))
        waiting = deque(_batches([len(prompt.suffix) for prompt in prompts], sizes, room // 2))
        writing: dict[int, _Writing] = {}
        pool = _Pool(self._model)
        while waiting or pool.running():
            if waiting and pool.running() <= room // 2:
                batch = waiting.popleft()
                started = self._start([prompts[i] for i in batch], pool.choose)
                writing |= zip(batch, started, strict=True)
                pool.join(started)
            self._step(pool)
        return [writing[i].made for i in range(len(prompts))]

    def likelihoods(self, pairs: Sequence[tuple[SplitPrompt, Tokens]], batch_tokens: int) -> list[float]:
        """Return, for each (prompt, completion), the mean log-probability of the completion's tokens, in nats.

        Args:
            pairs: in any order; they are read in batches of similar length.
            batch_tokens: upper bound of (longest row) x (rows) in a batch.
        """
        means: dict[int, float] = {}
        texts = [prompt.suffix + completion for prompt, completion in pairs]
        sizes = [_tokens(prompt) + len(completion) for prompt, completion in pairs]
        for batch in _batches([len(text) for text in texts], sizes, max(1, batch_tokens // max(sizes))):
            rows = _Rows(self._model, [pairs[i][0].past for i in batch])
            logits = rows.read_ends([texts[i] for i in batch], [len(pairs[i][1]) + 1 for i in batch])
            means |= {i: mean_log_probability(row[:-1], pairs[i][1]) for i, row in zip(batch, logits, strict=True)}
        return [means[i] for i in range(len(pairs))]

    def _start(self, prompts: Sequence[SplitPrompt], choose: Choose) -> list[_Writing]:
        """Read a batch and choose the first token after each prompt."""
        import torch  # heavy

        rows = _Rows(self._model, [prompt.past for prompt in prompts])
        logits = torch.cat(rows.read_ends([prompt.suffix for prompt in prompts], [1] * len(prompts)))
        started = []
        for row, (token, highest) in enumerate(zip(choose(logits), logits.amax(-1), strict=True)):
            output = [token]  # not yet read by the model
            failed = not highest.isfinite()
            opening = self._stop_rule.opening(prompts[row].suffix)
            made = None if failed else self._stop_rule.find(output, 0, opening)
            started.append(_Writing(opening, output, rows.past(row), made, failed))
        return started

    def _step(self, pool: "_Pool") -> None:
        """Write one token in each generation, and end those that it ends."""
        for row in pool.step():
            row.made = self._stop_rule.find(row.output, len(row.output) - 1, row.opening)


@contextmanager
def open_engine(target: Target, dtype: Dtype, params: GenerationParams, runtime: Runtime) -> Iterator[Engine]:
    """Open the engine `transformers`, with caches of prefixes where the model has what can be shared."""
    from stages.model.engines import growing_cache  # imports torch and transformers

    set_threads(runtime.threads)
    kind = SharedPrefixEngine if growing_cache.fits(checkpoints.load_config(target.base)) else TransformersEngine
    yield kind(target, dtype, params, runtime.device)


class _Pool:
    """Generations that grow together, token by token; those that have ended are dropped now and then."""

    def __init__(self, model: Any, temperature: float = 0.0) -> None:
        self._model = model
        self._temperature = temperature
        self._writing: list[_Writing] = []
        self._rows: _Rows | None = None

    def running(self) -> int:
        """Return how many generations have not ended."""
        return sum(writing.is_running for writing in self._writing)

    def join(self, started: Sequence[_Writing]) -> None:
        """Take in further generations and drop those that have ended."""
        for row, writing in enumerate(self._writing):
            writing.past = self._rows.past(row) if self._rows else writing.past
        self._writing = [writing for writing in [*self._writing, *started] if writing.is_running]
        self._rows = _Rows(self._model, [w.past for w in self._writing]) if self._writing else None
        for writing in self._writing:
            writing.past = []

    def step(self) -> list[_Writing]:
        """Write one token in each generation and return those that go on."""
        if 4 * self.running() <= 3 * len(self._writing):  # rows that have ended cost as much as others
            self.join([])
        if self._rows is None:
            return []
        logits = self._rows.read([writing.output[-1:] for writing in self._writing])
        for writing, token in zip(self._writing, self.choose(logits[:, -1]), strict=True):
            if writing.is_running:
                writing.output.append(token)
        return [writing for writing in self._writing if writing.is_running]

    def choose(self, logits: Any) -> Tokens:
        """Return the next token of each row from (rows, words): the likeliest, or one that is drawn."""
        if not self._temperature:
            return list(logits.argmax(-1).tolist())
        chances = (logits.float() / self._temperature).softmax(-1).nan_to_num(1.0)  # rows that fail are dropped
        return list(chances.multinomial(1)[:, 0].tolist())


class _Rows:
    """The caches of a batch of rows, padded on the left, from which the model reads on."""

    def __init__(self, model: Any, pasts: Sequence[Past]) -> None:
        """Join pasts into one cache; with empty pasts, the rows start from nothing."""
        from stages.model.engines.growing_cache import join  # imports torch and transformers

        self._model = model
        self._lengths = [past[0][0].shape[1] if past else 0 for past in pasts]
        self._read = [0] * len(pasts)
        self._cache = join(pasts)
        # Older releases of transformers say `past_key_values`.
        name = "cache" if "cache" in signature(model.forward).parameters else "past_key_values"
        self._cache_argument = {name: self._cache}

    def read(self, texts: Sequence[Tokens], keep: int = 0) -> Any:
        """Let the model read on in every row; return the logits of the last `keep` positions, of all for 0.

        Rows that start from nothing are padded on the left, so that they end together.
        """
        import torch  # heavy

        before = self._cache.get_seq_length()
        lengths = [length + read for length, read in zip(self._lengths, self._read, strict=True)]
        sizes = [len(text) for text in texts]
        width = max(sizes)
        fronts = [0 if before else width - size for size in sizes]
        ids = torch.tensor(
            [[0] * front + text + [0] * (width - front - len(text)) for front, text in zip(fronts, texts, strict=True)]
        )
        past, size, front = (torch.tensor(counts)[:, None] for counts in (lengths, sizes, fronts))
        place = torch.arange(width) - front
        mask = torch.cat([torch.arange(before) >= before - past, (place >= 0) & (place < size)], dim=1).long()
        positions = past + place.clamp(min=0).minimum(size - 1)
        self._lengths, self._read = (lengths, sizes) if before else (sizes, [0] * len(sizes))
        inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": positions}
        inputs = {name: tensor.to(self._model.device) for name, tensor in inputs.items()}
        with torch.inference_mode():
            return self._model(**inputs, **self._cache_argument, use_cache=True, logits_to_keep=keep).logits

    def read_ends(self, texts: Sequence[Tokens], ends: Sequence[int]) -> list[Any]:
        """Let the model read on; return, for each row, the logits of as many of its last positions as `ends` says."""
        longest = max(map(len, texts))
        behind = [longest - len(text) if self._cache.get_seq_length() else 0 for text in texts]
        keep = max(map(sum, zip(behind, ends, strict=True)))
        logits = self.read(texts, keep)
        stops = [keep - padding for padding in behind]
        return [row[stop - end : stop] for row, stop, end in zip(logits, stops, ends, strict=True)]

    def past(self, row: int) -> Past:
        """Return a view of the past of a row, the last pass included."""
        start = self._cache.get_seq_length() - max(self._read) - self._lengths[row]
        span = slice(start, start + self._lengths[row] + self._read[row])
        return [(layer.keys[row, :, span], layer.values[row, :, span]) for layer in self._cache.layers]


def _tokens(prompt: SplitPrompt) -> int:
    return int(prompt.past[0][0].shape[1]) + len(prompt.suffix)


def _batches(read: Sequence[int], sizes: Sequence[int], rows: int) -> list[list[int]]:
    """Return row indices in batches of similar length, longest first.

    Args:
        read: how many tokens are read in each row.
        sizes: how many are in memory then.
        rows: of a batch, at most.
    """
    order = sorted(range(len(read)), key=lambda i: (-read[i], -sizes[i], i))
    return [order[i : i + rows] for i in range(0, len(order), rows)]
