"""A request on its way, as the pool and the batches carry it."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Outgoing:
    """A request that has no reply yet.

    Attributes:
        key: under which its reply is kept.
        identity: what the key covers, as JSON.
        body: what is sent.
        input_tokens: an upper estimate.
        max_tokens: the limit of the reply.
    """

    key: str
    identity: str
    body: dict[str, Any]
    input_tokens: int
    max_tokens: int

    @property
    def tokens(self) -> int:
        """Tokens that the server may count at most."""
        return self.input_tokens + self.max_tokens
