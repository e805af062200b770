"""The job of naming the reason of each first mistake (SEI, section 3.2): the requests, and records from the replies.

A reply `{"first_mistake": "12 and 4 are added.", "quote": "12 + 4 = 16", "keyphrase": "adds instead of multiplying"}`
makes a keyphrase; any other makes the case `unassigned`, with the reason in `failure` and the reply in `detail`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stages.answers.thoughts import without_thoughts
from stages.core.exceptions import SourceError, one_line
from stages.core.files import content_id
from stages.core.records import UNASSIGNED, Case, Keyphrase
from stages.llm.chat import ChatRequest, Reply, Schema
from stages.llm.json_strings import clean
from stages.llm.prompts import Prompt
from stages.llm.schemas import object_schema
from stages.llm.tolerant_json import find_object

PROMPT = Path("stages/prompts/keyphrase.txt")
SCHEMA = Schema(
    "keyphrase",
    object_schema(first_mistake={"type": "string"}, quote={"type": "string"}, keyphrase={"type": "string"}),
)
_AROUND = "\"'`“”. "
_MAX_LENGTH = 200  # characters
_MAX_FAILED_SHARE = 0.5


def requests(cases: Sequence[Case]) -> list[ChatRequest]:
    """Return one request a case."""
    prompt = Prompt.read(PROMPT)
    return [
        prompt.request(
            {
                "kind": _kind(case),
                "question": case.question,
                "solution": case.solution,
                "output": without_thoughts(case.output).strip(),
            },
            SCHEMA,
        )
        for case in cases
    ]


def _kind(case: Case) -> str:
    """Return subject and level of a problem whose set has levels, as in " (Algebra, level 3)", else an empty text."""
    if case.level is None:
        return ""
    return f" ({', '.join(filter(None, (case.group, f'level {case.level}')))})"


def keyphrases(cases: Sequence[Case], replies: Sequence[Reply]) -> list[Keyphrase]:
    """Return one keyphrase a case, in the same order.

    Raises:
        SourceError: more than half of the replies are of no use.
    """
    named = [_keyphrase(case, reply) for case, reply in zip(cases, replies, strict=True)]
    failed = [keyphrase for keyphrase in named if keyphrase.failure]
    if len(failed) > _MAX_FAILED_SHARE * len(named):
        first = failed[0]
        raise SourceError(
            f"{len(failed)} of {len(named)} replies hold no keyphrase; the first: {first.failure}: "
            f"{one_line(first.detail)[:_MAX_LENGTH]!r}"
        )
    return named


def _keyphrase(case: Case, reply: Reply) -> Keyphrase:
    value = find_object(reply.text, "keyphrase") or {}
    phrase = one_line(value.get("keyphrase", "")).strip(_AROUND)
    failure = reply.failure or _unfit(value, phrase, reply.truncated)
    if failure:
        key, wrote = content_id(case.id, UNASSIGNED), clean(reply.text)
        return Keyphrase(key, case.id, UNASSIGNED, None, "", wrote, failure, case.set)
    quote, detail = (_text(value.get(name)) for name in ("quote", "first_mistake"))
    line = _line(without_thoughts(case.output), quote)
    key, quoted = content_id(case.id, phrase), "" if line is None else quote
    return Keyphrase(key, case.id, phrase, line, quoted, detail, None, case.set)


def _unfit(value: dict[str, Any], phrase: str, truncated: bool) -> str | None:
    """Return why a reply holds no keyphrase, or None."""
    if not value:
        return "reply cut before the keyphrase" if truncated else "no keyphrase in the reply"
    if not any(letter.isalpha() for letter in phrase):
        return "empty keyphrase"
    return "keyphrase too long" if len(phrase) > _MAX_LENGTH else None


def _text(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _line(output: str, quote: str) -> int | None:
    """Return the line of the output that holds the quoted words, whatever blanks stand between them, or None."""
    lines = [" ".join(line.split()) for line in output.split("\n")]
    return next((index for index, line in enumerate(lines) if quote and quote in line), None)
