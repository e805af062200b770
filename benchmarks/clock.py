"""Seconds that calls took."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Clock:
    """Seconds by the clock and of CPU time, of all calls together; other work may share the cores."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def run(self, call: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """Run a call, add what it took and return what it returned."""
        started, worked = time.perf_counter(), time.process_time()
        returned = call(*args, **options)
        self.seconds += time.perf_counter() - started
        self.cpu_seconds += time.process_time() - worked
        return returned
