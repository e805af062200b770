"""The rule by which a generation ends, the same for every engine."""

from typing import Any

from stages.model.generation import Generation, Stop, Tokens

_MARKER = "####"
TAIL_TOKENS = 48  # an answer line is short; looking further back would cost time at every newline


class StopRule:
    """Ends a generation at the end token, at the line after `#### answer`, or at the limit of new tokens."""

    def __init__(self, tokenizer: Any, max_new_tokens: int) -> None:
        """Look up the tokens that may end a generation."""
        self.final = {tokenizer.eos_token_id, tokenizer.pad_token_id}
        self.newlines = newline_tokens(tokenizer)
        self._breaks = set(self.newlines)
        self._tokenizer = tokenizer
        self._max_new_tokens = max_new_tokens

    def find(self, output: Tokens, start: int = 0) -> Generation | None:
        """Return the generation that ends at or after token `start` of `output`, or None if none has ended."""
        for count, token in enumerate(output[start:], start + 1):
            stop = self._stop(output[:count], token)
            if stop:
                return self.cut(output[:count], stop)
        return None

    def cut(self, output: Tokens, stop: Stop) -> Generation:
        """Return the generation that consists of these tokens."""
        text = self._tokenizer.decode(output, skip_special_tokens=True)
        return Generation(text.strip(), len(output), stop)

    def answer_end(self, output: Tokens) -> int | None:
        """Return how many tokens there are up to the end of the first line with an answer, or None without one."""
        return next((n for n in range(1, len(output) + 1) if self._completes_answer(output[:n])), None)

    def _stop(self, written: Tokens, token: int) -> Stop | None:
        if token in self.final:
            return Stop.END
        if self._completes_answer(written):
            return Stop.ANSWER
        return Stop.LENGTH if len(written) == self._max_new_tokens else None

    def _completes_answer(self, written: Tokens) -> bool:
        return written[-1] in self._breaks and has_complete_answer(self._tokenizer.decode(written[-TAIL_TOKENS:]))


def newline_tokens(tokenizer: Any) -> list[int]:
    """Return the ids of all tokens whose text holds a line break."""
    texts = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    return [i for i, text in enumerate(texts) if "\n" in text]


def has_complete_answer(text: str) -> bool:
    """Return whether `text` holds `####`, an answer, and the end of that line."""
    finished = text.split("\n")[:-1]
    return any(marker and answer.strip() for _, marker, answer in (line.partition(_MARKER) for line in finished))
