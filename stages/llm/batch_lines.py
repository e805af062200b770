"""The JSON lines of OpenAI's Batch API: a request a line goes up, a reply or an error a line comes down.

    {"custom_id": KEY, "method": "POST", "url": "/v1/chat/completions", "body": {...}}                      a request
    {"custom_id": KEY, "response": {"status_code": 200, "body": {...}}, "error": null}                        a reply

Source: https://platform.openai.com/docs/guides/batch
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from stages.llm.pending import PendingRequest

T = TypeVar("T")

ENDPOINT: Final = "/v1/chat/completions"


@dataclass(frozen=True)
class Line:
    """The result of one request of a batch.

    Attributes:
        key: of the request.
        status: HTTP status, or None where the server did not try the request.
        body: of the answer.
        code: the server's name of the error, or empty.
        reason: the error in words, meaningful where there is no reply.
    """

    key: str
    status: int | None
    body: dict[str, Any]
    code: str
    reason: str


def request(pending: PendingRequest) -> bytes:
    """Return the line of a request, with its end."""
    line = {"custom_id": pending.key, "method": "POST", "url": ENDPOINT, "body": pending.body}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def split(lines: Sequence[tuple[T, bytes]], max_lines: int, max_bytes: int) -> Iterator[list[tuple[T, bytes]]]:
    """Cut into parts within both limits, in order; a line of more bytes is a part of its own."""
    part: list[tuple[T, bytes]] = []
    size = 0
    for item, line in lines:
        if part and (len(part) == max_lines or size + len(line) > max_bytes):
            yield part
            part, size = [], 0
        part.append((item, line))
        size += len(line)
    if part:
        yield part


def read(text: str) -> Iterator[Line]:
    """Yield the lines of a result file; one that is no JSON object is skipped, as if its request had no answer."""
    for line in text.split("\n"):  # and not `splitlines`: a reply may hold U+2028 as it is
        try:
            result = json.loads(line)
        except ValueError:
            continue
        if isinstance(result, dict):
            yield _line(result)


def _line(result: dict[str, Any]) -> Line:
    response = _mapping(result.get("response"))
    status, body = response.get("status_code"), _mapping(response.get("body"))
    error = result.get("error") or body.get("error") or "no reason given"
    details = error if isinstance(error, dict) else {"message": error}
    code = str(details.get("code") or "")
    message = str(details.get("message") or code)
    if not isinstance(status, int):
        return Line(str(result.get("custom_id")), None, body, code, message)
    return Line(str(result.get("custom_id")), status, body, code, f"HTTP {status}: {message}")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
