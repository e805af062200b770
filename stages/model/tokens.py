"""From text to token ids: the one way in training, prediction, selection and evaluation.

Special tokens are written by the chat template alone; the tokenizer adds none, or a start token (BOS) would come twice.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from stages.core.exceptions import ParamsError


def encode(tokenizer: Any, texts: Sequence[str]) -> list[list[int]]:
    """Return the token ids of each text."""
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    return ids


def check_start(tokenizer: Any, prompt: str) -> None:
    """Check that a prompt starts with exactly one start token where the model wants one, and nowhere with two.

    Raises:
        ParamsError: the template writes too many of them, or too few.
    """
    start = tokenizer.bos_token_id
    if start is None:
        return
    (ids,) = encode(tokenizer, [prompt])
    count = len(list(takewhile(lambda token: token == start, ids)))
    if count > 1:
        raise ParamsError(
            f"params.yaml: chat.template: a prompt starts with {count} start tokens {tokenizer.bos_token}; write one"
        )
    if not count and _wants_start(tokenizer):
        raise ParamsError(
            f"params.yaml: chat.template: the model's prompts start with {tokenizer.bos_token}, those of this template "
            "do not; write that token at the start of the template"
        )


def _wants_start(tokenizer: Any) -> bool:
    """Return whether the tokenizer puts the start token before a text by itself, or its own chat template does."""
    if tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]:
        return True
    if not tokenizer.chat_template:
        return False
    own = tokenizer.apply_chat_template([{"role": "user", "content": "a"}], tokenize=False, add_generation_prompt=True)
    return bool(own.startswith(tokenizer.bos_token))
