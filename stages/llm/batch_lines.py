"""The JSON lines of OpenAI's Batch API: a request a line goes up, a reply or an error a line comes down.

    {"custom_id": KEY, "method": "POST", "url": "/v1/chat/completions", "body": {...}}                      a request
    {"custom_id": KEY, "response": {"status_code": 200, "body": {...}}, "error": null}                        a reply

Source: https://platform.openai.com/docs/guides/batch
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from stages.llm import server_errors
from stages.llm.pending import PendingRequest
from stages.llm.server_errors import ServerError

T = TypeVar("T")

ENDPOINT: Final = "/v1/chat/completions"


@dataclass(frozen=True)
class Line:
    """The result of one request of a batch.

    Attributes:
        key: of the request.
        status: HTTP status, or None where the server did not try the request.
        body: of the answer.
        error: meaningful where there is no reply.
    """

    key: str
    status: int | None
    body: dict[str, Any]
    error: ServerError

    @property
    def reason(self) -> str:
        """The error in words."""
        return self.error.message if self.status is None else f"HTTP {self.status}: {self.error.message}"


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
    """Yield the lines of a result file; one that is no JSON object with the key of a request is skipped."""
    for line in text.split("\n"):  # and not `splitlines`: a reply may hold U+2028 as it is
        try:
            result = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(result, dict) and "custom_id" in result:
            yield _line(result)


def _line(result: dict[str, Any]) -> Line:
    response = _mapping(result.get("response"))
    code, body = response.get("status_code"), _mapping(response.get("body"))
    status = code if isinstance(code, int) else None
    error = server_errors.of_body(result.get("error") or body, status)
    return Line(str(result.get("custom_id")), status, body, error)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
