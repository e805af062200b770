"""A request to a chat model and its reply, whoever transports them."""

from dataclasses import dataclass

# Prefixes of failures without any reply: one that another run may not see, and one that it would see again.
REQUEST_FAILED = "request failed: "
REQUEST_REFUSED = "request refused: "


@dataclass(frozen=True)
class Schema:
    """A JSON schema that a reply must fit, as JSON text; the root is an object, as servers demand."""

    name: str
    body: str


@dataclass(frozen=True)
class ChatRequest:
    """One request; `sample` tells apart several answers to the same question."""

    system: str
    prompt: str
    schema: Schema | None
    sample: int
    seed: int


@dataclass(frozen=True)
class Reply:
    """The text of a reply, or the reason why it is of no use.

    Attributes:
        text: as the model wrote it; empty where there is none.
        failure: why there is no usable text (refusal, empty reply, request failed), or None.
        truncated: cut at `max_tokens`.
    """

    text: str
    failure: str | None
    truncated: bool
