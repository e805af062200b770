"""Rate limits that all workers share: requests and tokens a minute, spread evenly, and pauses for the server.

A minute's worth at once is what servers answer with 429, so each request waits until the share of the one before it has
passed. Tokens are an estimate first and corrected when the reply reports them.
"""

import asyncio
import time
from collections.abc import Callable

_POLL = 0.05
_MINUTE = 60.0


class RateLimits:
    """The gate in front of every attempt; for one event loop."""

    def __init__(self, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        """Take the limits; None is without limit."""
        self._per_request = _MINUTE / requests_per_minute if requests_per_minute else 0.0
        self._per_token = _MINUTE / tokens_per_minute if tokens_per_minute else 0.0
        self._requests_from = 0.0
        self._tokens_from = 0.0
        self._paused_until = 0.0
        self._lock = asyncio.Lock()

    async def take(self, tokens: int, is_stopped: Callable[[], bool]) -> bool:
        """Wait for this request's turn; return False if the run stops first."""
        async with self._lock:
            while (delay := self._delay()) > 0 and not is_stopped():
                await asyncio.sleep(min(delay, _POLL))  # in slices: a correction may shorten it, a pause prolong it
            if is_stopped():
                return False
            now = time.monotonic()
            self._requests_from = max(self._requests_from, now) + self._per_request
            self._tokens_from = max(self._tokens_from, now) + tokens * self._per_token
            return True

    def correct(self, estimated: int, used: int) -> None:
        """Replace an estimate by the tokens that the reply reports."""
        self._tokens_from += (used - estimated) * self._per_token

    def pause(self, seconds: float) -> None:
        """Start no request for so many seconds."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    def _delay(self) -> float:
        return max(self._requests_from, self._tokens_from, self._paused_until) - time.monotonic()
