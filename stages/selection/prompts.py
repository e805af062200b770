"""The prompts of one-shot trials: a candidate as the worked example, then a trial case.

The shared prefix of a candidate's prompts is that of their tokens, not of their text: however a tokenizer splits the
boundary between example and case, prefix and suffix together are the tokens of the whole prompt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.core.files import content_id
from stages.core.records import Candidate, Case
from stages.model.chat import ChatFormat
from stages.model.generation import Tokens, Workers
from stages.model.stopping import OPENING_TOKENS


@dataclass(frozen=True)
class ExamplePrompts:
    """A candidate's prompts: their shared prefix, and the remaining tokens by case id.

    What remains is at least what tells an engine whether the prompt opens a thought.
    """

    prefix: Tokens
    suffixes: dict[str, Tokens]


@dataclass(frozen=True)
class TrialPrompts:
    """The tokens of all trials: prompts by candidate id, and gold completions by case id."""

    examples: dict[str, ExamplePrompts]
    completions: dict[str, Tokens]


def encode(workers: Workers, candidates: Sequence[Candidate], cases: Sequence[Case], chat: ChatFormat) -> TrialPrompts:
    """Encode every candidate's prompts before every case."""
    completions = workers.encode([chat.completion(case.solution) for case in cases])
    unique: dict[tuple[int, ...], Tokens] = {}  # most candidates have the same suffix before a case: stored once
    examples = {}
    for candidate in candidates:
        own = split(candidate, cases, chat, workers)
        suffixes = {case_id: unique.setdefault(tuple(suffix), suffix) for case_id, suffix in own.suffixes.items()}
        examples[candidate.id] = ExamplePrompts(own.prefix, suffixes)
    return TrialPrompts(examples, dict(zip([case.id for case in cases], completions, strict=True)))


def split(candidate: Candidate, cases: Sequence[Case], chat: ChatFormat, workers: Workers) -> ExamplePrompts:
    """Encode a candidate's prompts before all cases and split them where they begin to differ."""
    prompts = workers.encode([one_shot(candidate, case, chat) for case in cases])
    agree = [len(set(tokens)) == 1 for tokens in zip(*prompts, strict=False)]
    shared = [*agree[:-OPENING_TOKENS], False].index(False)
    suffixes = {case.id: prompt[shared:] for case, prompt in zip(cases, prompts, strict=True)}
    return ExamplePrompts(prompts[0][:shared], suffixes)


def one_shot(candidate: Candidate, case: Case, chat: ChatFormat) -> str:
    """Return the prompt of one trial."""
    return chat.prompt(case.question, [(candidate.question, candidate.solution)], case.set, candidate.set)


def fingerprint(candidates: Sequence[Candidate], cases: Sequence[Case], chat: ChatFormat) -> str:
    """Return a hash that identifies all prompts and completions; it covers each candidate and each case once."""
    first = min(cases, key=lambda case: case.id)
    texts = [one_shot(candidate, first, chat) for candidate in candidates]
    for case in cases:
        texts += [chat.prompt(case.question, of=case.set), one_shot(candidates[0], case, chat)]
        texts.append(chat.completion(case.solution))
    return content_id(*texts)
