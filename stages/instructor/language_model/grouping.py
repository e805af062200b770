"""The job of forming error types: seed types from a first part of the keyphrases, then the rest, part by part.

Each part is shown with the types known by then, so that the parts go one after the other. A reply refers to a keyphrase
by number and text. The text counts where it is one of the keyphrases, apart from case, spaces and quotes; else the
number, if it was shown; else the keyphrase was invented.
"""

import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.core.exceptions import SourceError, one_line
from stages.instructor.interface import Grouping, NamedType
from stages.llm.chat import ChatRequest, Reply, Schema
from stages.llm.prompts import Prompt
from stages.llm.schemas import list_of, object_schema
from stages.llm.tolerant_json import find_items

SEED_PROMPT = Path("stages/prompts/seed_types.txt")
ASSIGN_PROMPT = Path("stages/prompts/assign_keyphrases.txt")
_TEXT: dict[str, Any] = {"type": "string"}
_SHOWN = {"number": {"type": "integer"}, "keyphrase": _TEXT}
SEED_SCHEMA = Schema(
    "seed_types", object_schema(types=list_of(name=_TEXT, explanation=_TEXT, keyphrases=list_of(**_SHOWN)))
)
ASSIGN_SCHEMA = Schema(
    "assignments",
    object_schema(new_types=list_of(name=_TEXT, explanation=_TEXT), assignments=list_of(**_SHOWN, type=_TEXT)),
)
PART = 60
_MAX_FAILED_SHARE = 0.5

logger = logging.getLogger(__name__)


def group(keyphrases: Sequence[str], ask: Callable[[Sequence[ChatRequest]], list[Reply]]) -> Grouping:
    """Form error types of distinct keyphrases, by one request for each 60 of them.

    Raises:
        SourceError: more than half of the replies are of no use.
    """
    sorting = _Sorting(list(keyphrases))
    seed_prompt, assign_prompt = Prompt.read(SEED_PROMPT), Prompt.read(ASSIGN_PROMPT)
    failures = []
    starts = range(0, len(keyphrases), PART)
    for start in starts:
        part = range(start, min(start + PART, len(keyphrases)))
        values = {"keyphrases": sorting.numbered(part)}
        if sorting.types:
            values["types"] = sorting.known_types()
            failure = sorting.assign(part, *ask([assign_prompt.request(values, ASSIGN_SCHEMA)]))
        else:
            failure = sorting.seed(part, *ask([seed_prompt.request(values, SEED_SCHEMA)]))
        if failure:
            logger.warning("keyphrases from %d on are left unassigned: %s", start + 1, failure)
            failures.append(failure)
    if len(failures) > _MAX_FAILED_SHARE * len(starts):
        raise SourceError(f"{len(failures)} of {len(starts)} replies sort no keyphrases; the first: {failures[0]}")
    return sorting.grouping()


@dataclass
class _Type:
    """A type that is being formed; `members` are indices of keyphrases."""

    name: str
    explanation: str
    members: list[int] = field(default_factory=list)


class _Sorting:
    """The keyphrases and the types formed of them so far."""

    def __init__(self, keyphrases: list[str]) -> None:
        self.keyphrases = keyphrases
        self.types: dict[str, _Type] = {}
        self._index = {_plain(phrase): i for i, phrase in reversed(list(enumerate(keyphrases)))}
        self._placed: set[int] = set()
        self._repeated: dict[int, None] = {}
        self._invented: dict[str, None] = {}

    def numbered(self, indices: range) -> str:
        """Return keyphrases as lines, numbered from 1 over all of them."""
        return "\n".join(f"{i + 1}. {self.keyphrases[i]}" for i in indices)

    def known_types(self) -> str:
        """Return the types as lines."""
        return "\n".join(f"- {known.name}: {known.explanation}" for known in self.types.values())

    def seed(self, part: range, reply: Reply) -> str | None:
        """Take types with their keyphrases from a reply, or return why there are none."""
        items = None if reply.failure else find_items(reply.text, ("name", "keyphrases"))
        if items is None:
            return reply.failure or "no types in the reply"
        for item in _objects(items.value):
            kind = self._type(item.get("name"), item.get("explanation"))
            if kind:
                for member in _objects(item.get("keyphrases")):
                    self._place(member, kind, part)
        return None

    def assign(self, part: range, reply: Reply) -> str | None:
        """Take new types and the types of keyphrases from a reply, or return why there are none."""
        items = None if reply.failure else find_items(reply.text, ("keyphrase", "type"))
        if items is None:
            return reply.failure or "no assignments in the reply"
        new = find_items(reply.text, ("name", "explanation"))
        for item in _objects(new.value if new else []):
            self._type(item.get("name"), item.get("explanation"))
        for item in _objects(items.value):
            kind = self._type(item.get("type"), None)
            if kind:
                self._place(item, kind, part)
        return None

    def grouping(self) -> Grouping:
        """Return the types that have keyphrases, in the order in which they were formed."""
        used = [kind for kind in self.types.values() if kind.members]
        return Grouping(
            types=[NamedType(kind.name, kind.explanation) for kind in used],
            members=[[self.keyphrases[i] for i in kind.members] for kind in used],
            dropped=[phrase for i, phrase in enumerate(self.keyphrases) if i not in self._placed],
            repeated=[self.keyphrases[i] for i in self._repeated],
            invented=list(self._invented),
        )

    def _type(self, name: Any, explanation: Any) -> _Type | None:
        """Return the type of a name, a new one if there is none yet; None for no name."""
        if not isinstance(name, str) or not _plain(name):
            return None
        text = one_line(explanation) if isinstance(explanation, str) else ""
        return self.types.setdefault(_plain(name), _Type(one_line(name), text))

    def _place(self, item: dict[str, Any], kind: _Type, part: range) -> None:
        index = self._find(item, part)
        if index is None:
            self._invented[one_line(str(item.get("keyphrase") or item.get("number")))] = None
        elif index not in self._placed:
            self._placed.add(index)
            kind.members.append(index)
        elif index not in kind.members:
            self._repeated[index] = None

    def _find(self, item: dict[str, Any], part: range) -> int | None:
        """Return the index of the keyphrase of an item in a reply; a number counts within the part shown."""
        number = item.get("number")
        by_number = number - 1 if isinstance(number, int) and number - 1 in part else None
        text = item.get("keyphrase")
        plain = _plain(text) if isinstance(text, str) else ""
        if not plain or (by_number is not None and _plain(self.keyphrases[by_number]) == plain):
            return by_number
        return self._index.get(plain, by_number)


def _objects(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _plain(text: str) -> str:
    """Return a text for comparison: its words in lower case, without a leading number."""
    return " ".join(re.findall(r"\w+", re.sub(r"^\s*\d+[.):]\s+", "", text).casefold()))
