"""Continue prompts that begin alike: the shared beginning is read once, and its keys and values are used again.

One-shot selection puts each candidate before many development cases. The prompts of a candidate share all tokens up to
the case, so that a `Past` (keys and values of that beginning) is computed once and joined, with those of other
candidates, into batches in which only the case itself is read.

The completion that is scored, a case's gold solution, is at the same time a draft of what the model may write: as far
as the model's own choices agree with it, they need no pass of their own (greedy speculative decoding, arXiv
2211.17192). What comes after the first difference is written token by token in a pool of rows, into which further rows
move as others end.

In a batch the pasts are padded on the left, and what is read in one pass on the right. Before the next pass the rows
are joined anew without that padding, so that every row is contiguous: positions count a row's own tokens, and sliding
windows see what they would see without a batch.

What is guaranteed: in exact arithmetic every result is that of reading the whole prompt alone. In float32 likelihoods
agree to about 1e-5 nats a token, and a text differs only where two next tokens are closer than that. In bfloat16 the
shape of a batch changes the last bits, and now and then a token; the same requests in one call give the same replies.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.target.generation import Generation, Reply, Request, Tokens
from stages.target.transformers_engine import TransformersEngine

Past = list[tuple[Any, Any]]  # as in stages.target.growing_cache, which is heavy to import


@dataclass
class _Writing:
    """A generation in progress: its past as long as it is in no pool, its tokens, and the result once it has ended."""

    output: Tokens
    past: Past
    made: Generation | None = None


class SharedPrefixEngine(TransformersEngine):
    """The transformers engine, with caches of prefixes."""

    has_likelihoods = True

    @property
    def context(self) -> int | None:
        """The most tokens that the model can read, or None where its configuration does not say."""
        limit: int | None = getattr(self._model.config, "max_position_embeddings", None)
        return limit

    def pasts(self, prefixes: Sequence[Tokens]) -> list[Past]:
        """Read a batch of prefixes and return the keys and values of each."""
        rows = _Rows(self._model, [[] for _ in prefixes])
        rows.read(prefixes, keep=1)
        return [
            [(keys.clone(), values.clone()) for keys, values in rows.past(row, len(prefix))]
            for row, prefix in enumerate(prefixes)
        ]

    def likelihoods(self, requests: Sequence[Request], batch_tokens: int) -> list[Reply]:
        """Return the likelihood of each completion; nothing is generated.

        Args:
            requests: in any order; they are read in batches of similar length.
            batch_tokens: upper bound of (longest row) x (rows) in a batch.
        """
        replies: dict[int, Reply] = {}
        rows_at_once = max(1, batch_tokens // max(map(_size, requests)))
        for batch in _batches(requests, rows_at_once):
            chosen = [requests[i] for i in batch]
            scored = self._score(_Rows(self._model, [request.past for request in chosen]), chosen)
            replies |= {i: Reply(likelihood, None) for i, (likelihood, _) in zip(batch, scored, strict=True)}
        return [replies[i] for i in range(len(requests))]

    def attempts(self, requests: Sequence[Request], batch_tokens: int) -> list[Reply]:
        """Return the likelihood of each completion and what the model writes greedily after the prompt.

        Args:
            requests: in any order; they are read in batches of similar length.
            batch_tokens: upper bound of (longest row and new tokens) x (rows) in memory.
        """
        room = max(2, batch_tokens // (max(map(_size, requests)) + self._max_new_tokens))
        waiting = deque(_batches(requests, room // 2))
        likelihoods: dict[int, float] = {}
        writing: dict[int, _Writing] = {}
        pool = _Pool(self._model)
        while waiting or pool.going():
            if waiting and pool.going() <= room // 2:
                batch = waiting.popleft()
                scored, started = self._start([requests[i] for i in batch])
                likelihoods |= zip(batch, scored, strict=True)
                writing |= zip(batch, started, strict=True)
                pool.join(started)
            for row in pool.step():
                row.made = self._endings.find(row.output, len(row.output) - 1)
        return [Reply(likelihoods[i], writing[i].made) for i in range(len(requests))]

    def _start(self, requests: Sequence[Request]) -> tuple[list[float], list[_Writing]]:
        """Read a batch; return the likelihoods, and the generations as far as they agree with the completions."""
        rows = _Rows(self._model, [request.past for request in requests])
        scored = self._score(rows, requests)
        started = []
        for row, (request, (_, choices)) in enumerate(zip(requests, scored, strict=True)):
            output = accepted(request.completion, choices)
            # The last token of the output is a choice that the model has not read yet.
            started.append(_Writing(output, rows.past(row, len(request.prompt) + len(output) - 1)))
            started[-1].made = self._endings.find(output)
        return [likelihood for likelihood, _ in scored], started

    def _score(self, rows: "_Rows", requests: Sequence[Request]) -> list[tuple[float, Tokens]]:
        """Return each completion's likelihood, and the model's choices before and after each of its tokens."""
        import torch  # heavy

        texts = [request.prompt + request.completion for request in requests]
        longest = max(map(len, texts))
        keep = longest - min(len(request.prompt) for request in requests) + 1
        scored = []
        for row, request, text in zip(rows.read(texts, keep), requests, texts, strict=True):
            end = keep - (longest - len(text))
            own = row[end - len(request.completion) - 1 : end].float()
            loss = torch.nn.functional.cross_entropy(own[:-1], torch.tensor(request.completion, device=own.device))
            scored.append((-float(loss), own.argmax(-1).tolist()))
        return scored


def accepted(draft: Tokens, choices: Tokens) -> Tokens:
    """Return the tokens that greedy decoding writes: a draft as far as the model agrees, and its next choice.

    Args:
        draft: n tokens.
        choices: n + 1 tokens: what the model chose before the draft, and after each of its tokens.
    """
    agreed = next((i for i, token in enumerate(draft) if token != choices[i]), len(draft))
    return choices[: agreed + 1]


class _Pool:
    """Generations that are written token by token, together; those that have ended are swept out now and then."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._writing: list[_Writing] = []
        self._rows: _Rows | None = None

    def going(self) -> int:
        """Return how many have not ended."""
        return sum(not writing.made for writing in self._writing)

    def join(self, started: Sequence[_Writing]) -> None:
        """Take further generations in and sweep out what has ended."""
        for row, writing in enumerate(self._writing):
            writing.past = self._rows.past(row) if self._rows else writing.past
        self._writing = [writing for writing in [*self._writing, *started] if not writing.made]
        self._rows = _Rows(self._model, [w.past for w in self._writing]) if self._writing else None
        for writing in self._writing:
            writing.past = []

    def step(self) -> list[_Writing]:
        """Write one token in each generation and return those that go on."""
        if 4 * self.going() <= 3 * len(self._writing):  # rows that have ended cost as much as others
            self.join([])
        if self._rows is None:
            return []
        logits = self._rows.read([writing.output[-1:] for writing in self._writing])
        for writing, token in zip(self._writing, logits[:, -1].argmax(-1).tolist(), strict=True):
            if not writing.made:
                writing.output.append(token)
        return [writing for writing in self._writing if not writing.made]


class _Rows:
    """The caches of a batch of rows, padded on the left, and how the model reads on from them."""

    def __init__(self, model: Any, pasts: Sequence[Past]) -> None:
        """Join pasts into one cache; with empty pasts, the rows start from nothing."""
        from stages.target.growing_cache import join  # imports torch and transformers

        self._model = model
        self._lengths = [past[0][0].shape[1] if past else 0 for past in pasts]
        self._read = [0] * len(pasts)
        self._cache = join(pasts)

    def read(self, texts: Sequence[Tokens], keep: int = 0) -> Any:
        """Let the model read on in every row; return the logits of the last `keep` places, of all for 0."""
        import torch  # heavy

        before = self._cache.get_seq_length()
        self._lengths = [length + read for length, read in zip(self._lengths, self._read, strict=True)]
        self._read = [len(text) for text in texts]
        width = max(self._read)
        ids = torch.tensor([text + [0] * (width - len(text)) for text in texts])
        past, read, places = (
            torch.tensor(self._lengths)[:, None],
            torch.tensor(self._read)[:, None],
            torch.arange(width),
        )
        mask = torch.cat([torch.arange(before) >= before - past, places < read], dim=1).long()
        inputs = {"input_ids": ids, "attention_mask": mask, "position_ids": past + torch.minimum(places, read - 1)}
        inputs = {name: tensor.to(self._model.device) for name, tensor in inputs.items()}
        with torch.inference_mode():
            return self._model(**inputs, cache=self._cache, use_cache=True, logits_to_keep=keep).logits

    def past(self, row: int, kept: int | None = None) -> Past:
        """Return a view of the past of a row with the first `kept` tokens of the last pass, or all of them."""
        kept = self._read[row] if kept is None else kept
        start = self._cache.get_seq_length() - max(self._read) - self._lengths[row]
        span = slice(start, start + self._lengths[row] + kept)
        return [(layer.keys[row, :, span], layer.values[row, :, span]) for layer in self._cache.layers]


def _size(request: Request) -> int:
    """Return the tokens of a request's whole row."""
    return int(request.past[0][0].shape[1]) + len(request.prompt) + len(request.completion)


def _batches(requests: Sequence[Request], rows: int) -> list[list[int]]:
    """Return the numbers of the requests in batches of what is read alike long, the longest first."""
    order = sorted(
        range(len(requests)),
        key=lambda i: (-len(requests[i].prompt) - len(requests[i].completion), -_size(requests[i]), i),
    )
    return [order[i : i + rows] for i in range(0, len(order), rows)]
