"""Requests on their way to a server."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KeyedRequest:
    """The part of a request that its reply is kept with.

    Attributes:
        key: of its reply in the cache.
        identity: the content that the key covers, as JSON.
        model: name of the model, as requested.
        input_tokens: an upper estimate.
        max_tokens: limit of the reply.
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
