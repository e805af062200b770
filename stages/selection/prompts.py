"""The prompts of one-shot trials: a candidate as the worked example, then a development case.

The beginning that all prompts of a candidate share is found on their tokens, not on their text: whatever a tokenizer
makes of the place where example and case meet, the parts put together are the tokens of the whole prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from stages.core.files import content_id
from stages.core.records import Candidate, Case
from stages.model.chat import ChatFormat
from stages.model.generation import Tokens


class Encoder(Protocol):
    """What turns texts into tokens."""

    def encode(self, texts: Sequence[str]) -> list[Tokens]:
        """Return the tokens of each text."""


@dataclass(frozen=True)
class ExamplePrompts:
    """The tokens that all prompts of a candidate begin with, and the rest of each prompt (never empty) by case id."""

    prefix: Tokens
    rests: dict[str, Tokens]


def split(candidate: Candidate, cases: Sequence[Case], chat: ChatFormat, encoder: Encoder) -> ExamplePrompts:
    """Encode a candidate's prompts before all cases and split them where they begin to differ."""
    prompts = encoder.encode([one_shot(candidate, case, chat) for case in cases])
    agree = [len(set(tokens)) == 1 for tokens in zip(*prompts, strict=False)]
    shared = [*agree[:-1], False].index(False)
    rests = {case.id: prompt[shared:] for case, prompt in zip(cases, prompts, strict=True)}
    return ExamplePrompts(prompts[0][:shared], rests)


def one_shot(candidate: Candidate, case: Case, chat: ChatFormat) -> str:
    """Return the prompt of one trial."""
    return chat.prompt(case.question, [(candidate.question, candidate.solution)])


def fingerprint(candidates: Sequence[Candidate], cases: Sequence[Case], chat: ChatFormat) -> str:
    """Return a hash of all prompts and completions, from each candidate and each case once."""
    first = min(cases, key=lambda case: case.id)
    texts = [one_shot(candidate, first, chat) for candidate in candidates]
    for case in cases:
        texts += [chat.prompt(case.question), one_shot(candidates[0], case, chat), chat.completion(case.solution)]
    return content_id(*texts)
