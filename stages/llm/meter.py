"""The progress of requests on the terminal: done, failed, from the cache, dollars."""

from typing import Any


class Meter:
    """A progress bar that shows what became of the requests."""

    def __init__(self, bar: Any, cached: int) -> None:
        """Show `cached` requests as done."""
        self._bar = bar
        self._cached = cached

    def advance(self, done: int, failed: int, dollars: float) -> None:
        """Count `done` more requests; `failed` of all have failed and all of `dollars` is spent."""
        self._bar.set_postfix(failed=failed, cached=self._cached, dollars=f"{dollars:.4f}", refresh=False)
        self._bar.update(done)
