"""The instructor that is a language model behind an OpenAI-compatible server."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.instructor.chat_client import ChatClientParams, Reply, ask_all
from stages.instructor.interface import Draft, SynthesisRequest
from stages.instructor.request_cache import RequestCache
from stages.pipeline.exceptions import SourceError
from stages.pipeline.files import content_id
from stages.pipeline.records import Case, Keyphrase
from stages.pipeline.runtime import scratch

KEYPHRASE_PROMPT = Path("stages/prompts/keyphrase.txt")
SYNTHESIS_PROMPT = Path("stages/prompts/synthesize.txt")
UNASSIGNED = "unassigned"
_MOST_FAILED = 0.5
_MARKER = "####"


class LanguageModelInstructor:
    """Offers what `stages.instructor.interface.Instructor` asks for."""

    def __init__(self, params: ChatClientParams) -> None:
        """Open the request cache that all experiments of the repository share."""
        self._params = params
        self._cache = RequestCache(scratch("requests.sqlite"))

    def keyphrases(self, cases: Sequence[Case]) -> list[Keyphrase]:
        """Ask for the reason of each first mistake; a reply that cannot be read makes the case `unassigned`.

        Raises:
            SourceError: more than half of the replies are of no use, or the server refuses to serve.
        """
        template = KEYPHRASE_PROMPT.read_text(encoding="utf-8")
        prompts = [
            (fill(template, question=case.question, solution=case.solution, output=case.output), 0) for case in cases
        ]
        found = [_keyphrase(case, reply) for case, reply in zip(cases, self._ask(prompts), strict=True)]
        failed = sum(keyphrase.keyphrase == UNASSIGNED for keyphrase in found)
        if failed > _MOST_FAILED * len(found):
            raise SourceError(f"{failed} of {len(found)} replies hold no keyphrase; the first says: {found[0].detail}")
        return found

    def synthesize(self, requests: Sequence[SynthesisRequest]) -> list[list[Draft]]:
        """Ask for the new problems of each request; what cannot be read is a draft with its failure."""
        template = SYNTHESIS_PROMPT.read_text(encoding="utf-8")
        prompts = [(_synthesis_prompt(template, request), request.seed) for request in requests]
        return [_drafts(request, reply) for request, reply in zip(requests, self._ask(prompts), strict=True)]

    def solve(self, questions: Sequence[str], samples: int, seed: int) -> list[list[str]]:
        """Ask for `samples` solutions of each question; a failed one is missing."""
        prompts = [
            (f"{question}\nEnd with a line `#### answer`.", seed + i) for question in questions for i in range(samples)
        ]
        replies = self._ask(prompts)
        chunks = [replies[start : start + samples] for start in range(0, len(replies), samples)]
        return [[reply.text for reply in chunk if reply.failure is None] for chunk in chunks]

    def _ask(self, prompts: Sequence[tuple[str, int]]) -> list[Reply]:
        return ask_all(prompts, self._params, self._cache)


def fill(template: str, **values: str) -> str:
    """Put values in for `{name}`, once: braces in a value, as in LaTeX, stay what they are."""
    parts = [template]
    for name in values:
        parts = [piece for part in parts for piece in _split(part, f"{{{name}}}")]
    return "".join(values[part[1:-1]] if part[:1] == "{" and part[1:-1] in values else part for part in parts)


def _split(text: str, field: str) -> list[str]:
    if text == field:
        return [text]
    before, found, after = text.partition(field)
    return [before, found, *_split(after, field)] if found else [text]


def read_json(text: str, opening: str) -> Any:
    """Return the first JSON value in `text` that starts with `opening`, in a fence or in prose, or None."""
    start = text.find(opening)
    while start >= 0:
        try:
            return json.JSONDecoder().raw_decode(text, start)[0]
        except ValueError:
            start = text.find(opening, start + 1)
    return None


def _keyphrase(case: Case, reply: Reply) -> Keyphrase:
    value = None if reply.failure else read_json(reply.text, "{")
    text = value.get("keyphrase") if isinstance(value, dict) else None
    step = value.get("step") if isinstance(value, dict) else None
    if not isinstance(text, str) or not text.strip():
        return Keyphrase(content_id(case.id, UNASSIGNED), case.id, UNASSIGNED, None, reply.failure or reply.text)
    phrase = " ".join(text.split())
    number = step if isinstance(step, int) and not isinstance(step, bool) and step > 0 else None
    return Keyphrase(content_id(case.id, phrase), case.id, phrase, number, "")


def _synthesis_prompt(template: str, request: SynthesisRequest) -> str:
    shown = "\n\n".join(f"Problem: {case.question}\nSolution: {case.solution}" for case in request.demonstrations)
    return fill(template, error_type=request.error_type_name, demonstrations=shown, count=str(request.count))


def _drafts(request: SynthesisRequest, reply: Reply) -> list[Draft]:
    ids = tuple(case.id for case in request.demonstrations)
    value = None if reply.failure else read_json(reply.text, "[")
    if not isinstance(value, list) or not value:
        return [Draft("", reply.text, "", ids, reply.failure or "the reply holds no list of problems")]
    return [_draft(item, ids) for item in value]


def _draft(item: Any, ids: tuple[str, ...]) -> Draft:
    question = item.get("question") if isinstance(item, dict) else None
    solution = item.get("solution") if isinstance(item, dict) else None
    if not isinstance(question, str) or not isinstance(solution, str) or not question.strip():
        return Draft("", json.dumps(item, ensure_ascii=False), "", ids, "no question or no solution")
    _, marker, answer = solution.rpartition(_MARKER)
    if not marker or not answer.strip():
        return Draft(question, solution, "", ids, "no final answer")
    return Draft(question.strip(), solution.strip(), answer.strip(), ids, None)
