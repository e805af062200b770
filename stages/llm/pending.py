"""Requests on their way to a server."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KeyedRequest:
    """What is needed of a request to keep its reply.

    Attributes:
        key: under which the reply is kept.
        identity: what the key covers, as JSON.
        model: that is asked.
        input_tokens: an upper estimate.
        max_tokens: the limit of the reply.
    """

    key: str
    identity: str
    model: str
    input_tokens: int
    max_tokens: int


@dataclass(frozen=True)
class PendingRequest(KeyedRequest):
    """A request that has no reply yet; `body` is what is sent."""

    body: dict[str, Any]
