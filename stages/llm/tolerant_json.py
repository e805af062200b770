r"""A tolerant reader of JSON in a model's reply, with any text around it, also where it was cut.

    <think>First I ...</think> Here they are:
    ```json
    {"books": [{"title": "Emma", "summary": "A match-maker\n errs in $\frac{2}{3}$ of all cases."}, {"title": "The Wa

has one document, an object that was cut; its list keeps the one complete item. Read are JSON values and, beyond JSON:
comments, missing, double and trailing commas, keys without quotes, single and typographic quotes, quotes in a string
that were not escaped, Python's literals, missing closing brackets, and strings as `json_strings` describes. `NaN` and
infinite numbers are null. Of equal keys in an object the first counts: in a cut one it alone has a partner for sure.

No text raises an exception, and reading takes time in proportion to its length: nesting, the number of tokens and the
text that is read twice are limited, far beyond what a reply needs. Nothing is ever evaluated.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from stages.answers.thoughts import ends_in_thought, split_thoughts
from stages.llm.json_strings import unescape

_MAX_DEPTH = 50
_MAX_TOKENS = 100_000
_MAX_DIGITS = 300
_OPENING = re.compile(r"[\[{]")
_OBJECTS = re.compile(r'\s*(?:\[\s*)?\{\s*"')
_BLANKS = re.compile(r"[\s-]+")
_LITERALS = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "None": None,
    "NaN": None, "nan": None, "Infinity": None, "inf": None, "undefined": None,
}  # fmt: skip


def _quoted(opening: str, closing: str) -> str:
    """Return the pattern of a string; a quote ends it only before what may follow a string."""
    return rf"{opening}(?:[^\\{closing}]++|\\.|{closing}(?!\s*+(?:[,:\]}}]|//|/\*|\Z)))*+{closing}"


_STRING = "|".join(_quoted(*quotes) for quotes in ('""', "''", "“”", "\u2018\u2019"))
_TOKEN = re.compile(
    rf"""(?:[\s,]|//[^\n]*+|/\*(?:.*?\*/|.*\Z))*+(?:
        (?P<open>[\[{{])
        | (?P<close>[\]}}])
        | (?P<colon>:)
        | (?P<string>{_STRING})
        | (?P<unfinished>["'“\u2018]|[-+.0-9eE]++\Z)
        | (?P<number>[-+]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?[0-9]++)?+(?![\w.]))
        | (?P<word>-?[A-Za-z_]\w*+)
        | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Document:
    """A list or an object, and whether the text ended before it did."""

    value: list[Any] | dict[str, Any]
    cut: bool


def documents(text: str) -> Iterator[Document]:
    """Yield the outermost lists and objects of a reply, in order, without the model's thoughts before it."""
    text = after_thoughts(text, _OPENING)
    reading = _Reading(text)
    opening = _OPENING.search(text)
    while opening and reading.tokens < _MAX_TOKENS:
        document = reading.document(opening.start())
        if document:
            yield document
        is_read = document is not None and bool(document.value or not document.cut)
        opening = _OPENING.search(text, reading.position if is_read else reading.retreat(opening.end()))


def walk(value: Any) -> Iterator[Any]:
    """Yield a value and all values inside it, each before its parts."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        yield value
        if isinstance(value, dict | list):
            waiting += reversed(list(value.values()) if isinstance(value, dict) else value)


def find_object(text: str, key: str) -> dict[str, Any] | None:
    """Return the first object, at any depth, that has a text under `key`; one that is blank only where all are.

    Keys come in lower case, with `_` for blanks.
    """
    for source in (text, _unquoted(text)):
        values = (value for document in documents(source) for value in walk(_opened(document.value)))
        found = [value for value in values if isinstance(value, dict) and isinstance(value.get(key), str)]
        if found:
            return next((value for value in found if value[key].strip()), found[0])
    return None


def find_items(text: str, keys: Sequence[str]) -> Document | None:
    """Return the items of all lists with an object that has all `keys`, and such objects elsewhere, in order.

    What else such a list holds stays in it, for the caller to judge. The list is cut where a document is. Keys come in
    lower case, with `_` for blanks.
    """
    for source in (text, _unquoted(text)):
        found = list(documents(source))
        items = [item for document in found for item in _items(_opened(document.value), keys)]
        if items:
            return Document(items, any(document.cut for document in found))
    return None


def _items(value: Any, keys: Sequence[str]) -> Iterator[Any]:
    if _has(value, keys):
        yield value
    elif isinstance(value, list) and any(_has(item, keys) for item in value):
        yield from value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _items(part, keys)


def _unquoted(text: str) -> str:
    """Return a reply that is JSON encoded once more, as a text in quotes, without these; empty for any other."""
    text = after_thoughts(text, _OPENING)
    quoted = text[text.find('"') + 1 : text.rfind('"')]
    return unescape(quoted) if r"\"" in quoted else ""


def _opened(value: Any, encoded: bool = True) -> Any:
    """Return a value with plain keys, in which texts that are objects encoded once more are these, not deeper."""
    if isinstance(value, list):
        return [_opened(item, encoded) for item in value]
    if isinstance(value, dict):
        opened: dict[str, Any] = {}
        for key, item in value.items():
            opened.setdefault(_BLANKS.sub("_", key.strip()).lower(), _opened(item, encoded))
        return opened
    inner = next(documents(value), None) if encoded and isinstance(value, str) and _OBJECTS.match(value) else None
    return value if inner is None else _opened(inner.value, encoded=False)


def _has(value: Any, keys: Sequence[str]) -> bool:
    return isinstance(value, dict) and all(key in value for key in keys)


def after_thoughts(text: str, answer: re.Pattern[str]) -> str:
    """Return the text without thoughts if the answer may be there or the last thought never ends, else all of it."""
    said = split_thoughts(text)[1]
    return said if answer.search(said) or ends_in_thought(text) else text


@dataclass
class _Open:
    """A container that is being read; `key` is that of the next value, in an object."""

    value: list[Any] | dict[str, Any]
    key: str | None = None

    def add(self, item: Any) -> bool:
        """Add a value; return False where none may stand here."""
        if isinstance(self.value, list):
            self.value.append(item)
            return True
        if self.key is None:
            return False
        self.value.setdefault(self.key, item)
        self.key = None
        return True


class _Reading:
    """A walk through the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = 0
        self.position = 0
        self._read_twice = 0
        self._open: list[_Open] = []

    def retreat(self, start: int) -> int:
        """Return the position to resume at after a failure: `start`, inside what failed, while that costs little."""
        if self._read_twice > len(self.text):
            return self.position
        self._read_twice += self.position - start
        return start

    def document(self, start: int) -> Document | None:
        """Read the list or object that opens at `start`; None where it breaks a rule."""
        self._open, self.position = [], start
        while self.tokens < _MAX_TOKENS:
            self.tokens += 1
            match = _TOKEN.match(self.text, self.position)
            if match is None:
                return None
            self.position = match.end()
            if self._ends(match):
                return self._cut()
            root = self._open[:1]
            if not self._take(str(match.lastgroup), match[str(match.lastgroup)]):
                return None
            if not self._open:
                return Document(root[0].value, cut=False)
        return None

    def _ends(self, match: re.Match[str]) -> bool:
        """Return whether the text ends here, in the middle of something."""
        at_end = match.end() == len(self.text)
        return match.lastgroup in ("end", "unfinished") or (at_end and match.lastgroup in ("number", "word"))

    def _cut(self) -> Document:
        """Close all open containers; an open container in a list is an incomplete item, and is left out."""
        self.position = len(self.text)
        while len(self._open) > 1:
            inner = self._open.pop()
            if isinstance(self._open[-1].value, dict):
                self._open[-1].add(inner.value)
        return Document(self._open[0].value, cut=True)

    def _take(self, kind: str, token: str) -> bool:
        """Put one token in its place; return False where it has none."""
        if kind == "open":
            self._open.append(_Open([] if token == "[" else {}))
            return len(self._open) <= _MAX_DEPTH and self._may_open()
        if kind == "close":
            return self._close(list if token == "]" else dict)
        top = self._open[-1]
        if kind == "colon":
            return top.key is not None
        if isinstance(top.value, dict) and top.key is None:
            top.key = unescape(token[1:-1]) if kind == "string" else token
            return kind in ("string", "word")
        if kind == "word":
            return token.lstrip("-") in _LITERALS and top.add(_LITERALS[token.lstrip("-")])
        return top.add(unescape(token[1:-1]) if kind == "string" else _number(token))

    def _may_open(self) -> bool:
        """Return whether a value may stand where the last container was opened."""
        around = self._open[-2:-1]
        return not around or isinstance(around[0].value, list) or around[0].key is not None

    def _close(self, kind: type) -> bool:
        """Close the nearest container of a kind, and those inside it that nothing closed."""
        if not any(isinstance(container.value, kind) for container in self._open):
            return False
        while True:
            inner = self._open.pop()
            if self._open:
                self._open[-1].add(inner.value)
            if isinstance(inner.value, kind):
                return True


def _number(token: str) -> int | float | None:
    if len(token) <= _MAX_DIGITS and token.lstrip("+-").isdigit():
        return int(token)
    value = float(token)
    return value if math.isfinite(value) else None
