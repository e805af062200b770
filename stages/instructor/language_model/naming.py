"""The job of naming error types: a name and a sentence for each group of keyphrases."""

import logging
from collections.abc import Sequence
from pathlib import Path

from stages.core.exceptions import one_line
from stages.instructor.interface import NamedType
from stages.llm.chat import ChatRequest, Reply, Schema
from stages.llm.prompts import Prompt
from stages.llm.schemas import object_schema
from stages.llm.tolerant_json import find_object

PROMPT = Path("stages/prompts/name_types.txt")
SCHEMA = Schema("error_type", object_schema(name={"type": "string"}, explanation={"type": "string"}))
SHOWN = 40

logger = logging.getLogger(__name__)


def requests(groups: Sequence[Sequence[str]]) -> list[ChatRequest]:
    """Return one request a group, which shows its most central keyphrases."""
    prompt = Prompt.read(PROMPT)
    return [
        prompt.request({"keyphrases": "\n".join(f"- {phrase}" for phrase in group[:SHOWN])}, SCHEMA) for group in groups
    ]


def named_types(groups: Sequence[Sequence[str]], replies: Sequence[Reply]) -> list[NamedType]:
    """Return one named type a group, in the same order; two may have the same name.

    The name of a group without a usable reply is its most central keyphrase, with a warning.
    """
    return [_named(group[0], reply) for group, reply in zip(groups, replies, strict=True)]


def _named(central: str, reply: Reply) -> NamedType:
    value = None if reply.failure else find_object(reply.text, "name")
    name = one_line(value["name"]) if value else ""
    if value is None or not name:
        logger.warning(
            "error type `%s` keeps its keyphrase as its name: %s", central, reply.failure or "no name in the reply"
        )
        return NamedType(central, f"The pupil {central}.")
    explanation = value.get("explanation")
    return NamedType(name, one_line(explanation) if isinstance(explanation, str) else "")
