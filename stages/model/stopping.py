"""The rule by which a generation ends, the same for every engine."""

from collections.abc import Iterable
from typing import Any

from stages.answers.marks import answer_line, has_answer_line
from stages.answers.thoughts import open_thought, split_thoughts
from stages.model.generation import Generation, GenerationParams, Stop, Tokens

OPENING_TOKENS = 8
"""How many of a prompt's last tokens tell whether it opens a thought."""
_TAIL_TOKENS = 48  # an answer line is short; looking further back would cost time at every newline


class StopRule:
    """Ends a generation at an end token, at the limit, or, where the params say so, at the line after `#### answer`.

    `opening` is the tag of a thought that the prompt opens, or empty. No line inside of a thought is an answer.
    """

    def __init__(self, tokenizer: Any, ends: Iterable[int], params: GenerationParams) -> None:
        """Look up the tokens that may end a generation: `ends`, the pad token, and line breaks after an answer."""
        self.final = {*ends, tokenizer.pad_token_id}
        self.newlines = newline_tokens(tokenizer) if params.stop_after_answer else []
        self._breaks = set(self.newlines)
        self._tokenizer = tokenizer
        self._max_new_tokens = params.max_new_tokens

    def opening(self, prompt: Tokens) -> str:
        """Return the tag of a thought that a prompt opens at its end, or an empty text."""
        return open_thought(self._tokenizer.decode(prompt[-OPENING_TOKENS:]))

    def find(self, output: Tokens, start: int = 0, opening: str = "") -> Generation | None:
        """Return the generation that ends at or after token `start` of `output`, or None if none has ended."""
        for count, token in enumerate(output[start:], start + 1):
            stop = self._stop(output[:count], token, opening)
            if stop:
                return self.cut(output[:count], stop, opening)
        return None

    def cut(self, output: Tokens, stop: Stop, opening: str = "") -> Generation:
        """Return the generation that consists of these tokens."""
        said = output[: next((n for n in range(len(output), 0, -1) if output[n - 1] not in self.final), 0)]
        text = self._tokenizer.decode(said)
        if split_thoughts(text) == ("", text):  # its special tokens mark no thought
            text = self._tokenizer.decode(said, skip_special_tokens=True)
        return Generation(opened(opening, text), len(output), stop)

    def answer_end(self, output: Tokens, opening: str = "") -> int | None:
        """Return how many tokens there are up to the end of the first line with an answer, or None without one."""
        return next((n for n in range(1, len(output) + 1) if self.completes_answer(output[:n], opening)), None)

    def completes_answer(self, written: Tokens, opening: str) -> bool:
        """Return whether the last token completes a line that ends the generation."""
        if written[-1] not in self._breaks or not answer_line(self._tokenizer.decode(written[-_TAIL_TOKENS:])):
            return False
        return has_answer_line(opening + self._tokenizer.decode(written))

    def _stop(self, written: Tokens, token: int, opening: str) -> Stop | None:
        if token in self.final:
            return Stop.END
        if self.completes_answer(written, opening):
            return Stop.ANSWER
        return Stop.LENGTH if len(written) == self._max_new_tokens else None


def opened(opening: str, text: str) -> str:
    """Return an output's text with the tag that its prompt ended with in front."""
    return f"{opening}\n{text.strip()}" if opening else text.strip()


def newline_tokens(tokenizer: Any) -> list[int]:
    """Return the ids of all tokens whose text holds a line break."""
    texts = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    return [i for i, text in enumerate(texts) if "\n" in text]
